package dataset

import (
	"slices"
	"strconv"
	"testing"
)

// cifarRecord returns labels followed by three planes, each of constant brightness.
func cifarRecord(red, green, blue byte, labels ...byte) []byte {
	b := slices.Clone(labels)
	for _, v := range []byte{red, green, blue} {
		b = append(b, slices.Repeat([]byte{v}, cifarSide*cifarSide)...)
	}
	return b
}

func writeCIFAR10(t *testing.T, dir, suffix string) {
	t.Helper()
	for i := range byte(5) {
		writeFile(t, dir, "data_batch_"+strconv.Itoa(int(i)+1)+".bin"+suffix, cifarRecord(51*i, 0, 255, i+5))
	}
	writeFile(t, dir, "test_batch.bin"+suffix,
		slices.Concat(cifarRecord(255, 255, 255, 0), cifarRecord(255, 0, 0, 1)))
}

// corners returns the first pixel of each plane of a picture with side×side pixels.
func corners(s Split, i, planes int) []float64 {
	row := s.X.RawRowView(i)
	v := make([]float64, planes)
	for p := range v {
		v[p] = row[p*len(row)/planes]
	}
	return v
}

func TestLoadCIFAR10(t *testing.T) {
	for _, c := range []struct{ folder, suffix string }{{"", ""}, {"", ".gz"}, {"cifar-10-batches-bin/", ""}} {
		dir := t.TempDir()
		writeCIFAR10(t, dir+"/"+c.folder, c.suffix)
		o := DefaultOptions()
		o.Path = dir
		d := load(t, "cifar10", o)
		if d.Classes != 10 || d.Train.Dim() != 3072 || d.Test.Dim() != 3072 {
			t.Fatalf("%d classes, %d and %d features", d.Classes, d.Train.Dim(), d.Test.Dim())
		}
		if want := []int{5, 6, 7, 8, 9}; !slices.Equal(d.Train.Labels, want) {
			t.Errorf("training labels %v, want %v", d.Train.Labels, want)
		}
		for i := range 5 {
			checkNear(t, "planes", corners(d.Train, i, 3), []float64{0.2 * float64(i), 0, 1}, roundingTolerance)
		}
		checkNear(t, "test planes", corners(d.Test, 1, 3), []float64{1, 0, 0}, roundingTolerance)
	}
}

func TestLoadCIFAR10GreyAndSmall(t *testing.T) {
	dir := t.TempDir()
	writeCIFAR10(t, dir, "")
	o := DefaultOptions()
	o.Path, o.Greyscale, o.Resize = dir, true, 2
	d := load(t, "cifar10", o)
	white, red := 0.9999, 0.2989
	checkSplit(t, "test", d.Test, [][]float64{{white, white, white, white}, {red, red, red, red}}, []int{0, 1})
}

func TestLoadCIFAR100(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "cifar-100-binary/train.bin", slices.Concat(cifarRecord(0, 51, 102, 19, 99), cifarRecord(0, 0, 0, 3, 42)))
	writeFile(t, dir, "cifar-100-binary/test.bin", cifarRecord(255, 0, 0, 0, 7))
	o := DefaultOptions()
	o.Path = dir
	fine := load(t, "cifar100", o)
	o.Superclasses = true
	coarse := load(t, "cifar100", o)
	if fine.Classes != 100 || !slices.Equal(fine.Train.Labels, []int{99, 42}) || !slices.Equal(fine.Test.Labels, []int{7}) {
		t.Errorf("%d classes, labels %v, %v", fine.Classes, fine.Train.Labels, fine.Test.Labels)
	}
	if coarse.Classes != 20 || !slices.Equal(coarse.Train.Labels, []int{19, 3}) || !slices.Equal(coarse.Test.Labels, []int{0}) {
		t.Errorf("superclasses: %d classes, labels %v, %v", coarse.Classes, coarse.Train.Labels, coarse.Test.Labels)
	}
	checkNear(t, "planes", corners(fine.Train, 0, 3), []float64{0, 0.2, 0.4}, roundingTolerance)
}

func TestLoadCIFARErrors(t *testing.T) {
	whole := cifarRecord(1, 2, 3, 4)
	for _, c := range []struct {
		name    string
		content []byte
		words   []string
	}{
		{"truncated", whole[:len(whole)-1], []string{"3072 bytes", "records of 3073 bytes"}},
		{"empty", nil, []string{"0 bytes"}},
		{"label out of range", slices.Concat(whole, cifarRecord(1, 2, 3, 10)), []string{"label 10 of picture 1", "0 … 9"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			writeCIFAR10(t, dir, "")
			writeFile(t, dir, "data_batch_3.bin", c.content)
			o := DefaultOptions()
			o.Path = dir
			_, err := Load("cifar10", o)
			checkError(t, err, append(c.words, "data_batch_3.bin")...)
		})
	}

	o := DefaultOptions()
	o.Path = t.TempDir()
	_, err := Load("cifar10", o)
	checkError(t, err, "data_batch_1.bin", "data_batch_5.bin", "test_batch.bin", o.Path, "www.cs.toronto.edu/~kriz/cifar.html")
	_, err = Load("cifar100", o)
	checkError(t, err, "train.bin", "test.bin", o.Path, "www.cs.toronto.edu/~kriz/cifar.html")
}

func TestTestPointsAlone(t *testing.T) {
	o := DefaultOptions()
	o.Path = t.TempDir()
	writeFile(t, o.Path, "test_batch.bin", cifarRecord(255, 0, 0, 1))
	writeFile(t, o.Path, "t10k-images-idx3-ubyte", idxFile([]uint32{2, 1, 1}, 255, 0))
	writeFile(t, o.Path, "t10k-labels-idx1-ubyte", idxFile([]uint32{2}, 1, 2))

	for name, labels := range map[string][]int{"cifar10": {1}, "mnist": {1, 2}} {
		d, err := LoadTest(name, o)
		if err != nil || !slices.Equal(d.Test.Labels, labels) || d.Train.X != nil {
			t.Errorf("%s: %v, %v", name, d, err)
		}
		_, err = Load(name, o)
		checkError(t, err, "get the files", o.Path)
	}

	d, err := LoadTest("mnist1d", DefaultOptions())
	if err != nil || d.Test.Len() != 1000 {
		t.Errorf("mnist1d: %v", err)
	}
}

// FuzzCIFAR checks that for any bytes, the records are complete and their labels are classes.
func FuzzCIFAR(f *testing.F) {
	f.Add(cifarRecord(1, 2, 3, 4), 1)
	f.Add(cifarRecord(1, 2, 3, 4, 99), 2)
	f.Fuzz(func(t *testing.T, b []byte, labelBytes int) {
		c := cifar{labelBytes: 1 + max(labelBytes, 0)%2, classes: 10}
		labels, pixels, err := c.appendRecords(nil, nil, b)
		if err != nil {
			return
		}
		if len(labels) == 0 || len(pixels) != len(labels)*cifarPixels || slices.Max(labels) >= c.classes {
			t.Errorf("labels %v, %d bytes", labels, len(pixels))
		}
	})
}
