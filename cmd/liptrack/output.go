package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/export"
	"github.com/liptrack/liptrack/internal/wholefile"
)

// A tableOutput is the destination and format of a table.
type tableOutput struct{ format, path string }

// tableWriters holds the table formats.
var tableWriters = []struct {
	name string
	open func(io.Writer, []export.Column) (export.RowWriter, error)
}{
	{"csv", export.NewCSV},
	{"jsonl", export.NewJSONL},
	{"parquet", export.NewParquet},
}

// resolve sets the format if it was not given: by the extension of the file, or else csv. It fails
// if the format is neither a table format nor one of others.
func (o *tableOutput) resolve(others ...string) error {
	known := append(tableFormats(), others...)
	// An extension that is not a format, as in table.txt, means the default.
	if o.format == "" {
		o.format = "csv"
		ending := strings.TrimPrefix(filepath.Ext(o.path), ".")
		if slices.Contains(known, ending) {
			o.format = ending
		}
	}

	if !slices.Contains(known, o.format) {
		return fmt.Errorf("--format %s: want one of %s", o.format, strings.Join(known, ", "))
	}

	// Parquet and event files are binary and cannot be printed.
	if o.path == "" && o.format != "csv" && o.format != "jsonl" {
		return fmt.Errorf("--format %s is binary: give a file with -o", o.format)
	}

	return nil
}

// writeTable writes a table to the file or to standard output. It replaces the file once the new
// one is complete. resolve must have been called before.
func (o tableOutput) writeTable(
	stdout io.Writer,
	columns []export.Column,
	fill func(export.RowWriter) error,
) error {
	to := func(w io.Writer) error {
		format := slices.Index(tableFormats(), o.format)
		rows, err := tableWriters[format].open(w, columns)
		if err != nil {
			return err
		}
		if err := fill(rows); err != nil {
			return err
		}
		return rows.Close()
	}

	// Texts from other people's files could contain control characters for the terminal.
	if o.path == "" {
		columns, fill = export.Printable(columns, fill)
		return to(stdout)
	}

	if err := wholefile.Write(o.path, to); err != nil {
		return err
	}

	_, err := fmt.Fprintln(stdout, o.path)

	return err
}
