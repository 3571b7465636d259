package series

import (
	"bufio"
	"encoding/json"
	"io"
)

// Writer writes a series as JSON Lines: the header, then one point a line. It buffers: points reach
// the underlying writer at the latest on Flush.
type Writer struct {
	buf *bufio.Writer
	enc *json.Encoder
}

// NewWriter returns a Writer that appends points to w, which already holds a header or gets
// one by WriteHeader.
func NewWriter(w io.Writer) *Writer {
	buf := bufio.NewWriterSize(w, 1<<16)
	return &Writer{buf: buf, enc: json.NewEncoder(buf)}
}

// WriteHeader writes the first line of a new series.
func (w *Writer) WriteHeader(h Header) error {
	h.Format = Format
	return w.enc.Encode(h)
}

// Append writes the samples measured at the end of an epoch, in the order given.
func (w *Writer) Append(epoch, step int, samples ...Sample) error {
	for _, s := range samples {
		err := w.enc.Encode(Point{Epoch: epoch, Step: step, Sample: s})
		if err != nil {
			return err
		}
	}
	return nil
}

// Flush hands everything appended so far to the underlying writer.
func (w *Writer) Flush() error { return w.buf.Flush() }
