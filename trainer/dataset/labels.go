package dataset

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/rng"
	"github.com/liptrack/liptrack/internal/tabletext"
)

// Labels holds the labels of the N points of a file.
//
// One rule applies to every format. If all labels are numbers, they are ordered by value, and a
// whole number is the same label regardless of how it is written, 3 or 3.0. Otherwise a label is
// its text, and labels are ordered as texts.
type Labels struct {
	// Names are the distinct labels in their order.
	Names []string
	// Index holds the index in Names of each point's label; length N.
	Index []int

	numeric bool
	stray   int                // the label that is nan, inf or too large among numbers, or -1
	first   []int              // the first point, or line, with each label
	place   func(i int) string // describes such a point or line
}

// labelCollector collects labels as they are read and keeps each text once.
type labelCollector struct {
	known map[string]int
	texts []string
	first []int
	index []int
}

// collect adds the label of the next point. place is its line or index. It returns an error if the
// quota is exhausted.
func (c *labelCollector) collect(text string, place int, quota *input.Quota) error {
	if c.known == nil {
		c.known = map[string]int{}
	}

	i, seen := c.known[text]
	if !seen {
		i = len(c.texts)
		kept := strings.Clone(text) // text may be part of a whole record
		c.known[kept] = i
		c.texts = append(c.texts, kept)
		c.first = append(c.first, place)

		err := quota.Take(8 + len(text)/8)
		if err != nil {
			return err
		}
	}

	c.index = append(c.index, i)

	return quota.Take(1)
}

// labels returns the labels with the distinct ones in order. place describes a line or index in
// words.
func (c *labelCollector) labels(place func(int) string) *Labels {
	names, values, numeric := slices.Clone(c.texts), make([]float64, len(c.texts)), true
	for i, text := range c.texts {
		v, err := tabletext.ParseNumber(text, false)
		values[i] = v
		numeric = numeric && err == nil
	}

	if numeric {
		for i, text := range c.texts {
			whole, isWhole := wholeNumber(text)
			if isWhole {
				names[i] = whole
			}
		}
	}

	// Numbers are sorted as numbers, so that class 10 comes after class 9.
	order := upTo(len(names))
	slices.SortFunc(order, func(a, b int) int {
		if numeric {
			return cmp.Or(cmp.Compare(values[a], values[b]), strings.Compare(names[a], names[b]))
		}

		return strings.Compare(names[a], names[b])
	})

	l := &Labels{
		Index:   c.index,
		numeric: numeric,
		stray:   -1,
		place:   place,
	}
	// Different texts may be the same label, such as 3 and 3.0.
	rank := make([]int, len(names))
	for _, i := range order {
		last := len(l.Names) - 1
		if last >= 0 && l.Names[last] == names[i] {
			l.first[last] = min(l.first[last], c.first[i])
			rank[i] = last
			continue
		}

		rank[i] = last + 1
		l.Names = append(l.Names, names[i])
		l.first = append(l.first, c.first[i])
	}

	for i, k := range l.Index {
		l.Index[i] = rank[k]
	}

	// A single nan would turn all numbers into texts, in another order.
	stray := strayNumber(c.texts)
	if stray >= 0 {
		l.stray = rank[stray]
	}

	return l
}

// strayNumber returns the index of the first text that has no finite value as a float (nan, inf or
// 1e400) if all other texts are numbers, and -1 if there is none. Such a text would cause the
// others to be ordered as texts.
func strayNumber(texts []string) int {
	stray, numbers := -1, 0
	for i, text := range texts {
		_, err := tabletext.ParseNumber(text, false)
		if err == nil {
			numbers++
			continue
		}

		v, _ := strconv.ParseFloat(text, 64)
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			return -1
		}

		if stray < 0 {
			stray = i
		}
	}

	if numbers == 0 {
		return -1
	}

	return stray
}

// checkNumbers returns an error if some labels are finite numbers and all others are nan, inf or
// too large.
func (l *Labels) checkNumbers() error {
	if l.stray < 0 {
		return nil
	}

	return fmt.Errorf(
		"%s: the label %s is not a finite number, but others are numbers",
		l.place(l.first[l.stray]),
		input.Quote(l.Names[l.stray]),
	)
}

// checkClasses returns an error if the labels cannot be classes.
func (l *Labels) checkClasses() error {
	err := l.checkNumbers()
	if err != nil {
		return err
	}

	// Ratings such as 0.5, 1.0 … 5.0 may be meant as classes, but a measured quantity is not.
	const most = 20 // the largest number of distinct fractional labels that may still be classes
	fraction := slices.IndexFunc(l.Names, func(name string) bool {
		_, isWhole := wholeNumber(name)
		return !isWhole
	})

	if l.numeric && fraction >= 0 && len(l.Names) > most {
		return fmt.Errorf(
			"the labels are %d different numbers, such as %s (%s): is this a regression? Then set "+
				"data.task: regression. If not, give each class a name or a whole number",
			len(l.Names),
			l.Names[fraction],
			l.place(l.first[fraction]),
		)
	}

	if len(l.Names) < 2 {
		return fmt.Errorf(
			"all points have the label %s: there must be at least two classes",
			input.Quote(l.Names[0]),
		)
	}

	return nil
}

// under returns the index in classes of each point's label. A label that is not among them is an
// error.
func (l *Labels) under(classes []string) ([]int, error) {
	number := map[string]int{}
	for k, name := range classes {
		number[name] = k
	}

	class := make([]int, len(l.Names))
	for i, name := range l.Names {
		k, known := number[name]
		if !known {
			return nil, fmt.Errorf(
				"%s: no training point has the label %s",
				l.place(l.first[i]),
				input.Quote(name),
			)
		}

		class[i] = k
	}

	return l.mapLabels(class), nil
}

// AreNumbers reports whether every label is a number rather than a name.
func (l *Labels) AreNumbers() bool { return l.numeric }

// mapLabels returns class[k] for each point, where k is the index of the point's label.
func (l *Labels) mapLabels(class []int) []int {
	numbers := make([]int, len(l.Index))
	for i, k := range l.Index {
		numbers[i] = class[k]
	}
	return numbers
}

// Numbers returns the class of each point, 0 … classes−1, for a network with that many classes. It
// also returns the names of the classes, or nil if the labels are the class numbers themselves.
//
// If names is given, it lists all classes in the network's order, and a label must be one of them.
// Otherwise, labels that are numbers of classes stand for themselves. Other labels are numbered in
// their order, which requires that every class occurs.
func (l *Labels) Numbers(classes int, names []string) (numbers []int, all []string, err error) {
	if names != nil && len(names) != classes {
		return nil, nil, fmt.Errorf(
			"%d names of classes, %s, but the network has %d classes",
			len(names),
			input.QuoteNames(names),
			classes,
		)
	}

	if names == nil {
		err = l.checkNumbers()
		if err != nil {
			return nil, nil, err
		}
	}

	class := make([]int, len(l.Names))
	indices := true
	for i, name := range l.Names {
		k, err := strconv.Atoi(name)
		class[i] = k
		indices = indices && err == nil && 0 <= k && k < classes
	}

	switch {
	case names != nil:
		class, err = l.numbersOf(names, class, indices)
	case indices:
	case len(l.Names) == classes:
		class, names = upTo(classes), l.Names
	default:
		err = fmt.Errorf(
			"the labels are neither numbers from 0 to %d nor %d different ones, but %d: %s. "+
				"If the file lacks a class, give all classes in the network's order (--classes)",
			classes-1,
			classes,
			len(l.Names),
			input.QuoteNames(l.Names),
		)
	}

	if err != nil {
		return nil, nil, err
	}

	return l.mapLabels(class), names, nil
}

// numbersOf finds each label among the names of the classes. If no label is a name and all are
// numbers of classes, it returns these numbers.
func (l *Labels) numbersOf(names []string, indices []int, areIndices bool) ([]int, error) {
	number := map[string]int{}
	for k, name := range names {
		whole, isWhole := wholeNumber(name)
		if isWhole && l.numeric {
			name = whole
		}

		_, twice := number[name]
		if twice {
			return nil, fmt.Errorf("the class %s is named twice", input.Quote(name))
		}

		number[name] = k
	}

	class := make([]int, len(l.Names))
	unknown := slices.IndexFunc(l.Names, func(name string) bool {
		_, known := number[name]
		return !known
	})

	if unknown < 0 {
		for i, name := range l.Names {
			class[i] = number[name]
		}

		return class, nil
	}

	named := slices.ContainsFunc(l.Names, func(name string) bool {
		_, known := number[name]
		return known
	})

	if areIndices && !named {
		return indices, nil
	}

	return nil, fmt.Errorf("%s: the label %s is none of the classes %s",
		l.place(l.first[unknown]), input.Quote(l.Names[unknown]), input.QuoteNames(names))
}

// assemble makes a data set of the user's own points. The distinct labels of the training points
// become the classes 0 … K−1. Without test points, some training points are held out for testing.
func assemble(name string, train, test *Table, o Options) (*Dataset, error) {
	if o.Regression {
		return assembleRegression(name, train, test, o)
	}

	if o.Outputs != nil {
		return assembleFor(o.Outputs, name, train, test)
	}

	err := train.Labels.checkClasses()
	if err != nil {
		return nil, err
	}

	d := &Dataset{
		Name:       name,
		Classes:    len(train.Labels.Names),
		ClassNames: train.Labels.Names,
		Label:      train.Label,
		Features:   train.Features,
	}

	d.Train = Split{X: train.X, Labels: train.Labels.Index}
	if test == nil {
		d.Train, d.Test = holdOut(d.Train, o.TestFraction, o.Seed)
		return d, nil
	}

	labels, err := test.Labels.under(d.ClassNames)
	d.Test = Split{X: test.X, Labels: labels}
	return d, err
}

// assembleFor makes a data set for an existing network. It holds out no points for testing.
func assembleFor(out *Outputs, name string, train, test *Table) (*Dataset, error) {
	d := &Dataset{
		Name:     name,
		Classes:  out.Classes,
		Features: train.Features,
		Label:    train.Label,
	}
	var err error
	d.Train = Split{X: train.X}
	d.Train.Labels, d.ClassNames, err = train.Labels.Numbers(out.Classes, out.Names)
	if err != nil || test == nil {
		return d, err
	}

	names := d.ClassNames
	if names == nil {
		names = out.Names
	}

	d.Test = Split{X: test.X}
	d.Test.Labels, _, err = test.Labels.Numbers(out.Classes, names)

	return d, err
}

// holdOut draws round(fraction·N) of the N ≥ 2 points of s for testing, at least one and not all.
// Both parts keep their order.
func holdOut(s Split, fraction float64, seed uint64) (train, test Split) {
	n := int(math.Round(fraction * float64(s.Len())))
	n = min(max(n, 1), s.Len()-1)
	order := rng.Stream(seed, "held out for testing").Perm(s.Len())
	slices.Sort(order[:n])
	slices.Sort(order[n:])
	return s.Subset(order[n:]), s.Subset(order[:n])
}

var errNoRows = errors.New("there are no rows below the header")
