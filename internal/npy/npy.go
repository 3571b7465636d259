// Package npy reads arrays in NumPy's format: npy files, and the zip archives of them that
// numpy.savez writes. It is safe to use on hostile files.
//
// Reading an array takes the memory of its numbers as float64, at most input.MaxBytes, and up to as
// much again while they are read or reordered. Compressed data are decompressed piece by piece.
package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/internal/input"
)

// Array is a NumPy array with its values in C order (last index fastest). A scalar has an empty
// shape.
type Array struct {
	Shape  []int
	Values []float64
}

// Read reads an npy file: an array of floats, integers or booleans.
func Read(r io.Reader) (*Array, error) {
	h, err := readHead(r)
	if err != nil {
		return nil, err
	}
	return h.readValues(r, new(input.Quota))
}

// head describes an array whose values have not been read yet.
type head struct {
	header
	decoder input.Decoder
	count   int // number of values
}

// readHead reads an npy file up to its values, and checks its type and size.
func readHead(r io.Reader) (head, error) {
	text, err := readHeader(r)
	if err != nil {
		return head{}, err
	}

	h, err := parseHeader(text)
	if err != nil {
		return head{}, err
	}

	decoder, ok := kinds[h.kind]
	if !ok {
		return head{}, fmt.Errorf(
			"type %s is not a float, an integer or bool",
			input.Quote(h.kind),
		)
	}

	// The size is checked before anything is allocated, since a header may claim any shape.
	n, ok := input.Elements(h.shape)
	if !ok {
		return head{}, fmt.Errorf(
			"shape %v exceeds the limit of %d numbers",
			h.shape,
			input.MaxElements,
		)
	}

	return head{h, decoder, n}, nil
}

// readValues reads the values that follow the head and counts them towards the quota of their file.
func (h head) readValues(r io.Reader, quota *input.Quota) (*Array, error) {
	err := quota.Take(h.count)
	if err != nil {
		return nil, fmt.Errorf("shape %v: %w", h.shape, err)
	}

	values, err := h.decoder.Read(r, h.count, h.order)
	if err != nil {
		return nil, fmt.Errorf("shape %v of type %s: %w", h.shape, h.kind, err)
	}

	// Arrays with one axis, or none, are the same in both orders.
	if h.fortran && len(h.shape) > 1 && h.count > 0 {
		values = cOrder(values, h.shape)
	}

	return &Array{h.shape, values}, nil
}

// kinds holds the supported NumPy types by their names in headers.
var kinds = map[string]input.Decoder{
	"f2": input.DecoderBy(input.Float16),
	"f4": input.DecoderOf[float32](),
	"f8": input.DecoderOf[float64](),
	"i1": input.DecoderOf[int8](),
	"i2": input.DecoderOf[int16](),
	"i4": input.DecoderOf[int32](),
	"i8": input.DecoderOf[int64](),
	"u1": input.DecoderOf[uint8](),
	"u2": input.DecoderOf[uint16](),
	"u4": input.DecoderOf[uint32](),
	"u8": input.DecoderOf[uint64](),
	"b1": input.DecoderOf[uint8](),
}

// A file begins with magic, two bytes of version, and the length of the header: two bytes in
// version 1, four in later ones.
const (
	magic     = "\x93NUMPY"
	maxHeader = 1 << 16 // numpy itself warns beyond 10,000
)

var errNotWhole = errors.New("not a whole npy file of version 1, 2 or 3")

// readHeader reads a file up to its data and returns the dictionary that describes them.
func readHeader(r io.Reader) (string, error) {
	var start [len(magic) + 2]byte
	_, err := io.ReadFull(r, start[:])
	if err != nil {
		return "", errNotWhole
	}

	if string(start[:len(magic)]) != magic {
		return "", errors.New("it does not begin with the magic string of NumPy files")
	}

	// NumPy enhancement proposal 1: two bytes of length in version 1, four in versions 2 and 3.
	size := 2
	switch start[len(magic)] {
	case 1:
	case 2, 3:
		size = 4
	default:
		return "", errNotWhole
	}

	var length [4]byte
	_, err = io.ReadFull(r, length[:size])
	if err != nil {
		return "", errNotWhole
	}

	n := binary.LittleEndian.Uint32(length[:])
	if n > maxHeader {
		return "", fmt.Errorf(
			"the header claims %d bytes, more than the limit of %d",
			n,
			maxHeader,
		)
	}

	header := make([]byte, n)
	_, err = io.ReadFull(r, header)
	if err != nil {
		return "", errNotWhole
	}

	return string(header), nil
}

// header describes the data of a file.
type header struct {
	kind    string // letter and number of bytes, such as f8
	order   binary.ByteOrder
	fortran bool
	shape   []int
}

// headerEntry matches one entry of the dictionary: a key and its value, a Python string, boolean or
// tuple of integers. wholeHeader matches the whole dictionary.
const headerEntry = `\s*['"](\w+)['"]\s*:\s*('[^']*'|"[^"]*"|True|False|\([\d\s,]*\))\s*`

var (
	headerEntries = regexp.MustCompile(headerEntry)
	wholeHeader   = regexp.MustCompile(
		`^\{` + headerEntry + `(?:,` + headerEntry + `){2},?\s*\}\s*$`,
	)
	headerType = regexp.MustCompile(`^['"]([<>|=]?)([a-z]\d+)['"]$`)
)

// parseHeader parses the dictionary, whose keys may be in any order.
func parseHeader(text string) (header, error) {
	// Only the three entries that NumPy writes are accepted, and nothing is evaluated.
	if !wholeHeader.MatchString(text) {
		return header{}, fmt.Errorf("malformed npy header %s",
			input.Quote(strings.TrimSpace(text)))
	}

	entries := map[string]string{}
	for _, m := range headerEntries.FindAllStringSubmatch(text, -1) {
		entries[m[1]] = m[2]
	}

	h := header{fortran: entries["fortran_order"] == "True", order: binary.LittleEndian}
	kind := headerType.FindStringSubmatch(entries["descr"])
	shape, isTuple := strings.CutPrefix(entries["shape"], "(")
	what := contentOf(entries["descr"])
	if what != "" {
		return header{}, fmt.Errorf("it holds %s: save it as numbers", what)
	}

	if kind == nil || !isTuple || entries["fortran_order"] == "" {
		return header{}, fmt.Errorf(
			"npy header %s: want a type, fortran_order and a shape, of an array of plain numbers",
			input.Quote(strings.TrimSpace(text)),
		)
	}

	// Of "<", ">", "|" and "=", only ">" means big-endian.
	h.kind = kind[2]
	if kind[1] == ">" {
		h.order = binary.BigEndian
	}

	// A tuple with one size is written as (5,), and the shape of a scalar as ().
	for word := range strings.SplitSeq(strings.TrimSuffix(shape, ")"), ",") {
		word = strings.TrimSpace(word)
		if word == "" {
			continue
		}

		n, err := strconv.Atoi(word)
		if err != nil {
			return header{}, fmt.Errorf(
				"npy header: size %s in the shape is not a number",
				input.Quote(word),
			)
		}

		h.shape = append(h.shape, n)
	}

	return h, nil
}

// contentOf describes what an array of a non-numeric type holds; it returns "" for any other type.
func contentOf(descr string) string {
	switch strings.Trim(descr, `'"<>|=0123456789`) {
	case "O":
		return "Python objects (dtype object)"
	case "U", "S", "a":
		return "text"
	}
	return ""
}

// cOrder returns values in C order, given in Fortran order (first index fastest).
func cOrder(values []float64, shape []int) []float64 {
	out := make([]float64, 0, len(values))
	var walk func(axis, offset, stride int)
	walk = func(axis, offset, stride int) {
		if axis == len(shape) {
			out = append(out, values[offset])
			return
		}

		for i := range shape[axis] {
			walk(axis+1, offset+i*stride, stride*shape[axis])
		}
	}

	walk(0, 0, 1)

	return out
}
