package series

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"unique"

	"github.com/liptrack/liptrack/internal/input"
)

// Table is a series read back: the header and the points, indexed by metric and label.
type Table struct {
	Header Header
	// Truncated means that the last line was incomplete (the run was killed while writing) and left
	// out.
	Truncated bool
	// State is the run's state, and Why is the reason if it failed. They come from the run's folder
	// (package rundir), not from its series, and are empty until they are read from there.
	State, Why string
	// Changed lists, as key=value, the settings that differ from the description.
	Changed []string
	// Shapes are the shapes of the points and of each layer's outputs, if layers have planes.
	Shapes []string
	// Clock records how long the run took; nil if the run's folder does not record it.
	Clock *Clock
	// ClassNames are the names of the classes, from the run's folder; nil if they are numbers.
	ClassNames []string

	curves map[string]map[string]*Curve
	order  []string
	lines  int // read so far, the header's included
}

// Curve is one metric with one label over epochs, in the order measured.
type Curve struct {
	Metric, Label string
	Kind          Kind
	Epochs, Steps []int
	Values        []float64
	// Warnings maps an index into Values to the warning about that value.
	Warnings map[int]string
	// Places maps an index into Values to where the value is attained.
	Places map[int]*Place
}

// Last returns the last value and its epoch; ok is false for an empty or absent curve.
func (c *Curve) Last() (value float64, epoch int, ok bool) {
	if c == nil || len(c.Values) == 0 {
		return 0, 0, false
	}
	i := len(c.Values) - 1
	return c.Values[i], c.Epochs[i], true
}

// At returns the value at the given epoch; ok is false if there is none.
func (c *Curve) At(epoch int) (value float64, ok bool) {
	if c == nil {
		return 0, false
	}
	i, ok := slices.BinarySearch(c.Epochs, epoch)
	if !ok {
		return 0, false
	}
	return c.Values[i], true
}

// NewTable returns an empty table with the given header, to be filled by Add.
func NewTable(h Header) *Table {
	return &Table{Header: h, curves: map[string]map[string]*Curve{}}
}

// Add appends a point. Epochs of one curve must come in ascending order.
func (t *Table) Add(p Point) {
	labels := t.curves[p.Metric]
	if labels == nil {
		labels = map[string]*Curve{}
		t.curves[p.Metric] = labels
		t.order = append(t.order, p.Metric)
	}

	c := labels[p.Label]
	if c == nil {
		c = &Curve{
			Metric:   p.Metric,
			Label:    p.Label,
			Kind:     p.Kind,
			Warnings: map[int]string{},
			Places:   map[int]*Place{},
		}
		labels[p.Label] = c
	}

	// Most points have neither, so maps by index take less memory than slices.
	if p.Warning != "" {
		c.Warnings[len(c.Values)] = p.Warning
	}

	if p.At != nil {
		c.Places[len(c.Values)] = p.At
	}

	c.Epochs = append(c.Epochs, p.Epoch)
	c.Steps = append(c.Steps, p.Step)
	c.Values = append(c.Values, float64(p.Value))
}

// Metrics lists the metrics in the order in which they first appeared.
func (t *Table) Metrics() []string {
	return slices.Clone(t.order)
}

// Labels lists the labels of a metric in natural order: numbers inside labels sort as numbers.
func (t *Table) Labels(metric string) []string {
	return slices.SortedFunc(maps.Keys(t.curves[metric]), CompareNatural)
}

// Curve returns the points of one metric and label, nil if there are none.
func (t *Table) Curve(metric, label string) *Curve {
	return t.curves[metric][label]
}

// ReadFile reads a series file; see Read.
func ReadFile(path string) (*Table, error) {
	f, err := input.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading series: %w", err)
	}
	defer f.Close()

	t, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("reading series %s: %w", path, err)
	}

	return t, nil
}

// ErrNoHeader is the error of reading a series whose header is incomplete, such as a series that is
// just being started.
var ErrNoHeader = errors.New("no header: the file is empty or cut within its first line")

// Read reads a header and points. If the last line has no newline, because the writer was killed,
// it is dropped and Truncated is set. Any other malformed line is an error that names its number.
func Read(r io.Reader) (*Table, error) {
	t := &Table{}
	if _, err := t.Extend(r); err != nil {
		return nil, err
	}
	if t.lines == 0 {
		return nil, ErrNoHeader
	}
	return t, nil
}

// Extend continues to read a series as Read does, from after the last whole line in the table; a
// zero Table begins with the header. It returns the number of bytes in the whole lines that it
// added. The next Extend must continue there when the series has grown.
func (t *Table) Extend(r io.Reader) (n int64, err error) {
	in := bufio.NewReaderSize(r, 1<<16)
	for {
		line, err := input.ReadLine(in)
		// A line without a newline may still be in the process of being written, so it is not
		// counted.
		if err == io.EOF {
			t.Truncated = len(bytes.TrimSpace(line)) > 0
			return n, nil
		}

		if err == nil {
			err = t.addLine(line)
		}

		if err != nil {
			return n, fmt.Errorf("line %d: %w", t.lines+1, err)
		}

		t.lines++
		n += int64(len(line))
	}
}

func (t *Table) addLine(line []byte) error {
	if t.lines == 0 {
		h, err := parseHeader(line)
		if err == nil {
			*t = *NewTable(h)
		}

		return err
	}

	var p Point
	err := input.UnmarshalJSON(line, &p)
	if err != nil {
		return err
	}

	if p.Metric == "" {
		return fmt.Errorf("a point without a metric")
	}
	if p.Epoch < 0 || p.Step < 0 {
		return fmt.Errorf("epoch %d, step %d: neither can be negative", p.Epoch, p.Step)
	}

	t.Add(p)

	return nil
}

func parseHeader(line []byte) (Header, error) {
	var h Header
	err := input.UnmarshalJSON(line, &h)
	if err != nil {
		return h, fmt.Errorf("not a series header: %w", err)
	}
	if h.Format != Format {
		return h, fmt.Errorf("series format %d, this program reads format %d",
			h.Format, Format)
	}

	// Thousands of runs have nearly the same settings. If equal strings share memory, they take
	// less of it and compare equal without being read.
	config := h.Config
	h.Config = make(map[string]string, len(config))
	for key, value := range config {
		h.Config[unique.Make(key).Value()] = unique.Make(value).Value()
	}

	return h, nil
}
