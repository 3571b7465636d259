package dataset

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/input"
)

// loadCSV reads the user's tables. The name of the data set is that of the training file.
func loadCSV(o Options) (*Dataset, error) {
	options := TableOptions{Label: o.Label, Columns: o.Columns}
	file, err := o.find("train", o.Train)
	if err != nil {
		return nil, err
	}
	train, err := ReadTable(file, options)
	if err != nil {
		return nil, err
	}
	if o.Test == "" {
		return assemble(filepath.Base(o.Train), train, nil, o)
	}

	file, err = o.find("test", o.Test)
	if err != nil {
		return nil, err
	}
	test, err := ReadTable(file, options)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(test.Features, train.Features) {
		return nil, fmt.Errorf("the features of %s are %s, those of %s are %s",
			o.Test, input.QuoteNames(test.Features), o.Train, input.QuoteNames(train.Features))
	}
	return assemble(filepath.Base(o.Train), train, test, o)
}

// readCSV reads a CSV file, unpacked if its name ends in .gz.
func readCSV(path string, o TableOptions) (*Table, error) {
	f, err := input.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if !strings.HasSuffix(path, ".gz") {
		return parseCSV(f, o)
	}

	unpacked, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return parseCSV(unpacked, o)
}

// parseCSV reads a header and at least one row, in UTF-8, or in UTF-16 if a mark of the order of
// bytes says so. Columns have commas between them, or semicolons or tabs, with which numbers may
// have decimal commas. Features are finite numbers; labels are any text but the empty one. White
// space around either is ignored. It takes the rows one by one, so that memory is that of the
// numbers.
func parseCSV(r io.Reader, o TableOptions) (*Table, error) {
	text, err := decodeText(r)
	if err != nil {
		return nil, err
	}
	records := csv.NewReader(text)
	records.Comma = separatorOf(text)
	header, err := records.Read()
	if err != nil {
		return nil, fmt.Errorf("no header: %w", err)
	}
	trimFields(header)
	err = checkText(header, records)
	if err == nil {
		err = checkHeader(header)
	}
	if err != nil {
		return nil, err
	}

	roles, err := rolesOf(header, o)
	if err != nil {
		return nil, err
	}
	rows := &rowReader{records: records, header: header, roles: roles}
	records.ReuseRecord = true
	for {
		record, err := records.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = rows.addRow(record)
		}
		if err != nil {
			return nil, err // has line and column
		}
	}
	return rows.table(o)
}

// decodeText returns a text in UTF-8 without the mark of the order of bytes.
func decodeText(r io.Reader) (*bufio.Reader, error) {
	const room = 1 << 16
	text := bufio.NewReaderSize(r, room)
	start, err := text.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(start, []byte(byteOrderMark)):
		text.Discard(len(byteOrderMark)) // they are there
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		decoder := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()
		return bufio.NewReaderSize(decoder.Reader(text), room), nil
	}
	return text, nil
}

// byteOrderMark is what some spreadsheets put before the header.
const byteOrderMark = "\ufeff"

// separatorOf looks for what stands between the columns in the first line: commas, or else
// semicolons or tabs.
func separatorOf(text *bufio.Reader) rune {
	start, _ := text.Peek(text.Size()) // less is enough
	line, _, _ := bytes.Cut(start, []byte("\n"))
	for _, separator := range ",;\t" {
		if bytes.ContainsRune(line, separator) {
			return separator
		}
	}
	return ','
}

// checkText refuses what is not UTF-8: other encodings would turn different labels into one.
func checkText(record []string, records *csv.Reader) error {
	for i, field := range record {
		line, column := records.FieldPos(i)
		if !utf8.ValidString(field) {
			return fmt.Errorf("line %d, column %d: %s is not UTF-8", line, column, input.Quote(field))
		}
		if strings.Contains(field, "\x00") {
			return fmt.Errorf("line %d, column %d: NUL bytes, as in UTF-16: save the file as UTF-8", line, column)
		}
	}
	return nil
}

// rowReader gathers the rows of a table.
type rowReader struct {
	records *csv.Reader
	header  []string
	roles   columnRoles

	values []float64
	labels labelCollector
	rows   int
	quota  input.Quota
}

// addRow appends the record that has just been read.
func (r *rowReader) addRow(record []string) error {
	err := r.quota.Take(len(r.roles.features))
	if err != nil {
		return err
	}
	trimFields(record)
	for i, field := range record {
		role := r.roles.role[i]
		switch {
		case role == noColumn:
			continue
		case role == labelColumn:
			err = r.addLabel(field, i)
		default:
			var v float64
			v, err = parseNumber(field, r.records.Comma != ',')
			r.values = append(r.values, v)
		}
		if err != nil {
			line, column := r.records.FieldPos(i)
			return fmt.Errorf("line %d, column %d (%s): %w", line, column, input.Printable(r.header[i]), err)
		}
	}
	r.rows++
	return nil
}

// addLabel appends the label in a column of the record.
func (r *rowReader) addLabel(text string, column int) error {
	if text == "" {
		return errors.New("the label is empty")
	}
	if !utf8.ValidString(text) {
		return fmt.Errorf("%s is not UTF-8", input.Quote(text))
	}
	line, _ := r.records.FieldPos(column)
	return r.labels.collect(text, line, &r.quota)
}

// table returns what has been read.
func (r *rowReader) table(o TableOptions) (*Table, error) {
	if r.rows == 0 {
		return nil, errNoRows
	}
	t := &Table{X: mat.NewDense(r.rows, len(r.roles.features), r.values), Features: r.roles.features}
	if o.Labels != DropLabels && slices.Contains(r.roles.role, labelColumn) {
		t.Labels = r.labels.labels(func(line int) string { return fmt.Sprintf("line %d", line) })
	}
	return t, nil
}

// trimFields takes the white space off the fields of a record.
func trimFields(record []string) {
	for i, field := range record {
		record[i] = strings.TrimSpace(field)
	}
}
