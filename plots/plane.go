package plots

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// plane draws ‖J(x)‖ over a square in the input plane of a network with two inputs, with the
// boundaries between its classes.
func plane(t *series.Table) (*figure.Figure, string) {
	cells, drawn := planeCells(t)
	if len(cells) == 0 {
		return nil, "the labels of " + series.GridNorm + " are not places of a grid"
	}

	side := int(math.Sqrt(float64(len(cells))))
	if side*side != len(cells) || side < 2 {
		return nil, "the cells of " + series.GridNorm + " are not a square"
	}

	p := figure.New(figure.Axis{Name: "first feature"}, figure.Axis{Name: "second feature"})
	p.Drawn = drawn
	half := (cells[1].x - cells[0].x) / 2
	low, high := math.Inf(1), math.Inf(-1)
	var shades, borders []figure.Row
	for i, c := range cells {
		shades = append(
			shades,
			figure.Row{c.x - half, c.x + half, c.y - half, c.y + half, c.norm},
		)
		low, high = min(low, c.norm), max(high, c.norm)
		gap := figure.Row{math.NaN(), math.NaN()}
		// A cell gets a border to the left and below where its neighbour has another class.
		if i%side > 0 && cells[i-1].class != c.class {
			borders = append(
				borders,
				figure.Row{c.x - half, c.y - half},
				figure.Row{c.x - half, c.y + half},
				gap,
			)
		}

		if i >= side && cells[i-side].class != c.class {
			borders = append(
				borders,
				figure.Row{c.x - half, c.y - half},
				figure.Row{c.x + half, c.y - half},
				gap,
			)
		}
	}

	p.AddCells("‖J(x)‖ from "+figure.FormatNumber(low)+" to "+figure.FormatNumber(high), shades)
	p.AddLine(
		"class boundary",
		borders,
		figure.Stroke(figure.Ink, "", figure.Solid, 2).Quietly(),
	)
	return p.Explain(
		"The norm of the Jacobian at the centre of every cell after the last epoch. The stronger " +
			"the shade, the larger the norm, which grows from 0 with the square of the shade. Lines " +
			"separate cells of different classes.",
	)
}

// planeCell is the centre of a cell and what was measured there.
type planeCell struct{ x, y, norm, class float64 }

// planeCells returns the cells row by row, and the curves they come from.
func planeCells(t *series.Table) (cells []planeCell, drawn []*series.Curve) {
	for _, label := range t.Labels(series.GridNorm) {
		norm, class := t.Curve(series.GridNorm, label), t.Curve(series.GridClass, label)
		x, y, ok := strings.Cut(strings.TrimPrefix(label, "x="), ",y=")
		atX, errX := strconv.ParseFloat(x, 64)
		atY, errY := strconv.ParseFloat(y, 64)
		if !ok || errX != nil || errY != nil || class == nil {
			continue
		}

		cells = append(cells, planeCell{atX, atY, query.LastOf(norm), query.LastOf(class)})
		drawn = append(drawn, norm, class)
	}

	slices.SortFunc(cells, func(a, b planeCell) int {
		return cmp.Or(cmp.Compare(a.y, b.y), cmp.Compare(a.x, b.x))
	})

	return cells, drawn
}
