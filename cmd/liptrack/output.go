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

// A tableOutput is where a table goes, and in which format.
type tableOutput struct{ format, path string }

// tableWriters make the formats of tables.
var tableWriters = []struct {
	name string
	open func(io.Writer, []export.Column) (export.RowWriter, error)
}{
	{"csv", export.NewCSV},
	{"jsonl", export.NewJSONL},
	{"parquet", export.NewParquet},
}

// resolve settles the format: as asked for, or as the file is called, or csv; others are formats
// that are not of tables.
func (o *tableOutput) resolve(others ...string) error {
	known := append(tableFormats(), others...)
	// An ending that is no format, as of table.txt, gives the default.
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

	// Parquet and event files are no text for a terminal or a pipe.
	if o.path == "" && o.format != "csv" && o.format != "jsonl" {
		return fmt.Errorf("--format %s is no text to print: say with -o where it goes",
			o.format)
	}

	return nil
}

// write fills a table, in the file or on the standard output; a file is replaced once it is whole.
// The format has been settled.
func (o tableOutput) write(
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

	// A terminal gets text from files of others, in which control characters could be.
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
