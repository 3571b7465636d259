package dataset

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/npy"
	"github.com/liptrack/liptrack/internal/tabletext"
)

// Table is the points of a user's file in its order, with what else the file says of them.
type Table struct {
	X *mat.Dense // N×D
	// Features are the names of the D columns; nil for an npz file.
	Features []string
	// Left are the names of the columns that are neither features nor predicted.
	Left []string
	// Labels are nil without. Label is the name of their column, "" for an npz file.
	Labels *Labels
	Label  string
	// Y are the N×M targets of a regression, nil without, and Targets the names of their columns,
	// nil for an npz file.
	Y       *mat.Dense
	Targets []string
}

// LabelRule says what a reader wants of a file's labels.
type LabelRule int

const (
	// NeedLabels makes a file without labels an error.
	NeedLabels LabelRule = iota
	// TakeLabels takes labels if there are any.
	TakeLabels
	// DropLabels takes the points alone; labels that are there are no feature.
	DropLabels
)

// TableOptions say how a table is read.
type TableOptions struct {
	// Label is the column of a CSV file that holds the labels; default "label". One that is given
	// must be there unless labels are dropped, or it MayLack.
	Label   string
	MayLack bool
	// Labels is what is wanted of them. Default NeedLabels.
	Labels LabelRule
	// Columns are the names of the columns that are features, with commas between, or each after
	// a minus those that are none; the label's is none in any case. Default all.
	Columns string
	// Features are the names of the columns that are features, in the order in which they are
	// wanted, whatever theirs in the file. Nil leaves it to Columns.
	Features []string
	// Regression says that the labels are numbers to predict, Targets which columns of a CSV file
	// hold them, with commas between; default the label's.
	Regression bool
	Targets    string
	// Keys name the arrays of an npz file: X the points, Y the labels, "" for none.
	Keys NPZKeys
	// Inputs is how many features a point must have, which is checked before points are read; 0 for
	// any number.
	Inputs int
}

// checkInputs refuses points of another number of features than is wanted.
func (o TableOptions) checkInputs(features int, names []string) error {
	if o.Inputs == 0 || features == o.Inputs {
		return nil
	}
	if names == nil {
		return fmt.Errorf("%d features, but the model takes %d inputs", features, o.Inputs)
	}

	// The most common reason is a column that is none of the inputs.
	hint := ""
	if features > o.Inputs {
		hint = "; --label or --targets names what is to be predicted, --columns=-NAME leaves a column out"
	}

	return fmt.Errorf(
		"%d features (%s), but the model takes %d inputs%s",
		features,
		input.QuoteNames(names),
		o.Inputs,
		hint,
	)
}

const defaultLabel = "label"

// ReadTable reads a user's file, a .npz file of arrays or else a CSV table: see [NPZKeys] and
// [parseCSV] for what these may hold. Errors name the file and where in it.
func ReadTable(path string, o TableOptions) (*Table, error) {
	read := readCSV
	if filepath.Ext(path) == ".npz" {
		read = readNPZ
	}

	t, err := read(path, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}

	if t.Labels != nil {
		within := t.Labels.place
		t.Labels.place = func(i int) string {
			return path + ": " + within(i)
		}
	}

	return t, nil
}

func readNPZ(path string, o TableOptions) (*Table, error) {
	if o.Columns != "" {
		return nil, errors.New("columns: the arrays of an npz file have no named columns to choose")
	}
	archive, err := npy.OpenArchive(path)
	if err != nil {
		return nil, err
	}
	defer archive.Close()
	return tableOfArrays(archive, o)
}

// tableOfArrays reads the points keys.X and labels keys.Y of an archive.
func tableOfArrays(archive *npy.Archive, o TableOptions) (*Table, error) {
	wantLabels := o.Labels == NeedLabels || o.Labels == TakeLabels && archive.Holds(o.Keys.Y)
	err := checkShapes(archive, o, wantLabels)
	if err != nil {
		return nil, err
	}

	x, err := archive.Array(o.Keys.X)
	if err != nil {
		return nil, err
	}

	points, err := rowsOf(x, o.Keys.X)
	if err != nil {
		return nil, err
	}

	t := &Table{X: points}
	if !wantLabels {
		return t, nil
	}

	if o.Regression {
		t.Y, err = arrayTargets(archive, o.Keys)
	} else {
		t.Labels, err = arrayLabels(archive, o.Keys)
	}

	return t, err
}

// rowsOf returns an array of finite numbers, of at least one point, as a row for each point: axes
// behind the first are flattened. Its name is for errors.
func rowsOf(a *npy.Array, name string) (*mat.Dense, error) {
	n := a.Shape[0]
	width := len(a.Values) / n
	for i, v := range a.Values {
		if v-v != 0 {
			return nil, fmt.Errorf("%s holds %v in point %d", name, v, i/width)
		}
	}

	return mat.NewDense(n, width, a.Values), nil
}

// checkShapes looks at the shapes of the points and of their labels, before any of their numbers is
// read: both fit each other, what is wanted, and what is read of one file.
func checkShapes(archive *npy.Archive, o TableOptions, wantLabels bool) error {
	x, err := arrayShape(archive, o.Keys.X)
	if err != nil {
		return err
	}

	count, _ := input.Elements(x) // the archive has checked it
	if len(x) == 0 || count == 0 {
		return fmt.Errorf("%s has shape %v: it holds no points", o.Keys.X, x)
	}

	points := x[0]
	err = o.checkInputs(count/points, nil)
	if err != nil || !wantLabels {
		return err
	}

	y, err := arrayShape(archive, o.Keys.Y)
	if err != nil {
		return err
	}

	// A label is one number of a point; targets may be a row of them.
	labels, _ := input.Elements(y)
	if o.Regression {
		err = checkTargetShape(o.Keys, x, y)
		if err != nil {
			return err
		}
	} else if len(y) == 0 || labels != points || y[0] != points {
		return fmt.Errorf(
			"%s has shape %v: want one label for each of the %d points of %s%s",
			o.Keys.Y,
			y,
			points,
			o.Keys.X,
			severalLabels(y, points),
		)
	}

	// Either fits into memory by itself: both must.
	var both input.Quota
	return both.Take(count + labels)
}

// severalLabels says what to do about labels that have a row for each point.
func severalLabels(shape []int, points int) string {
	if len(shape) != 2 || shape[0] != points {
		return ""
	}
	return " (of one-hot rows save numpy.argmax(y, axis=1); several labels of a point are the " +
		"targets of a regression)"
}

// arrayLabels reads the labels, whole numbers, whose shape checkShapes has seen.
func arrayLabels(archive *npy.Archive, keys NPZKeys) (*Labels, error) {
	y, err := archive.Array(keys.Y)
	if err != nil {
		return nil, err
	}

	place := func(i int) string { return fmt.Sprintf("%s[%d]", keys.Y, i) }
	var collector labelCollector
	var quota input.Quota
	for i, v := range y.Values {
		if v != math.Trunc(v) {
			return nil, fmt.Errorf("%s: %v is not a whole number, as labels are; "+
				"if this is a regression, set data.task: regression", place(i), v)
		}
		if math.Abs(v) > 1<<53 {
			return nil, fmt.Errorf("%s: the label %v is beyond 2⁵³, where numbers have gaps",
				place(i), v)
		}

		err := collector.collect(fmt.Sprintf("%.0f", v), i, &quota)
		if err != nil {
			return nil, err
		}
	}

	return collector.labels(place), nil
}

func arrayShape(archive *npy.Archive, key string) ([]int, error) {
	shape, err := archive.Shape(key)
	if err != nil && !archive.Holds(key) {
		return nil, fmt.Errorf("%w; data.keys (of audit, --arrays) names the arrays", err)
	}
	return shape, err
}

// columnRoles says what the columns of a table are: for each its place among the features, or
// labelColumn or noColumn, or firstTarget less its place among the targets.
type columnRoles struct {
	features, targets, left []string
	role                    []int
}

const (
	labelColumn = -1
	noColumn    = -2
	firstTarget = -3
)

// columns are the names of a header, each with its first place, so that a wide table takes no
// longer for each column.
type columns struct {
	names  []string
	places map[string]int
	looked int // counts the calls of find, for a test
}

func newColumns(names []string) *columns {
	c := &columns{names: names, places: make(map[string]int, len(names))}
	for i, name := range names {
		_, known := c.places[name]
		if !known {
			c.places[name] = i
		}
	}
	return c
}

// find returns the first place of a name, -1 if no column has it.
func (c *columns) find(name string) int {
	c.looked++
	place, known := c.places[name]
	if !known {
		return -1
	}
	return place
}

// rolesOf gives the columns of a header their roles. Names must be different and not empty,
// except those of columns that are not chosen.
func rolesOf(header *columns, o TableOptions) (columnRoles, error) {
	label, targets, err := predictedColumns(header, o)
	if err != nil {
		return columnRoles{}, err
	}

	order := featureOrder{names: o.Features}
	chosen, err := chosenColumns(header, o.Columns)
	if o.Features != nil {
		chosen, err = order.has, order.find(header)
	}
	if err != nil {
		return columnRoles{}, err
	}

	roles := columnRoles{role: make([]int, len(header.names))}
	// The header is read from the left, while targets keep the order in which they were named.
	rank := make(map[int]int, len(targets)) // of each target's column
	for k, place := range targets {
		rank[place] = k
	}

	_, isMissing := rank[-1]
	if o.Labels != DropLabels && !isMissing {
		roles.targets = namesOf(header.names, targets)
	}

	for i, name := range header.names {
		target, isTarget := rank[i]
		switch {
		case i == label:
			roles.role[i] = labelColumn
		case isTarget:
			roles.role[i] = firstTarget - target
		case !chosen(name):
			roles.role[i] = noColumn
			roles.left = append(roles.left, input.Printable(name))
			continue
		case name == "":
			return columnRoles{}, fmt.Errorf("column %d has no name: name it or leave it out. "+
				"(The index that pandas writes first has none: to_csv(..., index=False).)", i+1)
		default:
			roles.role[i] = len(roles.features)
			roles.features = append(roles.features, input.Printable(name))
		}

		if header.find(name) != i {
			return columnRoles{}, fmt.Errorf("two columns are named %s", input.Quote(name))
		}
	}

	if len(roles.features) == 0 {
		return columnRoles{}, fmt.Errorf(
			"there is no column of features among %s",
			input.QuoteNames(header.names),
		)
	}

	if o.Features != nil {
		order.apply(&roles)
	}

	return roles, nil
}

// featureOrder says in which order the features are wanted.
type featureOrder struct {
	names []string
	rank  map[string]int
}

// find refuses a header that lacks one of the features.
func (f *featureOrder) find(header *columns) error {
	f.rank = make(map[string]int, len(f.names))
	for i, name := range f.names {
		f.rank[name] = i
	}

	known := make(map[string]bool, len(header.names))
	for _, name := range header.names {
		known[input.Printable(name)] = true
	}

	for _, name := range f.names {
		if !known[name] {
			return fmt.Errorf(
				"there is no column %s, a feature that the model was trained with; the columns are %s",
				input.Quote(name),
				input.QuoteNames(header.names),
			)
		}
	}

	return nil
}

func (f *featureOrder) has(name string) bool {
	_, known := f.rank[input.Printable(name)]
	return known
}

// apply renumbers the features, which rolesOf has counted in the order of the file.
func (f *featureOrder) apply(roles *columnRoles) {
	for i, place := range roles.role {
		if place >= 0 {
			roles.role[i] = f.rank[roles.features[place]]
		}
	}
	roles.features = f.names
}

// predictedColumns returns the index of the label's column, -1 without one, or those of a
// regression's targets.
func predictedColumns(header *columns, o TableOptions) (label int, targets []int, err error) {
	if o.Regression {
		targets, err = targetColumns(header, o)
		return -1, targets, err
	}

	label, err = labelOf(header, o)

	return label, nil, err
}

// namesOf returns the names of some columns, fit to print.
func namesOf(header []string, columns []int) []string {
	var names []string
	for _, i := range columns {
		names = append(names, input.Printable(header[i]))
	}
	return names
}

// labelOf returns the index of the label's column, -1 without one.
func labelOf(header *columns, o TableOptions) (int, error) {
	name := o.Label
	if name == "" {
		name = defaultLabel
	}
	i := header.find(name)
	optional := o.Labels == DropLabels || o.Labels == TakeLabels && (o.Label == "" || o.MayLack)
	if i < 0 && !optional {
		return 0, fmt.Errorf(
			"there is no column %s with the labels: data.label (of audit, --label) names it; the columns are %s%s",
			input.Quote(name),
			input.QuoteNames(header.names),
			withoutHeader(header.names),
		)
	}

	return i, nil
}

// withoutHeader asks about a header in which numbers stand, or of a single column.
func withoutHeader(header []string) string {
	if len(header) == 1 {
		return " (commas, semicolons, tabs or bars separate columns)"
	}

	for _, name := range header {
		_, err := tabletext.ParseNumber(name, false)
		if err == nil {
			return " (is the first line a header?)"
		}
	}
	return ""
}

// chosenColumns tells which columns are features, by a list of names; see [TableOptions].
func chosenColumns(header *columns, list string) (func(name string) bool, error) {
	if list == "" {
		return func(string) bool { return true }, nil
	}

	// A name may itself begin with a minus, so whole names are looked for first.
	taken, left := map[string]bool{}, map[string]bool{}
	for word := range strings.SplitSeq(list, ",") {
		word = strings.TrimSpace(word)
		rest, isLeft := strings.CutPrefix(word, "-")
		switch {
		case header.find(word) >= 0:
			taken[word] = true
		case isLeft && header.find(rest) >= 0:
			left[rest] = true
		default:
			return nil, fmt.Errorf(
				"columns: no column is named %s; the columns are %s",
				input.Quote(word),
				input.QuoteNames(header.names),
			)
		}
	}

	if len(taken) > 0 && len(left) > 0 {
		return nil, errors.New(
			"columns: either names of columns to take, or -names of those to leave out, not both",
		)
	}

	if len(taken) > 0 {
		return func(name string) bool { return taken[name] }, nil
	}

	return func(name string) bool { return !left[name] }, nil
}

// checkHeader refuses a first line of numbers, which is a row of data. 0, 1, 2, … are the names
// that pandas gives to columns without any.
func checkHeader(header []string) error {
	counted := true
	for i, name := range header {
		_, err := tabletext.ParseNumber(name, false)
		if err != nil {
			return nil
		}
		counted = counted && name == fmt.Sprint(i)
	}
	if counted {
		return nil
	}

	return fmt.Errorf(
		"line 1: numbers, %s, where the names of the columns should stand",
		input.QuoteNames(header),
	)
}
