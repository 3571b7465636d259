package view

import (
	"fmt"
	"math"
	"strings"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
)

// numberOr returns a cell of a number of a report, with other words for an infinite one.
func numberOr(v series.Float, infinite string) figure.Cell {
	c := figure.Number(float64(v))
	if math.IsInf(float64(v), 0) {
		c.Text = infinite
	}
	return c
}

// value returns a cell of a number of which an infinite one is a dash.
func value(v series.Float) figure.Cell {
	return numberOr(v, figure.None.Text)
}

// amount returns a cell of a number of which an infinite one is beyond float64.
func amount(v series.Float) figure.Cell {
	if math.IsInf(float64(v), 1) {
		return numberOr(v, "> 1.8×10³⁰⁸")
	}
	return value(v)
}

func share(v series.Float) figure.Cell {
	return figure.Cell{Text: formatShare(v), Sort: figure.SortKey(float64(v))}
}

// valueOr makes a cell of a number, an empty one where there is none.
func valueOr(v *series.Float, show func(series.Float) figure.Cell) figure.Cell {
	if v == nil {
		return figure.None
	}
	return show(*v)
}

// numberOf returns a number, 0 where there is none.
func numberOf(v *series.Float) float64 {
	if v == nil {
		return 0
	}
	return float64(*v)
}

func factorOf(v series.Float) figure.Cell {
	return figure.Factor(float64(v))
}

// overSpread returns a change over the spread of an output; nothing compares with a spread of 0, as
// that of a single sample, or with one that overflows.
func overSpread(change, spread series.Float) figure.Cell {
	if spread == 0 || math.IsInf(float64(spread), 0) || math.IsNaN(float64(spread)) {
		return value(series.Float(math.Inf(1)))
	}

	return value(change / spread)
}

// class returns a class's name; a dash for none.
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
		parts = append(
			parts,
			fmt.Sprintf("%s %s%s", c.Feature, sign, figure.FormatNumber(math.Abs(float64(c.Value)))),
		)
	}
	return strings.Join(parts, ", ")
}
