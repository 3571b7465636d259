package modelfile

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/liptrack/liptrack/internal/input"
)

// The layout of a MATLAB 5 file is specified in The MathWorks, "MAT-File Format": a header of 128
// bytes, followed by elements. An element is a tag (type and number of bytes) and data, padded to 8
// bytes.

const matHeader = 128

// The types of elements other than numbers.
const (
	matMatrix     = 14
	matCompressed = 15
)

// matTypes holds the types of elements with numbers.
var matTypes = map[uint32]input.Decoder{
	1:  input.DecoderOf[int8](),
	2:  input.DecoderOf[uint8](),
	3:  input.DecoderOf[int16](),
	4:  input.DecoderOf[uint16](),
	5:  input.DecoderOf[int32](),
	6:  input.DecoderOf[uint32](),
	7:  input.DecoderOf[float32](),
	9:  input.DecoderOf[float64](),
	12: input.DecoderOf[int64](),
	13: input.DecoderOf[uint64](),
}

// Classes of arrays. The classes from matDouble to matUint64 hold numbers.
const (
	matCell   = 1
	matDouble = 6
	matUint64 = 15
)

const matComplexFlag = 0x08

// matReader reads elements from data.
type matReader struct {
	order binary.ByteOrder
	data  []byte
}

// matArray is a variable or a cell of one. A cell's name is in MATLAB's notation, such as
// weights{1}.
type matArray struct {
	name  string
	class byte
	flags byte
	shape []int
	// content holds the elements after the name: numbers or cells.
	content matReader
}

var errMatTruncated = errors.New("it ends in the middle of an element")

// readMAT reads the variables of a MATLAB 5 file without decoding their content.
func readMAT(b []byte) ([]matArray, error) {
	r, err := matContent(b)
	if err != nil {
		return nil, err
	}

	var variables []matArray
	unpacked := 0
	for len(r.data) > 0 {
		kind, data, err := r.next()
		if err != nil {
			return nil, err
		}

		// Version 7 compresses each variable separately, as an element within an element.
		if kind == matCompressed {
			if kind, data, err = inflate(r.order, data); err != nil {
				return nil, err
			}
			if unpacked += len(data); unpacked > input.MaxBytes {
				return nil, fmt.Errorf(
					"it holds more than the limit of %d bytes",
					input.MaxBytes,
				)
			}
		}

		if kind != matMatrix {
			return nil, fmt.Errorf("an element of type %d instead of a variable", kind)
		}

		v, err := matReader{r.order, data}.array()
		if err != nil {
			return nil, fmt.Errorf("variable %d: %w", len(variables)+1, err)
		}

		variables = append(variables, v)
	}

	return variables, nil
}

// matContent checks the header and returns a reader of what follows it. The header gives the
// version and the byte order.
func matContent(b []byte) (matReader, error) {
	// Version 7.3 is HDF5 after a header of 512 bytes.
	if bytes.HasPrefix(b, []byte("MATLAB 7.3")) || isHDF5(b) || len(b) > 512 && isHDF5(b[512:]) {
		return matReader{}, errors.New(
			"files of version 7.3 (HDF5) are not supported: save with -v7, or with scipy.io.savemat",
		)
	}

	if len(b) < matHeader {
		return matReader{}, errors.New("it is shorter than the header of a MATLAB 5 file")
	}

	r := matReader{data: b[matHeader:]}
	// The version, 0x0100, and "MI", both in the byte order of the writer.
	switch string(b[matHeader-4 : matHeader]) {
	case "\x00\x01IM":
		r.order = binary.LittleEndian
	case "\x01\x00MI":
		r.order = binary.BigEndian
	default:
		return matReader{}, errors.New("it does not have the header of a MATLAB 5 file")
	}

	return r, nil
}

// next reads an element. Data of at most 4 bytes may be in the tag itself.
func (r *matReader) next() (kind uint32, data []byte, err error) {
	if len(r.data) < 8 {
		return 0, nil, errMatTruncated
	}

	kind, size := r.order.Uint32(r.data), uint64(r.order.Uint32(r.data[4:]))
	if small := kind >> 16; small != 0 {
		if small > 4 {
			return 0, nil, fmt.Errorf("a small element claims %d bytes", small)
		}

		data, r.data = r.data[4:4+small], r.data[8:]
		return kind & 0xffff, data, nil
	}

	// Compare without a sum, which a claimed size could overflow.
	if size > uint64(len(r.data)-8) {
		return 0, nil, errMatTruncated
	}

	data, r.data = r.data[8:8+size], r.data[8+size:]
	// Only compressed elements are not padded to 8 bytes.
	if kind != matCompressed {
		r.data = r.data[min((8-size%8)%8, uint64(len(r.data))):]
	}

	return kind, data, nil
}

// inflate decompresses the element within a compressed element.
func inflate(order binary.ByteOrder, packed []byte) (kind uint32, data []byte, err error) {
	z, err := input.Unpack(bytes.NewReader(packed), zlib.NewReader)
	if err != nil {
		return 0, nil, err
	}
	b, err := input.ReadAll(z)
	if err != nil {
		return 0, nil, fmt.Errorf("decompressing: %w", err)
	}
	return (&matReader{order, b}).next()
}

// array reads the head of an array: class and flags, shape, and name.
func (r matReader) array() (matArray, error) {
	_, flags, err := r.next()
	if err != nil {
		return matArray{}, err
	}

	if len(flags) != 8 {
		return matArray{}, fmt.Errorf("%d bytes of flags, not 8", len(flags))
	}

	// The low byte is the class; the next one holds the flags complex, global and logical.
	word := r.order.Uint32(flags)
	a := matArray{class: byte(word), flags: byte(word >> 8)}
	kind, dims, err := r.next()
	if err != nil {
		return a, err
	}

	d := matTypes[kind]
	if d.Size != 4 || len(dims)%4 != 0 {
		return a, fmt.Errorf("a shape of type %d and %d bytes", kind, len(dims))
	}

	for _, n := range d.Decode(dims, r.order) {
		a.shape = append(a.shape, int(n))
	}

	_, name, err := r.next()
	a.name, a.content = string(name), r

	return a, err
}

// readNumbers returns the array's numbers in row-major order. They may be stored in a smaller type
// than the array's class.
func (a matArray) readNumbers() (tensor, error) {
	if a.class < matDouble || a.class > matUint64 || a.flags&matComplexFlag != 0 ||
		len(a.shape) != 2 {
		return tensor{}, fmt.Errorf(
			"%q (class %d, shape %s) is not a full matrix of real numbers",
			a.name,
			a.class,
			shapeString(a.shape),
		)
	}

	content := a.content
	kind, data, err := content.next()
	if err != nil {
		return tensor{}, fmt.Errorf("%q: %w", a.name, err)
	}

	d, ok := matTypes[kind]
	if !ok {
		return tensor{}, fmt.Errorf(
			"%q holds elements of type %d, which are not numbers",
			a.name,
			kind,
		)
	}

	// MATLAB stores matrices column by column, so the same numbers read by rows are the transpose.
	columnMajor, err := arrayOf(d, a.name, []int{a.shape[1], a.shape[0]}, data, a.content.order)
	if err != nil {
		return tensor{}, err
	}

	return columnMajor.transpose(), nil
}

// cells returns the arrays in a cell array, with the names name{1}, name{2}, …
func (a matArray) cells() ([]matArray, error) {
	var cells []matArray
	for content := a.content; len(content.data) > 0; {
		kind, data, err := content.next()
		if err == nil && kind != matMatrix {
			err = fmt.Errorf("an element of type %d instead of a cell", kind)
		}

		var c matArray
		if err == nil {
			c, err = matReader{content.order, data}.array()
		}

		if err != nil {
			return nil, fmt.Errorf("cell array %q: %w", a.name, err)
		}

		c.name = fmt.Sprintf("%s{%d}", a.name, len(cells)+1)
		cells = append(cells, c)
	}

	n, ok := input.Elements(a.shape)
	if !ok || n != len(cells) {
		return nil, fmt.Errorf(
			"cell array %q claims shape %s, but has %d cells",
			a.name,
			shapeString(a.shape),
			len(cells),
		)
	}

	return cells, nil
}
