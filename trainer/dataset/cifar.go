package dataset

import (
	"fmt"
	"slices"
)

const (
	cifarSide   = 32
	cifarPixels = 3 * cifarSide * cifarSide
	cifarSite   = "www.cs.toronto.edu/~kriz/cifar.html (the \"binary version\")"
)

// cifar describes files in which each record consists of label bytes and then the red, green and
// blue planes of a picture.
type cifar struct {
	name        string
	set         fileSet
	train, test []string // file names
	labelBytes  int
	labelAt     int // which of the label bytes is the label
	classes     int
}

func loadCIFAR10(o Options, testOnly bool) (*Dataset, error) {
	return cifar{
		name: "cifar10",
		set:  fileSet{folders: []string{"cifar-10-batches-bin", ""}, site: cifarSite},
		train: []string{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
			"data_batch_4.bin", "data_batch_5.bin"},
		test:       []string{"test_batch.bin"},
		labelBytes: 1,
		classes:    10,
	}.loadSplits(o, testOnly)
}

func loadCIFAR100(o Options, testOnly bool) (*Dataset, error) {
	c := cifar{
		name:       "cifar100",
		set:        fileSet{folders: []string{"cifar-100-binary", ""}, site: cifarSite},
		train:      []string{"train.bin"},
		test:       []string{"test.bin"},
		labelBytes: 2, // coarse, fine
		labelAt:    1,
		classes:    100,
	}

	if o.Superclasses {
		c.labelAt, c.classes = 0, 20
	}

	return c.loadSplits(o, testOnly)
}

func (c cifar) loadSplits(o Options, testOnly bool) (*Dataset, error) {
	if testOnly {
		c.train = nil
	}

	// All files are located before the first is read, so that a missing file is reported at once.
	var wanted [][]string
	for _, name := range slices.Concat(c.train, c.test) {
		wanted = append(wanted, []string{name})
	}

	files, err := c.set.locate(o.Path, wanted...)
	if err != nil {
		return nil, err
	}

	d := &Dataset{
		Name:    c.name,
		Classes: c.classes,
		Shape:   cifarImages(0, nil).shape(o),
	}
	if !testOnly {
		d.Train, err = c.readFiles(files[:len(c.train)], o)
		if err != nil {
			return nil, err
		}
	}

	d.Test, err = c.readFiles(files[len(c.train):], o)

	return d, err
}

// readFiles returns the pictures of all files together.
func (c cifar) readFiles(files []string, o Options) (Split, error) {
	var labels []int
	var pixels []byte
	for _, file := range files {
		b, err := readFile(file)
		if err != nil {
			return Split{}, err
		}

		if labels, pixels, err = c.appendRecords(labels, pixels, b); err != nil {
			return Split{}, fmt.Errorf("%s: %w", file, err)
		}
	}

	x, err := cifarImages(len(labels), pixels).features(o)

	return Split{X: x, Labels: labels}, err
}

// cifarImages returns n CIFAR pictures with the given bytes.
func cifarImages(n int, pixels []byte) images {
	return images{
		n:        n,
		channels: 3,
		height:   cifarSide,
		width:    cifarSide,
		bytes:    pixels,
	}
}

// appendRecords appends the labels and pixels of the records in b, which must hold at least one.
func (c cifar) appendRecords(labels []int, pixels, b []byte) ([]int, []byte, error) {
	record := c.labelBytes + cifarPixels
	// Records have no header, so the only sign of a truncated file is a length that is not a
	// multiple of the record's.
	if len(b) == 0 || len(b)%record != 0 {
		return nil, nil, fmt.Errorf(
			"%d bytes are not a whole number of records of %d bytes",
			len(b),
			record,
		)
	}

	for i := 0; i < len(b); i += record {
		label := int(b[i+c.labelAt])
		if label >= c.classes {
			return nil, nil, fmt.Errorf(
				"label %d of picture %d is not in 0 … %d",
				label,
				i/record,
				c.classes-1,
			)
		}

		labels = append(labels, label)
		pixels = append(pixels, b[i+c.labelBytes:i+record]...)
	}

	return labels, pixels, nil
}
