package tracker

import "github.com/liptrack/liptrack/tracker/series"

// placeOf returns the place of a lower bound that is attained at these probe points.
func (p Probes) placeOf(points ...int) *series.Place {
	at := &series.Place{Set: series.ProbePoints, Points: points}
	if p.Labels != nil {
		for _, i := range points {
			at.Classes = append(at.Classes, p.Labels[i])
		}
	}
	return at
}

// placeNear returns the place of a point x that was reached from a probe point.
func (p Probes) placeNear(point int, x []float64) *series.Place {
	at := p.placeOf(point)
	at.X = coordinates(x)
	return at
}

func coordinates(x []float64) []series.Float {
	c := make([]series.Float, len(x))
	for d, v := range x {
		c[d] = series.Float(v)
	}
	return c
}
