package view

import (
	"fmt"
	"math"
	"strings"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
)

// numberOr returns a cell with a number of a report. An infinite number is replaced with the text
// infinite.
func numberOr(v series.Float, infinite string) figure.Cell {
	c := figure.Number(float64(v))
	if math.IsInf(float64(v), 0) {
		c.Text = infinite
	}
	return c
}

// valueCell returns a cell with a number, or with a dash if it is infinite.
func valueCell(v series.Float) figure.Cell {
	return numberOr(v, figure.None.Text)
}

// amountCell returns a cell with a number, which is shown as beyond float64 if it is infinite.
func amountCell(v series.Float) figure.Cell {
	if math.IsInf(float64(v), 1) {
		return numberOr(v, "> 1.8×10³⁰⁸")
	}
	return valueCell(v)
}

func shareCell(v series.Float) figure.Cell {
	return figure.Cell{Text: formatShare(v), Sort: figure.SortKey(float64(v))}
}

// valueOr returns the cell of *v, or an empty cell if v is nil.
func valueOr(v *series.Float, show func(series.Float) figure.Cell) figure.Cell {
	if v == nil {
		return figure.None
	}
	return show(*v)
}

// numberOf returns *v, or 0 if v is nil.
func numberOf(v *series.Float) float64 {
	if v == nil {
		return 0
	}
	return float64(*v)
}

func factorOf(v series.Float) figure.Cell {
	return figure.Factor(float64(v))
}

// overSpread returns a change divided by the spread of an output. If the spread is 0, as with a
// single sample, or overflows, it returns a dash.
func overSpread(change, spread series.Float) figure.Cell {
	if spread == 0 || math.IsInf(float64(spread), 0) || math.IsNaN(float64(spread)) {
		return valueCell(series.Float(math.Inf(1)))
	}

	return valueCell(change / spread)
}

// class returns the name of a class, or a dash if c is nil.
func class(d report.Data, c *int) string {
	if c == nil {
		return figure.None.Text
	}
	return d.ClassName(*c)
}

func directionText(direction []report.Component) string {
	var parts []string
	for _, c := range direction {
		sign := "+"
		if c.Value < 0 {
			sign = "−"
		}

		size := figure.FormatNumber(math.Abs(float64(c.Value)))
		parts = append(parts, fmt.Sprintf("%s %s%s", c.Feature, sign, size))
	}

	return strings.Join(parts, ", ")
}
