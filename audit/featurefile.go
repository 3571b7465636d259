package audit

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/tabletext"
)

// featureColumn is the name of the column with the names of the features.
const featureColumn = "feature"

// ReadScale reads the mean and the standard deviation of every feature from a CSV table with
// columns mean and std. If the table has a column feature and the names of the features are known,
// rows are matched by name. Otherwise the table must have one row per feature in the order of the
// data. Other columns are ignored.
func ReadScale(path string, features []string, count int) (*Scale, error) {
	columns, err := readFeatures(path, features, count, "mean", "std")
	if err != nil {
		return nil, fmt.Errorf("scale %s: %w", path, err)
	}
	return &Scale{Mean: columns[0], Std: columns[1]}, nil
}

// ReadTolerance reads the ± of every feature from the column tolerance of a table in the same
// format as for ReadScale.
func ReadTolerance(path string, features []string, count int) (*Tolerance, error) {
	columns, err := readFeatures(path, features, count, "tolerance")
	if err != nil {
		return nil, fmt.Errorf("tolerance %s: %w", path, err)
	}
	return &Tolerance{Each: columns[0]}, nil
}

// readFeatures returns the named columns, with the rows in the order of the features.
func readFeatures(
	path string,
	features []string,
	count int,
	columns ...string,
) ([][]float64, error) {
	f, err := input.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parseFeatures(f, features, count, columns)
}

func parseFeatures(
	r io.Reader,
	features []string,
	count int,
	columns []string,
) ([][]float64, error) {
	text, err := tabletext.NewReader(r)
	if err != nil {
		return nil, err
	}

	places, err := placesOfColumns(text.Header, columns)
	if err != nil {
		return nil, err
	}

	// named is −1 without a column feature: rows are then in the order of the data.
	named, places := places[0], places[1:]

	var rows [][]float64
	var names []string
	var quota input.Quota
	for {
		record, err := text.Next()
		if errors.Is(err, io.EOF) {
			break
		}

		if err != nil {
			return nil, err
		}

		// A file may be far larger than the number of features suggests, so reading stops before
		// memory runs out.
		err = quota.Take(len(columns) + len(record[max(named, 0)]))
		if err != nil {
			return nil, err
		}

		row := make([]float64, len(columns))
		for k, place := range places {
			row[k], err = text.Number(record, place)
			if err != nil {
				return nil, err
			}
		}

		rows = append(rows, row)
		if named >= 0 {
			names = append(names, input.Printable(record[named]))
		}
	}

	// Without names of features, rows cannot be matched by name, so their order counts.
	if features == nil {
		names = nil
	}

	order, err := rowsOfFeatures(names, features, len(rows), count)
	if err != nil {
		return nil, err
	}

	values := make([][]float64, len(columns))
	for k := range columns {
		for _, row := range order {
			values[k] = append(values[k], rows[row][k])
		}
	}

	return values, nil
}

// placesOfColumns returns the indices in the header of the column feature (−1 if there is none) and
// of the given columns. It returns an error if one of them is missing or occurs twice.
func placesOfColumns(header, columns []string) ([]int, error) {
	var places []int
	for _, name := range append([]string{featureColumn}, columns...) {
		at := slices.Index(header, name)
		// If two columns have the same name, it is ambiguous which is meant.
		if at >= 0 && slices.Contains(header[at+1:], name) {
			return nil, fmt.Errorf("two columns are named %q", name)
		}

		if at < 0 && name != featureColumn {
			return nil, fmt.Errorf("no column is named %q, only %s",
				name, input.QuoteNames(header))
		}

		places = append(places, at)
	}

	return places, nil
}

// rowsOfFeatures returns the index of the row of each feature: the row with its name or, if names
// is nil, with its number.
func rowsOfFeatures(names, features []string, rows, count int) ([]int, error) {
	if names == nil {
		if rows != count {
			return nil, fmt.Errorf("%d rows below the header for %d features", rows, count)
		}

		order := make([]int, count)
		for i := range order {
			order[i] = i
		}

		return order, nil
	}

	known := map[string]int{}
	for i, name := range names {
		_, twice := known[name]
		if twice {
			return nil, fmt.Errorf("row %d: feature %s is given twice",
				i+1, input.Quote(name))
		}

		known[name] = i
	}

	var order []int
	for _, name := range features {
		row, ok := known[name]
		if !ok {
			return nil, fmt.Errorf("there is no row for feature %s of the data",
				input.Quote(name))
		}

		order = append(order, row)
	}

	return order, nil
}
