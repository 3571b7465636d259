package dataset

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// loadCSV reads the user's tables. The name of the data set is that of the training file.
func loadCSV(o Options) (*Dataset, error) {
	train, err := readTable(resolve(o.Path, o.Train), o.Label)
	if err != nil {
		return nil, err
	}
	if o.Test == "" {
		return assemble(filepath.Base(o.Train), train.labelled(), nil, o)
	}
	test, err := readTable(resolve(o.Path, o.Test), o.Label)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(test.features, train.features) {
		return nil, fmt.Errorf("the features of %s are %q, those of %s are %q", o.Test, test.features, o.Train, train.features)
	}
	return assemble(filepath.Base(o.Train), train.labelled(), test.labelled(), o)
}

// resolve is where a user's file is: in the folder unless its name is absolute.
func resolve(folder, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(folder, name)
}

// table is a CSV file: all columns but the label's are features.
type table struct {
	file     string
	features []string  // D column names
	values   []float64 // N×D by rows
	labels   []string  // N
	lines    []int     // N: where each row starts
}

func (t *table) labelled() *labelled {
	return &labelled{
		x:      mat.NewDense(len(t.labels), len(t.features), t.values),
		labels: t.labels,
		place:  func(i int) string { return fmt.Sprintf("%s: line %d", t.file, t.lines[i]) },
	}
}

func readTable(file, label string) (*table, error) {
	b, err := readFile(file)
	if err != nil {
		return nil, err
	}
	t, err := parseCSV(b, label)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	t.file = file
	return t, nil
}

// byteOrderMark is what some spreadsheets put before the header.
const byteOrderMark = "\ufeff"

// noLabel asks parseCSV for a table in which every column is a feature.
const noLabel = ""

// parseCSV reads a header, in which one column has the name label unless that is noLabel, and
// at least one row. Features are finite numbers; labels are any text but the empty one. White
// space around either is ignored.
func parseCSV(b []byte, label string) (*table, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte(byteOrderMark))))
	header, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("no header: %w", err)
	}
	at, err := labelColumn(trimmed(header), label)
	if err != nil {
		return nil, err
	}
	t := &table{features: slices.Clone(header)}
	if at >= 0 {
		t.features = slices.Delete(t.features, at, at+1)
	}
	r.ReuseRecord = true
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err // has line and column
		}
		if err := t.add(trimmed(record), header, at, r); err != nil {
			return nil, err
		}
	}
	if len(t.lines) == 0 {
		return nil, errors.New("there are no rows below the header")
	}
	return t, nil
}

// labelColumn is the index of the label's column, -1 for noLabel, in a header of at least one
// other column, all with different names.
func labelColumn(header []string, label string) (int, error) {
	at := slices.Index(header, label)
	if at < 0 && label != noLabel {
		return 0, fmt.Errorf("no column is named %q, as the option label says; the columns are %q", label, header)
	}
	if at == 0 && len(header) == 1 {
		return 0, fmt.Errorf("there is no column besides the label's, %q", label)
	}
	for i, name := range header {
		if slices.Contains(header[:i], name) {
			return 0, fmt.Errorf("two columns are named %q", name)
		}
	}
	return at, nil
}

// add appends the record that r has just read.
func (t *table) add(record, header []string, labelAt int, r *csv.Reader) error {
	for i, field := range record {
		line, column := r.FieldPos(i)
		place := func() string { return fmt.Sprintf("line %d, column %d (%s)", line, column, header[i]) }
		if i == labelAt {
			if field == "" {
				return fmt.Errorf("%s: the label is empty", place())
			}
			t.labels = append(t.labels, field)
			continue
		}
		v, err := strconv.ParseFloat(field, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%s: %q is not a finite number", place(), field)
		}
		t.values = append(t.values, v)
	}
	line, _ := r.FieldPos(0)
	t.lines = append(t.lines, line)
	return nil
}

// trimmed is a record without the white space around its fields, in place.
func trimmed(record []string) []string {
	for i, field := range record {
		record[i] = strings.TrimSpace(field)
	}
	return record
}
