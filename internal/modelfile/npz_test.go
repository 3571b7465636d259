package modelfile

import (
	"archive/zip"
	"bytes"
	"testing"

	"github.com/sbinet/npyio/npy"
	"gonum.org/v1/gonum/mat"
)

// archived is a member of an archive. A []byte is stored as it is, any other content as an npy
// file.
type archived struct {
	name    string
	content any
}

func npzFile(t testing.TB, members ...archived) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)

	for _, m := range members {
		w, err := z.Create(m.name)
		if err != nil {
			t.Fatal(err)
		}
		if raw, ok := m.content.([]byte); ok {
			_, err = w.Write(raw)
		} else {
			err = npy.Write(w, m.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}

	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// dense returns a matrix with the entries 1, 2, 3, …
func dense(rows, cols int) *mat.Dense { return mat.NewDense(rows, cols, ramp("", rows, cols).values) }

func TestNPZNaming(t *testing.T) {
	w1, b1, w2, b2 := dense(2, 2), []float64{5, 6}, dense(1, 2), []float64{7}
	column := mat.NewDense(2, 1, b1)
	kernel1, kernel2 := mat.DenseCopyOf(w1.T()), mat.DenseCopyOf(w2.T())

	for _, c := range []struct {
		name    string
		members []archived
	}{
		{"W1, b1", []archived{{"b2.npy", b2}, {"W2.npy", w2}, {"b1.npy", b1}, {"W1.npy", w1}}},
		{"weight_0, bias_0", []archived{{"weight_0.npy", w1}, {"bias_0.npy", b1}, {"weight_1.npy", w2}, {"bias_1.npy", b2}}},
		{"layer names", []archived{{"fc1.weight.npy", w1}, {"fc1.bias.npy", b1}, {"fc2.weight.npy", w2}, {"fc2.bias.npy", b2}}},
		{"biases as columns", []archived{{"W1.npy", w1}, {"b1.npy", column}, {"W2.npy", w2}, {"b2.npy", b2}}},
		{"Keras", []archived{{"dense/kernel:0.npy", kernel1}, {"dense/bias:0.npy", b1}, {"dense_1/kernel:0.npy", kernel2}, {"dense_1/bias:0.npy", b2}}},
		{"scikit-learn", []archived{{"coefs_0.npy", kernel1}, {"coefs_1.npy", kernel2}, {"intercepts_0.npy", b1}, {"intercepts_1.npy", b2}}},
		{"in turns", []archived{{"arr_0.npy", w1}, {"arr_1.npy", b1}, {"arr_2.npy", w2}, {"arr_3.npy", b2}}},
		{"weights first", []archived{{"arr_0.npy", w1}, {"arr_1.npy", w2}, {"arr_2.npy", b1}, {"arr_3.npy", b2}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			net, _ := read(t, "npz", npzFile(t, c.members...), relu)
			checkWeights(t, net, [][]float64{{1, 2, 3, 4}, {1, 2}}, [][]float64{{5, 6}, {7}})
		})
	}
}

// More than ten unnamed arrays are ordered by their numbers.
func TestNPZOfManyUnnamedArrays(t *testing.T) {
	var members []archived
	for _, i := range []string{"10", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"} {
		w := dense(1, 1)
		if i == "10" {
			w = dense(3, 1)
		}
		members = append(members, archived{"arr_" + i + ".npy", w})
	}
	net, info := read(t, "npz", npzFile(t, members...), relu)
	if net.Out() != 3 || info.Names[10] != "arr_10" {
		t.Errorf("%d outputs, layers %q", net.Out(), info.Names)
	}
}

func TestNPZNotesTheOrientation(t *testing.T) {
	_, info := read(t, "npz", npzFile(t, archived{"W1.npy", dense(2, 3)}, archived{"W2.npy", dense(3, 2)}), relu)
	checkNotes(t, info, "taken as out×in")
	_, info = read(t, "npz", npzFile(t, archived{"W1.npy", dense(2, 3)}, archived{"W2.npy", dense(3, 1)}), relu)
	checkNotes(t, info, "only with weights in×out")
}

func TestNPZErrors(t *testing.T) {
	whole := npzFile(t, archived{"W1.npy", dense(2, 2)})
	for _, c := range []struct {
		name    string
		content []byte
		words   []string
	}{
		{"truncated", whole[:len(whole)-9], []string{"zip"}},
		{"nothing in it", npzFile(t), []string{"no linear layer"}},
		{"other members", npzFile(t, archived{"readme.txt", []byte("hello")}), []string{`"readme.txt"`}},

		{"cut array", npzFile(t, archived{"W1.npy", []byte("\x93NUMPY\x01\x00")}), []string{`"W1"`, "npy file"}},
		{"truth values", npzFile(t, archived{"W1.npy", []bool{true}}), []string{`"W1"`, "two axes"}},
		{"twice", npzFile(t, archived{"W1.npy", dense(2, 2)}, archived{"W1.npy", dense(2, 2)}), []string{`two arrays named "W1"`}},
		{"not chaining", npzFile(t, archived{"W1.npy", dense(3, 2)}, archived{"W2.npy", dense(4, 5)}), []string{`"W1" (3×2`, `"W2" (4×5`}},
		{"NaN", npzFile(t, archived{"W1.npy", mat.NewDense(1, 2, []float64{1, nan})}), []string{`"W1" holds NaN at index [0 1]`}},
		{"too few biases", npzFile(t, archived{"arr_0.npy", dense(2, 2)}, archived{"arr_1.npy", dense(2, 2)}, archived{"arr_2.npy", []float64{1, 2}}), []string{"2 arrays with two axes", "1 others"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := formatNamed("npz").loadContent(c.content, relu)
			checkError(t, err, append(c.words, "reading npz")...)
		})
	}
}
