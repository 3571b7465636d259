package dataset

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/rng"
)

// labelled is points whose labels are still as a file has them.
type labelled struct {
	x      *mat.Dense
	labels []string
	place  func(i int) string // where in its file point i is, for error messages
}

// assemble makes a data set of the user's own points: the distinct labels of the training
// points become the classes 0 … K−1, and without test points some training points are held
// out for them.
func assemble(name string, train, test *labelled, o Options) (*Dataset, error) {
	class := numberClasses(train.labels)
	if len(class) < 2 {
		return nil, fmt.Errorf("all points have the label %q: there is nothing to tell apart", train.labels[0])
	}
	d := &Dataset{Name: name, Classes: len(class)}
	var err error
	if d.Train, err = train.classify(class); err != nil {
		return nil, err
	}
	if test == nil {
		d.Train, d.Test = holdOut(d.Train, o.TestFraction, o.Seed)
		return d, nil
	}
	d.Test, err = test.classify(class)
	return d, err
}

// numberClasses gives the distinct labels their places in sorted order: by value if all are
// integers, as text otherwise.
func numberClasses(labels []string) map[string]int {
	class := map[string]int{}
	for _, l := range labels {
		class[l] = 0
	}
	distinct := make([]string, 0, len(class))
	for l := range class {
		distinct = append(distinct, l)
	}
	slices.Sort(distinct)
	if value, ok := integers(distinct); ok {
		slices.SortStableFunc(distinct, func(a, b string) int { return cmp.Compare(value[a], value[b]) })
	}
	for i, l := range distinct {
		class[l] = i
	}
	return class
}

// integers is the value of each label, if all are integers.
func integers(labels []string) (value map[string]int, ok bool) {
	value = map[string]int{}
	for _, l := range labels {
		v, err := strconv.Atoi(l)
		if err != nil {
			return nil, false
		}
		value[l] = v
	}
	return value, true
}

func (p *labelled) classify(class map[string]int) (Split, error) {
	s := Split{X: p.x, Labels: make([]int, len(p.labels))}
	for i, l := range p.labels {
		k, ok := class[l]
		if !ok {
			return Split{}, fmt.Errorf("%s: no training point has the label %q", p.place(i), l)
		}
		s.Labels[i] = k
	}
	return s, nil
}

// holdOut draws round(fraction·N) of the N ≥ 2 points of s, at least one and not all, for
// testing; both parts keep their order.
func holdOut(s Split, fraction float64, seed uint64) (train, test Split) {
	n := int(math.Round(fraction * float64(s.Len())))
	n = min(max(n, 1), s.Len()-1)
	order := rng.Stream(seed, "held out for testing").Perm(s.Len())
	slices.Sort(order[:n])
	slices.Sort(order[n:])
	return s.Subset(order[n:]), s.Subset(order[:n])
}
