package dataset

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/liptrack/liptrack/internal/input"
)

// MNIST and Fashion-MNIST use the same file names, so each is looked for in its own folder
// (torchvision's, or the one of its repository) before the path itself.
var (
	mnistFiles = fileSet{
		folders: []string{"MNIST/raw", "mnist", ""},
		site:    "the MNIST site, yann.lecun.com/exdb/mnist, or its mirror ossci-datasets.s3.amazonaws.com/mnist",
	}
	fashionMNISTFiles = fileSet{
		folders: []string{"FashionMNIST/raw", "fashion", ""},
		site:    "github.com/zalandoresearch/fashion-mnist",
	}
)

func loadMNIST(o Options, testOnly bool) (*Dataset, error) {
	return loadIDX("mnist", mnistFiles, o, testOnly)
}

func loadFashionMNIST(o Options, testOnly bool) (*Dataset, error) {
	return loadIDX("fashion_mnist", fashionMNISTFiles, o, testOnly)
}

// idxClasses is the number of classes of both data sets.
const idxClasses = 10

func loadIDX(name string, set fileSet, o Options, testOnly bool) (*Dataset, error) {
	d := &Dataset{Name: name, Classes: idxClasses}
	parts := []struct {
		prefix string
		split  *Split
	}{{"t10k", &d.Test}, {"train", &d.Train}}
	if testOnly {
		parts = parts[:1]
	}

	var wanted [][]string
	for _, part := range parts {
		// The names on the site have a hyphen where unpacked copies from elsewhere have a point.
		for _, kind := range []string{"images-idx3-ubyte", "labels-idx1-ubyte"} {
			name := part.prefix + "-" + kind
			wanted = append(wanted, []string{name, strings.Replace(name, "-idx", ".idx", 1)})
		}
	}

	files, err := set.locate(o.Path, wanted...)
	if err != nil {
		return nil, err
	}

	for i, part := range parts {
		*part.split, d.Shape, err = readIDXSplit(files[2*i], files[2*i+1], o)
		if err != nil {
			return nil, err
		}
	}

	return d, nil
}

func readIDXSplit(imageFile, labelFile string, o Options) (s Split, picture [3]int, err error) {
	shape, pixels, err := readIDX(imageFile, 3)
	if err != nil {
		return s, picture, err
	}

	count, bytes, err := readIDX(labelFile, 1)
	if err != nil {
		return s, picture, err
	}

	// A different length is the only sign that the files of two splits were mixed up.
	if count[0] != shape[0] {
		return s, picture, fmt.Errorf(
			"%s holds %d labels for the %d images of %s",
			labelFile,
			count[0],
			shape[0],
			imageFile,
		)
	}

	labels := make([]int, len(bytes))
	for i, b := range bytes {
		if b >= idxClasses {
			return s, picture, fmt.Errorf(
				"%s: label %d of image %d is not in 0 … %d",
				labelFile,
				b,
				i,
				idxClasses-1,
			)
		}

		labels[i] = int(b)
	}

	m := images{
		n:        shape[0],
		channels: 1,
		height:   shape[1],
		width:    shape[2],
		bytes:    pixels,
	}
	x, err := m.features(o)

	return Split{X: x, Labels: labels}, m.shape(o), err
}

func readIDX(path string, axes int) (shape []int, data []byte, err error) {
	b, err := readFile(path)
	if err != nil {
		return nil, nil, err
	}
	if shape, data, err = parseIDX(b, axes); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return shape, data, nil
}

// parseIDX parses an IDX file of bytes with the given number of axes: the magic number 0x0800 +
// axes and the size of each axis, all as 32 bits big-endian, then exactly as many bytes as the
// sizes announce, and at least one.
func parseIDX(b []byte, axes int) (shape []int, data []byte, err error) {
	header := 4 + 4*axes
	if len(b) < header {
		return nil, nil, fmt.Errorf(
			"%d bytes are too few for the %d-byte header of an IDX file",
			len(b),
			header,
		)
	}

	magic, want := binary.BigEndian.Uint32(b), uint32(0x0800+axes)
	if magic != want {
		return nil, nil, fmt.Errorf(
			"magic number %#08x is not %#08x, the magic number of an IDX file of bytes with %d axes",
			magic,
			want,
			axes,
		)
	}

	for i := range axes {
		shape = append(shape, int(binary.BigEndian.Uint32(b[4+4*i:])))
	}

	data = b[header:]
	// The sizes come from the file, and their product may overflow.
	n, ok := input.Elements(shape)
	if !ok || n != len(data) || n == 0 {
		return nil, nil, fmt.Errorf(
			"the header announces data of shape %v, but %d bytes follow",
			shape,
			len(data),
		)
	}

	return shape, data, nil
}
