package config

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/rng"
	"github.com/liptrack/liptrack/internal/settings"
)

// assignment is the value of a swept key at a point.
type assignment struct {
	key      string
	document int // the layer that it belongs to
	choice
}

// point is one combination of the values of a sweep.
type point []assignment

// layer returns the settings of the point for one layer.
func (p point) layer(document int) layer {
	l := layer{}
	for _, a := range p {
		if a.document == document {
			for path, s := range a.settings {
				l[path] = s
			}
		}
	}
	return l
}

func (p point) values() []Value {
	var values []Value
	for _, a := range p {
		values = append(values, Value{a.key, a.text})
	}
	return values
}

// column is one axis of the product: every point has one of its alternatives.
type column struct {
	parameters []parameter // those that advance together
	drawn      bool
}

// size returns the number of alternatives of a column that is not drawn.
func (c column) size() int {
	return max(len(c.parameters[0].values), c.parameters[0].count)
}

func (c column) axis() Axis {
	a := Axis{Drawn: c.drawn}
	for i, p := range c.parameters {
		a.Keys = append(a.Keys, p.key)
		for j, text := range p.shown() {
			if i == 0 {
				a.Values = append(a.Values, text)
			} else {
				a.Values[j] += ", " + text
			}
		}
	}
	return a
}

// columns returns the axes of the whole sweep, slowest first and seeds last; seed is the first seed
// if only their number is given. It reports parameters that cannot be combined.
func (r *reader) columns(s *sweep, seed uint64) []column {
	var columns []column
	// Seeds vary fastest, so that runs that differ only in their seeds are neighbours.
	slices.SortStableFunc(
		s.parameters,
		func(a, b parameter) int { return btoi(a.seeds) - btoi(b.seeds) },
	)
	group := map[string]int{} // the zip of a key
	for i, keys := range s.zip {
		for _, key := range keys {
			group[key] = i
			if indexOf(s.parameters, key) < 0 && !r.faulty[key] {
				r.report(key, s.zipFrom, "is zipped but not swept")
			}
		}
	}

	// A zip becomes one column at the position of its first key; the other keys join it there.
	at := map[int]int{} // the column of a zip
	for _, p := range s.parameters {
		if p.count > 0 {
			p.values = r.seedValues(p, seed)
		}

		if !s.random() && p.family != nil {
			r.report(
				p.key,
				p.from,
				"%s is for method random; a grid needs values",
				strings.Join(p.shown(), ""),
			)
		}

		i, zipped := group[p.key]
		if zipped && p.family != nil {
			r.report(
				p.key,
				p.from,
				"is zipped and needs values, not %s",
				strings.Join(p.shown(), ""),
			)
		}

		if c, begun := at[i]; zipped && begun {
			columns[c].parameters = append(columns[c].parameters, p)
			continue
		}

		if zipped {
			at[i] = len(columns)
		}

		columns = append(
			columns,
			column{parameters: []parameter{p}, drawn: s.random() && !p.seeds},
		)
	}

	for _, c := range columns {
		r.checkZip(c, s.zipFrom)
	}

	return columns
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (r *reader) checkZip(c column, from origin) {
	first := c.parameters[0]
	// Parameters that advance together need the same number of values.
	for _, p := range c.parameters[1:] {
		if len(p.values) != len(first.values) && p.family == nil && first.family == nil {
			r.report(
				p.key,
				from,
				"has %d values, %s that it is zipped with has %d",
				len(p.values),
				first.key,
				len(first.values),
			)
		}
	}
}

// checkSize reports a sweep with too many runs before it is expanded.
func (r *reader) checkSize(s *sweep, columns []column, from origin) {
	total, parts := 1, []string{}
	if s.random() {
		total = s.fields().runs
		parts = append(parts, fmt.Sprintf("runs %d", total))
	}

	for _, c := range columns {
		if c.drawn {
			continue
		}

		// Stop multiplying at the limit, since the product of large axes would overflow.
		if n := c.size(); total <= r.maxRuns {
			total *= n
		}

		parts = append(parts, fmt.Sprintf("%s %d", c.parameters[0].key, c.size()))
	}

	if total > r.maxRuns {
		r.report(
			"sweep",
			from,
			"more than the limit of %d runs, which --max-runs sets: %s",
			r.maxRuns,
			strings.Join(parts, " × "),
		)
	}
}

// checkMethod reports a method without a required number, or with a number of the other method.
func (r *reader) checkMethod(s *sweep) {
	runs, hasRuns := s.scalars["runs"]
	seed, hasSeed := s.scalars["seed"]

	switch {
	case s.random() && !hasRuns && !r.faulty["sweep.runs"]:
		r.report(
			"sweep.runs",
			s.scalars["method"].from,
			"missing, want the number of points that method random draws",
		)
	case !s.random() && hasRuns:
		r.report(
			"sweep.runs",
			runs.from,
			"%s has no effect with method grid, only with random",
			runs.text,
		)
	case !s.random() && hasSeed:
		r.report(
			"sweep.seed",
			seed.from,
			"%s has no effect with method grid, only with random; the runs' own are seeds",
			seed.text,
		)
	}
}

// points lists the product of the columns; later columns vary faster.
func (r *reader) points(s *sweep, columns []column) []point {
	// Start from one point without assignments; each column multiplies the points by its values.
	points := []point{nil}
	if s.random() {
		points = r.drawPoints(s, columns)
	}

	for _, c := range columns {
		if c.drawn {
			continue
		}

		var next []point
		for _, p := range points {
			for i := range c.size() {
				q := slices.Clone(p)
				for _, par := range c.parameters {
					q = append(q, assignment{par.key, par.document, par.values[i]})
				}
				next = append(next, q)
			}
		}

		points = next
	}

	return points
}

// drawPoints draws the runs of a random sweep. Each key has its own stream, so that additional keys
// or runs do not change its values.
func (r *reader) drawPoints(s *sweep, columns []column) []point {
	points := make([]point, s.fields().runs)
	for _, c := range columns {
		if !c.drawn {
			continue
		}

		for i := range points {
			// The keys of a zip draw the same index.
			for _, p := range c.parameters {
				random := rng.Stream(s.fields().seed, "sweep "+c.parameters[0].key, uint64(i))
				points[i] = append(points[i], assignment{p.key, p.document, r.draw(p, random)})
			}
			// One invalid draw is enough.
			if r.faulty[c.parameters[0].key] {
				break
			}
		}
	}

	return points
}

// draw returns the value of a parameter in a run of a random sweep.
func (r *reader) draw(p parameter, random *rand.Rand) choice {
	if p.family == nil {
		return p.values[random.IntN(len(p.values))]
	}
	return r.numberOf(p, p.family.draw(p.numbers, random), p.from.line)
}

// numberOf converts a number to a value of a parameter.
func (r *reader) numberOf(p parameter, x float64, line int) choice {
	return r.choices(p.key, []*yaml.Node{atLine(numberNode(x), line)}, p.from)[0]
}

// seedValues returns count consecutive seeds, beginning with first.
func (r *reader) seedValues(p parameter, first uint64) []choice {
	if p.count > r.maxRuns {
		r.report(
			"seed",
			p.from,
			"%d seeds are more than the limit of %d runs, which --max-runs sets",
			p.count,
			r.maxRuns,
		)
		return nil
	}

	var nodes []*yaml.Node
	for i := range p.count {
		nodes = append(nodes, atLine(settings.Encode(first+uint64(i)), p.from.line))
	}

	return r.choices("seed", nodes, p.from)
}

func atLine(n *yaml.Node, line int) *yaml.Node {
	n.Line = line
	return n
}
