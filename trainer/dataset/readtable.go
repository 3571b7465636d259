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

// Table holds the points of a user's file in the order of the file, with their labels or targets.
type Table struct {
	X *mat.Dense // N×D
	// Features are the names of the D columns; nil for an npz file.
	Features []string
	// Left are the names of the columns that are neither features nor labels nor targets.
	Left []string
	// Labels is nil if there are none. Label is the name of their column, "" for an npz file.
	Labels *Labels
	Label  string
	// Y holds the N×M targets of a regression; nil if there are none. Targets are the names of
	// their columns; nil for an npz file.
	Y       *mat.Dense
	Targets []string
}

// LabelRule determines what is done with the labels of a file.
type LabelRule int

const (
	// NeedLabels makes a file without labels an error.
	NeedLabels LabelRule = iota
	// TakeLabels reads labels if there are any.
	TakeLabels
	// DropLabels reads only the points. A label column is not a feature.
	DropLabels
)

// TableOptions determines how a table is read.
type TableOptions struct {
	// Label is the column of a CSV file that contains the labels; default "label". If it is given,
	// it must exist unless labels are dropped or MayLack is true.
	Label   string
	MayLack bool
	// Labels determines whether labels are required. Default NeedLabels.
	Labels LabelRule
	// Columns lists the feature columns, separated by commas, or the columns that are not features,
	// each after a minus. The label column is never a feature. Default all.
	Columns string
	// Features lists the feature columns in the wanted order, regardless of their order in the
	// file. If it is nil, Columns applies.
	Features []string
	// Regression is true if the labels are numbers to predict. Targets lists the columns of a CSV
	// file that contain them, separated by commas; default the label column.
	Regression bool
	Targets    string
	// Keys holds the names of the arrays of an npz file: X for the points, Y for the labels, "" for
	// none.
	Keys NPZKeys
	// Inputs is the number of features that a point must have, which is checked before points are
	// read; 0 allows any number.
	Inputs int
}

// checkInputs returns an error if the number of features is not the required one.
func (o TableOptions) checkInputs(features int, names []string) error {
	if o.Inputs == 0 || features == o.Inputs {
		return nil
	}
	if names == nil {
		return fmt.Errorf("%d features, but the model takes %d inputs", features, o.Inputs)
	}

	// The most common reason is a column that is not an input.
	hint := ""
	if features > o.Inputs {
		hint = "; --label or --targets names the columns to predict, --columns=-NAME leaves a column out"
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

// ReadTable reads a user's file, a .npz file of arrays or else a CSV table. [NPZKeys] and
// [parseCSV] describe their contents. Errors name the file and the place in it.
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
		return nil, errors.New("columns: the arrays of an npz file have no named columns to choose from")
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

// rowsOf returns an array of at least one point as a matrix with a row for each point. Axes after
// the first are flattened. A number that is not finite is an error, which mentions name.
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

// checkShapes checks the shapes of the points and their labels before any number is read. They must
// fit each other, the required number of inputs, and the limit for one file.
func checkShapes(archive *npy.Archive, o TableOptions, wantLabels bool) error {
	x, err := arrayShape(archive, o.Keys.X)
	if err != nil {
		return err
	}

	count, _ := input.Elements(x) // the archive has checked the shape
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

	// A point has one number as its label, but may have a row of targets.
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

	// Each fits in memory by itself, but both together must fit too.
	var both input.Quota
	return both.Take(count + labels)
}

// severalLabels returns a hint for labels with a row for each point, or an empty string.
func severalLabels(shape []int, points int) string {
	if len(shape) != 2 || shape[0] != points {
		return ""
	}
	return " (for one-hot rows, save numpy.argmax(y, axis=1); several labels of a point are the " +
		"targets of a regression)"
}

// arrayLabels reads the labels, whose shape checkShapes has checked. They must be whole numbers.
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
		return nil, fmt.Errorf("%w; data.keys (in audit, --arrays) names the arrays", err)
	}
	return shape, err
}

// columnRoles holds the roles of the columns of a table. The role of a column is its index among
// the features, labelColumn, noColumn, or firstTarget minus its index among the targets.
type columnRoles struct {
	features, targets, left []string
	role                    []int
}

const (
	labelColumn = -1
	noColumn    = -2
	firstTarget = -3
)

// columns holds the names of a header with the first index of each, so that finding a column does
// not take longer in a wide table.
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

// findColumn returns the index of the first column with a name, or -1 if there is none.
func (c *columns) findColumn(name string) int {
	c.looked++
	place, known := c.places[name]
	if !known {
		return -1
	}
	return place
}

// rolesOf assigns roles to the columns of a header. The names of chosen columns must be distinct
// and not empty.
func rolesOf(header *columns, o TableOptions) (columnRoles, error) {
	label, targets, err := predictedColumns(header, o)
	if err != nil {
		return columnRoles{}, err
	}

	order := featureOrder{names: o.Features}
	chosen, err := chosenColumns(header, o.Columns)
	if o.Features != nil {
		chosen, err = order.has, order.readHeader(header)
	}
	if err != nil {
		return columnRoles{}, err
	}

	roles := columnRoles{role: make([]int, len(header.names))}
	// The header is read from the left, but targets keep the order in which they were named.
	rank := make(map[int]int, len(targets)) // from a target's column to its index among the targets
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

		if header.findColumn(name) != i {
			return columnRoles{}, fmt.Errorf("two columns are named %s", input.Quote(name))
		}
	}

	if len(roles.features) == 0 {
		return columnRoles{}, fmt.Errorf(
			"there is no feature column among %s",
			input.QuoteNames(header.names),
		)
	}

	if o.Features != nil {
		order.apply(&roles)
	}

	return roles, nil
}

// featureOrder holds the wanted order of the features.
type featureOrder struct {
	names []string
	rank  map[string]int
}

// readHeader returns an error if the header lacks one of the features.
func (f *featureOrder) readHeader(header *columns) error {
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

// apply renumbers the features, which rolesOf has numbered in the order of the file.
func (f *featureOrder) apply(roles *columnRoles) {
	for i, place := range roles.role {
		if place >= 0 {
			roles.role[i] = f.rank[roles.features[place]]
		}
	}
	roles.features = f.names
}

// predictedColumns returns the index of the label column, or -1 if there is none. For a regression,
// it returns the indices of the target columns instead.
func predictedColumns(header *columns, o TableOptions) (label int, targets []int, err error) {
	if o.Regression {
		targets, err = targetColumns(header, o)
		return -1, targets, err
	}

	label, err = labelOf(header, o)

	return label, nil, err
}

// namesOf returns the names of the given columns, made safe to print.
func namesOf(header []string, columns []int) []string {
	var names []string
	for _, i := range columns {
		names = append(names, input.Printable(header[i]))
	}
	return names
}

// labelOf returns the index of the label column, or -1 if there is none and none is required.
func labelOf(header *columns, o TableOptions) (int, error) {
	name := o.Label
	if name == "" {
		name = defaultLabel
	}
	i := header.findColumn(name)
	optional := o.Labels == DropLabels || o.Labels == TakeLabels && (o.Label == "" || o.MayLack)
	if i < 0 && !optional {
		return 0, fmt.Errorf(
			"there is no label column %s: data.label (in audit, --label) names it; the columns are %s%s",
			input.Quote(name),
			input.QuoteNames(header.names),
			withoutHeader(header.names),
		)
	}

	return i, nil
}

// withoutHeader returns a hint for a header that contains numbers or has a single column.
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

// chosenColumns returns a function that reports whether a column is a feature, according to a list
// of names; see [TableOptions].
func chosenColumns(header *columns, list string) (func(name string) bool, error) {
	if list == "" {
		return func(string) bool { return true }, nil
	}

	// A name may itself begin with a minus, so the whole word is looked up first.
	taken, left := map[string]bool{}, map[string]bool{}
	for word := range strings.SplitSeq(list, ",") {
		word = strings.TrimSpace(word)
		rest, isLeft := strings.CutPrefix(word, "-")
		switch {
		case header.findColumn(word) >= 0:
			taken[word] = true
		case isLeft && header.findColumn(rest) >= 0:
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
			"columns: give either names of columns to use, or -names of columns to leave out, not both",
		)
	}

	if len(taken) > 0 {
		return func(name string) bool { return taken[name] }, nil
	}

	return func(name string) bool { return !left[name] }, nil
}

// checkHeader returns an error if the first line consists of numbers, since it then is a row of
// data. But 0, 1, 2, … are the names that pandas gives to unnamed columns.
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
		"line 1: numbers, %s, instead of the names of the columns",
		input.QuoteNames(header),
	)
}
