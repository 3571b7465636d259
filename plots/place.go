package plots

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
)

// placeAt returns where the value of a curve at an epoch is attained, or nil if that is unknown.
func placeAt(c *series.Curve, epoch int) *series.Place {
	i, ok := slices.BinarySearch(c.Epochs, epoch)
	if !ok {
		return nil
	}
	return c.Places[i]
}

// where describes a place in words: "at training point 1234, class 3". Points are counted from 0.
func where(t *series.Table, at *series.Place) string {
	var points []string
	for i, p := range at.Points {
		words := fmt.Sprintf("%s point %d", setName(t, at.Set), p)
		if i < len(at.Classes) {
			words += ", class " + className(t, at.Classes[i])
		}

		points = append(points, words)
	}

	text := strings.Join(points, " and ")
	switch {
	case len(points) == 0:
		return "at none of the points of the data"
	// X is given for inputs that are not points of the data, such as those a search found.
	case len(at.X) > 0:
		return "near " + text
	case len(points) > 1:
		return "between " + text
	}

	return "at " + text
}

// className returns the name of a class if the run's folder has one, else its number.
func className(t *series.Table, class int) string {
	if 0 <= class && class < len(t.ClassNames) {
		return t.ClassNames[class]
	}
	return strconv.Itoa(class)
}

// setName names a set of points. If the probes are a whole data set, they are named after it.
func setName(t *series.Table, set string) string {
	if set == series.ProbePoints && t.Header.Config["track.probes.sample"] == "0" {
		set = t.Header.Config["track.probes.from"]
	}
	switch set {
	case series.TrainPoints:
		return "training"
	case series.TestPoints:
		return "test"
	}
	return "probe"
}
