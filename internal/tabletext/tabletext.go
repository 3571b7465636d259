// Package tabletext reads tables of text: CSV files as spreadsheets and programs in different
// countries write them. It imports only internal/input and internal/decimal.
package tabletext

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"

	"github.com/liptrack/liptrack/internal/decimal"
	"github.com/liptrack/liptrack/internal/input"
)

// Reader reads a table record by record.
type Reader struct {
	// Header holds the names of the columns, from the first record.
	Header []string

	records *csv.Reader
	room    *room
}

// NewReader reads the header of a table in UTF-8, or in UTF-16 if it begins with a byte order mark.
// Columns are separated by commas, semicolons, tabs or bars, whichever is most frequent in the
// first line; with any but commas, numbers may have decimal commas. Lines end with LF, CRLF or CR.
// White space around a field is ignored, and so is a first line "sep=;" for Excel.
func NewReader(r io.Reader) (*Reader, error) {
	limited := &room{r: r}
	limited.empty()
	decoded, err := decode(limited)
	if err != nil {
		return nil, err
	}

	text := bufio.NewReaderSize(lineEnds{decoded}, buffered)
	t := &Reader{records: csv.NewReader(text), room: limited}
	t.records.Comma = separatorOf(text)
	// Rows are read one by one, and callers copy what they keep.
	t.records.ReuseRecord = true

	header, err := t.readHeader()
	if err != nil {
		return nil, err
	}

	trim(header)
	for i, name := range header {
		err := checkText(name)
		if err != nil {
			return nil, t.withinHeader(i, err)
		}

		t.Header = append(t.Header, strings.Clone(name))
	}

	return t, nil
}

// readHeader returns the first record, or the second if the first is Excel's "sep=" line.
func (t *Reader) readHeader() ([]string, error) {
	header, err := t.records.Read()
	if err == nil && len(header) == 2 && strings.EqualFold(header[0], "sep=") && header[1] == "" {
		t.records.FieldsPerRecord = 0 // to be set by the next record
		header, err = t.records.Read()
	}

	if errors.Is(err, io.EOF) {
		return nil, errors.New("no header: the file is empty")
	}
	if err != nil {
		return nil, fmt.Errorf("no header: %w", err)
	}

	return header, nil
}

// Next returns the fields of the next record, or io.EOF at the end. They are valid until the next
// call. Errors name the line.
func (t *Reader) Next() ([]string, error) {
	t.room.empty()
	record, err := t.records.Read()
	if errors.Is(err, csv.ErrFieldCount) {
		return nil, t.wrongCount(len(record))
	}

	trim(record)

	return record, err
}

// decimalCommas is a hint for errors that decimal commas may have caused.
const decimalCommas = " (decimal commas need semicolons, tabs or bars between the columns)"

// wrongCount returns the error for a record whose number of columns differs from the header's.
func (t *Reader) wrongCount(count int) error {
	line, want := t.Line(0), len(t.Header)
	if count < want {
		return fmt.Errorf(
			"line %d has %d of the header's %d columns: there is no column %d (%s)",
			line,
			count,
			want,
			count+1,
			input.Printable(t.Header[count]),
		)
	}

	hint := ""
	if t.records.Comma == ',' {
		hint = decimalCommas
	}

	return fmt.Errorf(
		"line %d has %d columns, the header %d: column %d has no name%s",
		line,
		count,
		want,
		want+1,
		hint,
	)
}

// Limits on the bytes and the columns of a record.
const (
	mostRecord  = 32 << 20
	mostColumns = 1 << 20
)

// room reads until the limits of a record are used up. Buffers read ahead of the current record,
// but they are small compared with the limits.
type room struct {
	r              io.Reader
	bytes, columns int
}

// empty resets the limits for another record.
func (r *room) empty() {
	r.bytes, r.columns = mostRecord, mostColumns
}

func (r *room) Read(b []byte) (int, error) {
	if r.bytes <= 0 || r.columns <= 0 {
		return 0, fmt.Errorf(
			"a row exceeds the limit of %d bytes or %d columns",
			mostRecord,
			mostColumns,
		)
	}

	n, err := r.r.Read(b[:min(len(b), r.bytes)])
	r.bytes -= n
	for _, separator := range separators {
		r.columns -= bytes.Count(b[:n], []byte{byte(separator)})
	}

	return n, err
}

// Line returns the line, from 1, in which a field of the current record begins.
func (t *Reader) Line(field int) int {
	line, _ := t.records.FieldPos(field)
	return line
}

// Number parses a field of the current record as a finite number.
func (t *Reader) Number(record []string, field int) (float64, error) {
	v, err := ParseNumber(record[field], t.records.Comma != ',')
	if err != nil {
		return 0, t.Within(field, err)
	}
	return v, nil
}

// Text returns a field of the current record. It is an error if the field is empty or not UTF-8.
func (t *Reader) Text(record []string, field int) (string, error) {
	if record[field] == "" {
		return "", t.Within(field, errors.New("the cell is empty"))
	}
	err := checkText(record[field])
	if err != nil {
		return "", t.Within(field, err)
	}
	return record[field], nil
}

// Within adds to an error the line and the column of a field, and the column's name.
func (t *Reader) Within(field int, err error) error {
	return fmt.Errorf(
		"line %d, column %d (%s): %w",
		t.Line(field),
		field+1,
		input.Printable(t.Header[field]),
		err,
	)
}

// withinHeader does the same for a field of the header itself.
func (t *Reader) withinHeader(field int, err error) error {
	return fmt.Errorf("line %d, column %d: %w", t.Line(field), field+1, err)
}

// buffered is the size of the buffers in bytes.
const buffered = 1 << 16

// decode returns a reader of the text in UTF-8, without its byte order mark.
func decode(r io.Reader) (*bufio.Reader, error) {
	text := bufio.NewReaderSize(r, buffered)
	start, err := text.Peek(len(byteOrderMark))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}

	switch {
	case bytes.HasPrefix(start, []byte(byteOrderMark)):
		_, err := text.Discard(len(byteOrderMark))
		return text, err
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		decoder := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()
		return bufio.NewReaderSize(decoder.Reader(text), buffered), nil
	}

	return text, nil
}

// byteOrderMark is the mark that some spreadsheets write before the header.
const byteOrderMark = "\ufeff"

// separators are the possible separators of columns. If two are equally frequent, the first one
// wins.
const separators = ",;\t|"

// separatorOf returns the separator that is most frequent in the first line, outside quotes.
func separatorOf(text *bufio.Reader) rune {
	start, _ := text.Peek(text.Size()) // a short text gives an error and all of it
	line, _, _ := bytes.Cut(start, []byte("\n"))
	best, most := ',', 0
	for _, separator := range separators {
		count := 0
		for i, part := range bytes.Split(line, []byte{'"'}) {
			if i%2 == 0 { // outside quotes
				count += bytes.Count(part, []byte{byte(separator)})
			}
		}

		if count > most {
			best, most = separator, count
		}
	}

	return best
}

// lineEnds replaces line ends of a lone CR, as on old Macs, by LF. It leaves CRLF alone.
type lineEnds struct{ text *bufio.Reader }

func (r lineEnds) Read(b []byte) (int, error) {
	n, err := r.text.Read(b)
	for i := 0; i < n; i++ {
		found := bytes.IndexByte(b[i:n], '\r')
		if found < 0 {
			break
		}

		i += found
		next := b[i+1 : n]
		if len(next) == 0 {
			next, _ = r.text.Peek(1) // empty at the end of the text
		}
		if len(next) == 0 || next[0] != '\n' {
			b[i] = '\n'
		}
	}

	return n, err
}

// checkText refuses text that is not UTF-8: different texts in other encodings could become equal.
func checkText(field string) error {
	if !utf8.ValidString(field) {
		return fmt.Errorf("%s is not UTF-8", input.Quote(field))
	}
	if strings.Contains(field, "\x00") {
		return errors.New("it has NUL bytes, as in UTF-16: save the file as UTF-8")
	}
	return nil
}

// trim removes the white space around the fields of a record.
func trim(record []string) {
	for i, field := range record {
		record[i] = strings.TrimSpace(field)
	}
}

// ParseNumber parses a finite decimal number. With decimalComma, a comma may stand for the point.
func ParseNumber(text string, decimalComma bool) (float64, error) {
	plain := text
	// A number with several commas, or with a comma and a point, has thousands separators and is
	// ambiguous, so it is refused.
	if decimalComma && strings.Count(text, ",") == 1 && !strings.Contains(text, ".") {
		plain = strings.Replace(text, ",", ".", 1)
	}

	v, err := decimal.Number(plain)
	if err == nil {
		return v, nil
	}

	switch {
	case text == "":
		return 0, errors.New("the cell is empty: want a finite number")
	case !decimalComma && strings.Contains(text, ","):
		return 0, fmt.Errorf("%s is not a finite number%s", input.Quote(text), decimalCommas)
	}

	return 0, fmt.Errorf("%s is not a finite number", input.Quote(text))
}
