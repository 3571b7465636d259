package dataset

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// idxFile returns the bytes of an IDX file.
func idxFile(shape []uint32, data ...byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(0x0800+len(shape)))
	for _, n := range shape {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return append(b, data...)
}

// writeIDX writes three training and two test pictures of 2×2 pixels under names built with a
// separator and a suffix.
func writeIDX(t *testing.T, dir, separator, suffix string) {
	t.Helper()
	for name, b := range map[string][]byte{
		"train-images" + separator + "idx3-ubyte": idxFile([]uint32{3, 2, 2}, 0, 255, 51, 102, 153, 204, 0, 0, 0, 0, 0, 255),
		"train-labels" + separator + "idx1-ubyte": idxFile([]uint32{3}, 7, 0, 9),
		"t10k-images" + separator + "idx3-ubyte":  idxFile([]uint32{2, 2, 2}, 255, 255, 255, 255, 0, 0, 51, 0),
		"t10k-labels" + separator + "idx1-ubyte":  idxFile([]uint32{2}, 1, 2),
	} {
		writeFile(t, dir, name+suffix, b)
	}
}

func TestLoadIDX(t *testing.T) {
	for _, c := range []struct{ name, folder, separator, suffix string }{
		{"mnist", "", "-", ""},
		{"mnist", "", ".", ".gz"},
		{"mnist", "MNIST/raw", "-", ".gz"},
		{"fashion_mnist", "", ".", ""},
		{"fashion_mnist", "FashionMNIST/raw", "-", ""},
	} {
		dir := t.TempDir()
		writeIDX(t, filepath.Join(dir, c.folder), c.separator, c.suffix)
		o := DefaultOptions()
		o.Path = dir
		d := load(t, c.name, o)
		if d.Name != c.name || d.Classes != 10 {
			t.Errorf("%v: name %q, %d classes", c, d.Name, d.Classes)
		}
		checkSplit(t, "train", d.Train, [][]float64{{0, 1, 0.2, 0.4}, {0.6, 0.8, 0, 0}, {0, 0, 0, 1}}, []int{7, 0, 9})
		checkSplit(t, "test", d.Test, [][]float64{{1, 1, 1, 1}, {0, 0, 0.2, 0}}, []int{1, 2})

		o.Resize = 1
		checkSplit(t, "resized", load(t, c.name, o).Train, [][]float64{{0.4}, {0.35}, {0.25}}, []int{7, 0, 9})
	}
}

// The two data sets have the same file names, so each must prefer its own folder.
func TestLoadIDXTellsMNISTFromFashion(t *testing.T) {
	dir := t.TempDir()
	writeIDX(t, dir, "-", "")
	writeIDX(t, filepath.Join(dir, "FashionMNIST", "raw"), "-", "")
	writeFile(t, dir, "FashionMNIST/raw/train-labels-idx1-ubyte", idxFile([]uint32{3}, 1, 1, 1))
	o := DefaultOptions()
	o.Path = dir
	if got := load(t, "mnist", o).Train.Labels[0]; got != 7 {
		t.Errorf("mnist: first label %d, want 7", got)
	}
	if got := load(t, "fashion_mnist", o).Train.Labels[0]; got != 1 {
		t.Errorf("fashion_mnist: first label %d, want 1", got)
	}
}

func TestLoadIDXErrors(t *testing.T) {
	for _, c := range []struct {
		name, file string
		content    []byte
		words      []string
	}{
		{"truncated images", "train-images-idx3-ubyte", idxFile([]uint32{3, 2, 2}, 1, 2, 3), []string{"[3 2 2]", "3 bytes follow"}},
		{"too long", "t10k-labels-idx1-ubyte", idxFile([]uint32{2}, 1, 2, 3), []string{"[2]", "3 bytes follow"}},
		{"lying header", "train-images-idx3-ubyte", idxFile([]uint32{1 << 31, 1 << 31, 1 << 31}, 1), []string{"1 bytes follow"}},
		{"no images", "train-images-idx3-ubyte", idxFile([]uint32{0, 2, 2}), []string{"[0 2 2]"}},
		{"labels for images", "train-images-idx3-ubyte", idxFile([]uint32{3}, make([]byte, 20)...), []string{"0x00000801", "0x00000803"}},
		{"empty", "train-labels-idx1-ubyte", nil, []string{"0 bytes", "header"}},
		{"fewer labels than images", "train-labels-idx1-ubyte", idxFile([]uint32{2}, 1, 2), []string{"2 labels", "3 images"}},
		{"label out of range", "train-labels-idx1-ubyte", idxFile([]uint32{3}, 1, 10, 2), []string{"label 10 of image 1", "0 … 9"}},
		{"other size", "t10k-images-idx3-ubyte", idxFile([]uint32{2, 1, 1}, 0, 0), []string{"4 features", "1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			writeIDX(t, dir, "-", "")
			writeFile(t, dir, c.file, c.content)
			o := DefaultOptions()
			o.Path = dir
			_, err := Load("mnist", o)
			checkError(t, err, append(c.words, "mnist")...)
		})
	}
}

func TestLoadIDXBrokenGzip(t *testing.T) {
	whole := packed(t, idxFile([]uint32{3}, 7, 0, 9))
	for _, content := range [][]byte{whole[:len(whole)-9], []byte("not gzip at all")} {
		dir := t.TempDir()
		writeIDX(t, dir, "-", ".gz")
		if err := os.WriteFile(filepath.Join(dir, "train-labels-idx1-ubyte.gz"), content, 0o644); err != nil {
			t.Fatal(err)
		}
		o := DefaultOptions()
		o.Path = dir
		_, err := Load("mnist", o)
		checkError(t, err, "train-labels-idx1-ubyte.gz")
	}
}

func TestMissingFilesAreAllNamed(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "train-labels-idx1-ubyte", idxFile([]uint32{3}, 7, 0, 9))
	o := DefaultOptions()
	o.Path = dir
	_, err := Load("mnist", o)
	checkError(t, err, "train-images-idx3-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
		dir, filepath.Join(dir, "MNIST/raw"), "yann.lecun.com/exdb/mnist")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
}

// For any bytes, the parser returns an error or exactly the data that the header announces.
func FuzzParseIDX(f *testing.F) {
	f.Add(idxFile([]uint32{2, 1, 3}, 1, 2, 3, 4, 5, 6), 3)
	f.Add(idxFile([]uint32{3}, 7, 0, 9), 1)
	f.Add(idxFile([]uint32{1 << 31, 1 << 31, 4}, 1), 3)
	f.Add([]byte{0, 0, 8}, 1)

	f.Fuzz(func(t *testing.T, b []byte, axes int) {
		if axes < 1 || axes > 3 {
			return
		}
		shape, data, err := parseIDX(b, axes)
		if err != nil {
			return
		}
		n := 1
		for _, d := range shape {
			n *= d
		}
		if len(shape) != axes || n != len(data) || n == 0 || 4+4*axes+n != len(b) {
			t.Errorf("shape %v with %d bytes of data from a file of %d", shape, len(data), len(b))
		}
	})
}
