package dataset

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/tabletext"
)

// loadCSV reads the user's tables. The data set is named after the training file.
func loadCSV(o Options) (*Dataset, error) {
	options := TableOptions{
		Label:      o.Label,
		Columns:    o.Columns,
		Regression: o.Regression,
		Targets:    o.Targets,
	}
	train, err := o.readTable("train", o.Train, options)
	if err != nil {
		return nil, err
	}

	if o.Test == "" {
		return assemble(filepath.Base(o.Train), train, nil, o)
	}

	test, err := o.readTable("test", o.Test, options)
	if err != nil {
		return nil, err
	}

	// The same columns in another order would be other points.
	if !slices.Equal(test.Features, train.Features) {
		return nil, fmt.Errorf("the features of %s are %s, but the features of %s are %s",
			o.Test, input.QuoteNames(test.Features), o.Train, input.QuoteNames(train.Features))
	}

	return assemble(filepath.Base(o.Train), train, test, o)
}

// readTable finds and reads the table at path, the value of the given key.
func (o Options) readTable(key, path string, options TableOptions) (*Table, error) {
	file, err := o.findFile(key, path)
	if err != nil {
		return nil, err
	}
	return ReadTable(file, options)
}

// readCSV reads a CSV file. It decompresses a file whose name ends in .gz.
func readCSV(path string, o TableOptions) (*Table, error) {
	f, err := input.Open(path)
	if err != nil {
		return nil, err
	}

	defer f.Close()
	if !strings.HasSuffix(path, ".gz") {
		return parseCSV(f, o)
	}

	unpacked, err := input.Gunzip(f)
	if err != nil {
		return nil, err
	}

	return parseCSV(unpacked, o)
}

// parseCSV reads a header and at least one row of a table as package tabletext reads them. Features
// must be finite numbers; a label is any text that is not empty. The rows are read one by one, so
// that only the numbers take memory.
func parseCSV(r io.Reader, o TableOptions) (*Table, error) {
	text, err := tabletext.NewReader(r)
	if err == nil {
		err = checkHeader(text.Header)
	}

	if err != nil {
		return nil, err
	}

	roles, err := rolesOf(newColumns(text.Header), o)
	if err == nil {
		err = o.checkInputs(len(roles.features), roles.features)
	}

	if err != nil {
		return nil, err
	}

	// Everything in the header has been checked before the first row is read.
	rows := &rowReader{text: text, roles: roles}
	for {
		record, err := text.Next()
		if errors.Is(err, io.EOF) {
			break
		}

		if err == nil {
			err = rows.addRow(record)
		}

		if err != nil {
			return nil, err // includes line and column
		}
	}

	return rows.table(o)
}

// rowReader gathers the rows of a table.
type rowReader struct {
	text  *tabletext.Reader
	roles columnRoles

	values  []float64
	labels  labelCollector
	targets []float64
	rows    int
	quota   input.Quota
}

// addRow appends the record that has just been read.
func (r *rowReader) addRow(record []string) error {
	err := r.quota.Take(len(r.roles.features) + len(r.roles.targets))
	if err != nil {
		return err
	}

	// Targets come in the order in which they are requested, not in the order of the columns.
	var targets []float64
	if r.roles.targets != nil {
		targets = make([]float64, len(r.roles.targets))
	}

	features := make([]float64, len(r.roles.features))
	for i := range record {
		switch role := r.roles.role[i]; {
		case role == noColumn, role <= firstTarget && targets == nil: // targets that are not wanted
		case role == labelColumn:
			label, err := r.text.Text(record, i)
			if err != nil {
				return err
			}
			err = r.labels.collect(label, r.text.Line(i), &r.quota)
			if err != nil {
				return err
			}
		default:
			v, err := r.text.Number(record, i)
			if err != nil {
				return err
			}
			if role <= firstTarget {
				targets[firstTarget-role] = v
				continue
			}
			features[role] = v
		}
	}

	r.values = append(r.values, features...)
	r.targets = append(r.targets, targets...)
	r.rows++

	return nil
}

// table returns the rows read so far as a table. No rows at all are an error.
func (r *rowReader) table(o TableOptions) (*Table, error) {
	if r.rows == 0 {
		return nil, errNoRows
	}
	t := &Table{
		X:        mat.NewDense(r.rows, len(r.roles.features), r.values),
		Features: r.roles.features,
		Left:     r.roles.left,
	}

	place := slices.Index(r.roles.role, labelColumn)
	if o.Labels != DropLabels && place >= 0 {
		t.Label = input.Printable(r.text.Header[place])
		t.Labels = r.labels.labels(func(line int) string {
			return fmt.Sprintf("line %d", line)
		})
	}

	if len(r.targets) > 0 {
		t.Y, t.Targets = mat.NewDense(r.rows, len(r.roles.targets), r.targets), r.roles.targets
	}

	return t, nil
}
