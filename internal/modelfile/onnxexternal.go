package modelfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/liptrack/liptrack/internal/input"
)

// externalData is the location of a tensor's numbers in another file.
type externalData struct {
	location       string // path relative to the model's folder
	offset, length int64  // in bytes; length is -1 if it is not given
}

// readEntry reads one of the key-value entries that describe external data.
func (e *externalData) readEntry(r *protoReader, b []byte) error {
	key, err := r.descend(b, entryKey)
	if err != nil {
		return err
	}

	value, err := r.descend(b, entryValue)
	if err != nil {
		return err
	}

	switch string(key) {
	case "location":
		e.location = string(value)
	case "offset":
		e.offset, err = strconv.ParseInt(string(value), 10, 64)
	case "length":
		e.length, err = strconv.ParseInt(string(value), 10, 64)
	}

	return err
}

// loadExternal reads the tensors whose numbers are in other files. These must be in the model's
// folder: a path or a link that leaves it is refused.
func (g *graph) loadExternal(folder string) error {
	var read input.Quota
	var root *os.Root
	for name, t := range g.constants {
		if !t.external {
			continue
		}

		if folder == "" {
			return fmt.Errorf(
				"the data of %s are in another file, but the model has no folder",
				input.Quote(name),
			)
		}

		// os.Root follows no path or link to the outside.
		if root == nil {
			opened, err := os.OpenRoot(folder)
			if err != nil {
				return err
			}
			defer opened.Close()
			root = opened
		}

		b, err := t.readExternal(root, &read)
		if err != nil {
			return fmt.Errorf(
				"the data of %s, in %s: %w",
				input.Quote(name),
				input.Quote(t.data.location),
				err,
			)
		}

		t.raw, t.external = b, false
		g.constants[name] = t
	}

	return nil
}

// readExternal returns the bytes of a tensor.
func (t onnxTensor) readExternal(root *os.Root, read *input.Quota) ([]byte, error) {
	d, known := onnxTypes[t.kind]
	n, ok := input.Elements(t.shape)
	if !known || !ok {
		return nil, fmt.Errorf(
			"shape %s of ONNX type %d is not supported",
			shapeString(t.shape),
			t.kind,
		)
	}

	size := int64(n) * int64(d.Size)
	if t.data.length >= 0 && t.data.length != size {
		return nil, fmt.Errorf("%d bytes for shape %s", t.data.length, shapeString(t.shape))
	}

	// The path is relative to the model's folder. A downloaded model must not read other files.
	if !filepath.IsLocal(t.data.location) {
		return nil, errors.New("must be a file in the model's folder")
	}

	f, err := input.OpenIn(root, filepath.FromSlash(t.data.location))
	if err != nil {
		return nil, err
	}

	defer f.Close()

	info, err := f.Stat()
	if err != nil {
		return nil, err
	}

	// Compare the difference, since the sum of claimed numbers could overflow.
	if t.data.offset < 0 || t.data.offset > info.Size() || size > info.Size()-t.data.offset {
		return nil, fmt.Errorf(
			"it has %d bytes, too few for %d bytes at offset %d",
			info.Size(),
			size,
			t.data.offset,
		)
	}

	// Many tensors may refer to the same bytes of a small file.
	err = read.Take(n)
	if err != nil {
		return nil, err
	}

	b := make([]byte, size)
	_, err = io.ReadFull(io.NewSectionReader(f, t.data.offset, size), b)

	return b, err
}
