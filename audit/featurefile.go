package audit

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/internal/input"
)

// featureColumn names the column that says which feature a row is of.
const featureColumn = "feature"

// ReadScale reads the mean and the standard deviation of every feature from a CSV table with columns mean
// and std. With a column feature, rows are found by the names of the features; without one, or if those are
// not known, there is a row for each feature in the data's order. Other columns are ignored.
func ReadScale(path string, features []string, count int) (*Scale, error) {
	columns, err := readFeatures(path, features, count, "mean", "std")
	if err != nil {
		return nil, fmt.Errorf("scale %s: %w", path, err)
	}
	return &Scale{Mean: columns[0], Std: columns[1]}, nil
}

// ReadTolerance reads the ± of every feature from the column tolerance of a table like that of ReadScale.
func ReadTolerance(path string, features []string, count int) (*Tolerance, error) {
	columns, err := readFeatures(path, features, count, "tolerance")
	if err != nil {
		return nil, fmt.Errorf("tolerance %s: %w", path, err)
	}
	return &Tolerance{Each: columns[0]}, nil
}

// readFeatures returns the named columns, ordered as the features.
func readFeatures(path string, features []string, count int, columns ...string) ([][]float64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := input.ReadAll(f)
	if err != nil {
		return nil, err
	}
	return parseFeatures(b, features, count, columns)
}

func parseFeatures(b []byte, features []string, count int, columns []string) ([][]float64, error) {
	const byteOrderMark = "\ufeff"
	records, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte(byteOrderMark)))).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		return nil, errors.New("it is empty")
	}
	header, rows := trimmed(records[0]), records[1:]
	places, err := placesOf(header, rows, features, count)
	if err != nil {
		return nil, err
	}
	var values [][]float64
	for _, name := range columns {
		at := slices.Index(header, name)
		if at < 0 {
			return nil, fmt.Errorf("no column is named %q, only %q", name, header)
		}
		column := make([]float64, count)
		for i, place := range places {
			if column[i], err = strconv.ParseFloat(strings.TrimSpace(rows[place][at]), 64); err != nil {
				return nil, fmt.Errorf("row %d, %s: %q is not a number", place+1, name, rows[place][at])
			}
		}
		values = append(values, column)
	}
	return values, nil
}

// placesOf says in which row each feature is.
func placesOf(header []string, rows [][]string, features []string, count int) ([]int, error) {
	places := make([]int, count)
	at := slices.Index(header, featureColumn)
	if at < 0 || features == nil {
		if len(rows) != count {
			return nil, fmt.Errorf("%d rows below the header for %d features", len(rows), count)
		}
		for i := range places {
			places[i] = i
		}
		return places, nil
	}
	known := map[string]int{}
	for i, row := range rows {
		name := strings.TrimSpace(row[at])
		if _, twice := known[name]; twice {
			return nil, fmt.Errorf("row %d: feature %q is given twice", i+1, name)
		}
		known[name] = i
	}
	for i, name := range features {
		place, ok := known[name]
		if !ok {
			return nil, fmt.Errorf("no row is of the feature %q of the data", name)
		}
		places[i] = place
	}
	return places, nil
}

func trimmed(fields []string) []string {
	for i, f := range fields {
		fields[i] = strings.TrimSpace(f)
	}
	return fields
}
