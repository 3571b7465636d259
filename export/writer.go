package export

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/tracker/series"
)

// A RowWriter writes rows of cells. Close finishes the file but does not close the underlying
// writer.
type RowWriter interface {
	Write(row []Cell) error
	Close() error
}

// WriteRows writes all rows of the table.
func (t Table) WriteRows(w RowWriter) error {
	for _, row := range t.Rows {
		if err := w.Write(row); err != nil {
			return err
		}
	}
	return nil
}

// Printable returns the columns and the fill function of a table with their texts made safe to
// print on a terminal.
func Printable(columns []Column, fill func(RowWriter) error) ([]Column, func(RowWriter) error) {
	columns = slices.Clone(columns)
	for i, c := range columns {
		columns[i].Name = input.Printable(c.Name)
	}
	return columns, func(w RowWriter) error {
		return fill(printableWriter{w})
	}
}

// A printableWriter makes the texts of rows safe to print.
type printableWriter struct{ RowWriter }

func (p printableWriter) Write(row []Cell) error {
	row = slices.Clone(row)
	for i, cell := range row {
		row[i].text = input.Printable(cell.text)
	}
	return p.RowWriter.Write(row)
}

type csvWriter struct {
	*csv.Writer
	columns []Column
	record  []string
}

// NewCSV returns a writer of comma-separated values with a header line. Empty cells stay empty,
// non-finite numbers are NaN, +Inf and -Inf, and numbers read back to the same bits. An apostrophe
// precedes a text that a spreadsheet would take for a formula.
func NewCSV(w io.Writer, columns []Column) (RowWriter, error) {
	c := &csvWriter{csv.NewWriter(w), columns, make([]string, len(columns))}
	for i, column := range columns {
		c.record[i] = Guarded(column.Name)
	}
	return c, c.Writer.Write(c.record)
}

func (c *csvWriter) Write(row []Cell) error {
	for i, cell := range row {
		switch {
		case !cell.filled:
			c.record[i] = ""
		case c.columns[i].Type == Integer:
			c.record[i] = strconv.FormatInt(cell.integer, 10)
		case c.columns[i].Type == Number:
			c.record[i] = strconv.FormatFloat(cell.number, 'g', -1, 64)
		default:
			c.record[i] = Guarded(cell.text)
		}
	}

	return c.Writer.Write(c.record)
}

// Guarded returns a text for a CSV cell. It prepends an apostrophe if a spreadsheet would take the
// text for a formula, which names in files from others could contain. Numbers are left alone.
func Guarded(text string) string {
	// Excel also accepts the full-width signs of East Asian keyboards.
	first, _ := utf8.DecodeRuneInString(text)
	if text == "" || !strings.ContainsRune("=+-@＝＋－＠\t\r\n", first) {
		return text
	}
	// A negative number also begins with a minus but is no formula.
	_, err := strconv.ParseFloat(text, 64)
	if err == nil {
		return text
	}
	return "'" + text
}

func (c *csvWriter) Close() error {
	c.Flush()
	return c.Error()
}

type jsonWriter struct {
	out     *bufio.Writer
	columns []Column
	names   [][]byte // encoded as JSON
	line    []byte
}

// NewJSONL returns a writer of one JSON object per line. Empty cells are null; NaN and infinities
// are strings, as [series.Float] encodes them.
func NewJSONL(w io.Writer, columns []Column) (RowWriter, error) {
	j := &jsonWriter{out: bufio.NewWriterSize(w, 1<<16), columns: columns}
	for _, c := range columns {
		name, err := json.Marshal(c.Name)
		if err != nil {
			return nil, err
		}
		j.names = append(j.names, name)
	}
	return j, nil
}

func (j *jsonWriter) Write(row []Cell) error {
	j.line = j.line[:0]
	for i, cell := range row {
		value, err := cell.json(j.columns[i].Type)
		if err != nil {
			return err
		}

		// A comma precedes every name; the first comma is later replaced by the opening brace.
		j.line = append(append(append(j.line, ','), j.names[i]...), ':')
		j.line = append(j.line, value...)
	}

	j.line[0] = '{'
	j.line = append(j.line, "}\n"...)
	_, err := j.out.Write(j.line)

	return err
}

func (c Cell) json(t Type) ([]byte, error) {
	switch {
	case !c.filled:
		return []byte("null"), nil
	case t == Integer:
		return strconv.AppendInt(nil, c.integer, 10), nil
	case t == Number:
		return series.Float(c.number).MarshalJSON()
	}
	return json.Marshal(c.text)
}

func (j *jsonWriter) Close() error {
	return j.out.Flush()
}
