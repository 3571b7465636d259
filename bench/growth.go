package main

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"github.com/liptrack/liptrack/plots/figure"
	"gonum.org/v1/gonum/stat"
)

// growth is the time of a computation as a function of its size x.
type growth struct {
	name, title, axis string
	xs                []float64
	of                func(x float64) func() error

	seconds   []float64
	intercept float64 // of the fit of log seconds over log x
	exponent  float64 // its slope
}

// upperHalf returns the index at which the upper half of the sizes begins. The exponent is fitted
// to this half, where fixed costs no longer matter.
func (g *growth) upperHalf() int { return len(g.xs) / 2 }

// measureGrowth times every size and fits time ∝ x^exponent.
func (g *growth) measureGrowth(seconds float64) error {
	var logX, logT []float64
	for i, x := range g.xs {
		t, err := timing(g.of(x), seconds)
		if err != nil {
			return err
		}

		g.seconds = append(g.seconds, t)
		if i >= g.upperHalf() {
			logX = append(logX, math.Log(x))
			logT = append(logT, math.Log(t))
		}
	}

	g.intercept, g.exponent = stat.LinearRegression(logX, logT, nil, false)

	return nil
}

func (g *growth) print(out io.Writer) error {
	fmt.Fprintf(out, "\nmeasuring an epoch: %s\n", g.title)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "%s\tms\t\n", g.name)
	for i, x := range g.xs {
		fmt.Fprintf(w, "%.0f\t%.3g\t\n", x, 1e3*g.seconds[i])
	}
	fmt.Fprintf(w, "exponent from %.0f\t%.2f\t\n", g.xs[g.upperHalf()], g.exponent)
	return w.Flush()
}

// figure returns a figure of the times and the fit.
func (g *growth) figure() *figure.Figure {
	measured := figure.Series{
		Name:  "tracked epoch",
		Shape: figure.Line,
		Style: figure.Style{
			Color:  "blue",
			Marker: "circle",
			Dash:   "solid",
			Width:  2,
		},
	}

	fitted := figure.Series{
		Name:  fmt.Sprintf("exponent %.2f", g.exponent),
		Shape: figure.Line,
		Style: figure.Style{
			Color: "vermilion",
			Dash:  "dashed",
			Width: 1.5,
		},
	}

	for i, x := range g.xs {
		measured.Rows = append(measured.Rows, figure.Row{x, 1e3 * g.seconds[i]})
		if i >= g.upperHalf() {
			fitted.Rows = append(
				fitted.Rows,
				figure.Row{x, 1e3 * math.Exp(g.intercept) * math.Pow(x, g.exponent)},
			)
		}
	}

	return &figure.Figure{
		ID:     g.name,
		Title:  g.title,
		X:      figure.Axis{Name: g.axis, Log: true},
		Y:      figure.Axis{Name: "ms", Log: true},
		Series: []figure.Series{measured, fitted},
	}
}
