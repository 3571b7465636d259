package modelfile

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// The product of the spectral norms and the entry were computed with SciPy and NumPy:
// np.prod([np.linalg.norm(w, 2) for w in weights]), weights[1][3, 2].
func TestMATOfLipSDP(t *testing.T) {
	net, info := read(t, "mat", fixture(t, "lipsdp_random_weights.mat"), relu)
	dims, product := []int{net.In()}, 1.0
	for _, l := range net.Layers {
		dims = append(dims, l.Out())
		var svd mat.SVD
		if !svd.Factorize(l.Weight, mat.SVDNone) {
			t.Fatal("no singular values")
		}
		product *= svd.Values(nil)[0]
		if l.Bias != nil {
			t.Error("a bias that is not in the file")
		}
	}
	if !slices.Equal(dims, []int{2, 10, 30, 20, 2}) {
		t.Errorf("widths %v", dims)
	}
	checkNear(t, []float64{product}, []float64{43.305573718802584}, outputTolerance)
	checkNear(t, []float64{net.Layers[1].Weight.At(3, 2)}, []float64{0.4639378262746407}, 0)
	if want := []string{"weights{1}", "weights{2}", "weights{3}", "weights{4}"}; !slices.Equal(info.Names, want) {
		t.Errorf("layers %q", info.Names)
	}
}

// matWriter writes MATLAB 5 files.
type matWriter struct{ order binary.AppendByteOrder }

var little = matWriter{binary.LittleEndian}

func (w matWriter) element(kind int, data []byte) []byte {
	b := w.order.AppendUint32(nil, uint32(kind))
	b = append(w.order.AppendUint32(b, uint32(len(data))), data...)
	for len(b)%8 != 0 && kind != matCompressed {
		b = append(b, 0)
	}
	return b
}

// array returns a variable or a cell with elements as its content.
func (w matWriter) array(class int, name string, rows, cols int, content ...[]byte) []byte {
	flags := w.order.AppendUint32(w.order.AppendUint32(nil, uint32(class)), 0)
	shape := w.order.AppendUint32(w.order.AppendUint32(nil, uint32(rows)), uint32(cols))
	parts := [][]byte{w.element(6, flags), w.element(5, shape), w.element(1, []byte(name))}
	return w.element(matMatrix, slices.Concat(append(parts, content...)...))
}

// doubles returns a matrix of numbers, given column by column.
func (w matWriter) doubles(name string, rows, cols int, columns ...float64) []byte {
	b := float64Bytes(columns...)
	if w.order.String() == "BigEndian" {
		for i := 0; i < len(b); i += 8 {
			slices.Reverse(b[i : i+8])
		}
	}
	return w.array(matDouble, name, rows, cols, w.element(9, b))
}

func (w matWriter) file(variables ...[]byte) []byte {
	b := bytes.Repeat([]byte{' '}, matHeader-4)
	copy(b, "MATLAB 5.0 MAT-file")
	return slices.Concat(w.order.AppendUint16(w.order.AppendUint16(b, 0x0100), 'M'<<8|'I'), slices.Concat(variables...))
}

func (w matWriter) compressed(t testing.TB, variable []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write(variable); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return w.element(matCompressed, b.Bytes())
}

func TestMATVariants(t *testing.T) {
	big := matWriter{binary.BigEndian}
	cells := func(w matWriter) [][]byte {
		return [][]byte{
			w.array(matCell, "weights", 1, 2, w.doubles("", 2, 2, 1, 3, 2, 4), w.doubles("", 1, 2, 1, 2)),
			w.array(matCell, "biases", 2, 1, w.doubles("", 2, 1, 5, 6), w.doubles("", 1, 1, 7)),
		}
	}

	small := slices.Concat([]byte{2, 0, 4, 0}, []byte{1, 3, 2, 4}) // four uint8 in the tag itself
	for _, c := range []struct {
		name    string
		content []byte
	}{
		{"matrices", little.file(little.doubles("W1", 2, 2, 1, 3, 2, 4), little.doubles("b1", 2, 1, 5, 6), little.doubles("W2", 1, 2, 1, 2), little.doubles("b2", 1, 1, 7))},
		{"cells", little.file(cells(little)...)},
		{"big-endian", big.file(cells(big)...)},
		{"compressed", little.file(little.compressed(t, cells(little)[0]), little.compressed(t, cells(little)[1]))},
		{"doubles stored as bytes", little.file(little.array(matDouble, "W1", 2, 2, small), little.doubles("b1", 2, 1, 5, 6), little.doubles("W2", 1, 2, 1, 2), little.doubles("b2", 1, 1, 7))},
		{"with other variables", little.file(append(cells(little), little.doubles("accuracy", 1, 1, 0.9))...)},
	} {
		t.Run(c.name, func(t *testing.T) {
			net, info := read(t, "mat", c.content, relu)
			checkWeights(t, net, [][]float64{{1, 2, 3, 4}, {1, 2}}, [][]float64{{5, 6}, {7}})
			if c.name == "with other variables" {
				checkNotes(t, info, `left out: ["accuracy"]`)
			}
		})
	}
}

func TestMATErrors(t *testing.T) {
	whole := little.file(little.doubles("W1", 2, 2, 1, 2, 3, 4))
	packed := little.file(little.compressed(t, little.doubles("W1", 2, 2, 1, 2, 3, 4)))
	cell := func(rows, cols int, cells ...[]byte) []byte {
		return little.array(matCell, "weights", rows, cols, cells...)
	}
	one := little.doubles("", 1, 1, 1)
	for _, c := range []struct {
		name    string
		content []byte
		words   []string
	}{
		{"version 7.3", []byte("MATLAB 7.3 MAT-file, Platform: GLNXA64"), []string{"7.3", "-v7"}},
		{"version 4", make([]byte, 200), []string{"header"}},
		{"cut header", whole[:100], []string{"header"}},
		{"cut variable", whole[:len(whole)-8], []string{"ends in the middle"}},
		{"cut tag", whole[:matHeader+4], []string{"ends in the middle"}},
		{"cut stream", append(packed[:matHeader:matHeader], little.element(matCompressed, packed[matHeader+8:len(packed)-12])...), []string{"decompressing"}},
		{"no zlib", little.file(little.element(matCompressed, []byte("hello"))), []string{"zlib"}},
		{"no variable", little.file(little.element(9, float64Bytes(1))), []string{"type 9"}},
		{"empty", little.file(), []string{"no linear layer"}},
		{"lying shape", little.file(little.doubles("W1", 3, 2, 1, 2, 3, 4)), []string{`"W1"`, "32 bytes"}},
		{"negative shape", little.file(little.doubles("W1", -1, -4, 1, 2, 3, 4)), []string{`"W1"`, "shape"}},
		{"huge shape", little.file(little.doubles("W1", 1<<30, 1<<30, 1)), []string{`"W1"`, "shape"}},
		{"characters", little.file(little.array(4, "W1", 1, 1, little.element(4, []byte{65, 0}))), []string{`"W1" (class 4`}},
		{"complex", little.file(little.array(matDouble|matComplexFlag<<8, "W1", 1, 1, little.element(9, float64Bytes(1)), little.element(9, float64Bytes(1)))), []string{`"W1" (class 6`, "real"}},
		{"sparse", little.file(little.array(5, "W1", 1, 1)), []string{`"W1" (class 5`, "full"}},
		{"no numbers", little.file(little.array(matDouble, "W1", 1, 1)), []string{`"W1"`, "ends in the middle"}},
		{"too few cells", little.file(cell(1, 2, one)), []string{`"weights"`, "1×2", "1 cells"}},
		{"too many cells", little.file(cell(1, 1, one, one)), []string{`"weights"`, "2 cells"}},
		{"cell in a cell", little.file(cell(1, 1, cell(1, 1, one))), []string{`"weights{1}" (class 1`}},
		{"number for a cell", little.file(cell(1, 1, little.element(9, float64Bytes(1)))), []string{`"weights"`, "type 9"}},
		{"two sets of weights", little.file(cell(1, 1, one), little.array(matCell, "W", 1, 1, one)), []string{`"weights" and "W"`}},
		{"too few biases", little.file(cell(1, 2, one, one), little.array(matCell, "biases", 1, 1, one)), []string{`1 cells in "biases"`, `2 in "weights"`}},
		{"infinite", little.file(little.doubles("W1", 1, 2, 1, nan)), []string{`"W1" holds NaN at index [0 1]`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := formatNamed("mat").loadContent(c.content, relu)
			checkError(t, err, append(c.words, "reading mat")...)
		})
	}
}
