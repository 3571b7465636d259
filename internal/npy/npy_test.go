package npy

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/sbinet/npyio/npy"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/input"
)

// file returns an npy file with the array v.
func file(t testing.TB, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := npy.Write(&b, v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestParseOfEveryType(t *testing.T) {
	for _, v := range []any{
		[]float64{1, 2, 3}, []float32{1, 2, 3},
		[]int8{1, 2, 3}, []int16{1, 2, 3}, []int32{1, 2, 3}, []int64{1, 2, 3},
		[]uint8{1, 2, 3}, []uint16{1, 2, 3}, []uint32{1, 2, 3}, []uint64{1, 2, 3},
	} {
		a, err := parse(file(t, v))
		if err != nil {
			t.Errorf("%T: %v", v, err)
			continue
		}
		if !slices.Equal(a.Values, []float64{1, 2, 3}) || !slices.Equal(a.Shape, []int{3}) {
			t.Errorf("%T: %v", v, *a)
		}
	}
}

func TestParseErrors(t *testing.T) {
	whole := file(t, []float64{1, 2, 3})
	edited := func(old, new string) []byte { return bytes.Replace(whole, []byte(old), []byte(new), 1) }

	for _, c := range []struct {
		name    string
		content []byte
		words   []string
	}{
		{"truncated", whole[:len(whole)-1], []string{"shape [3]", "end after 2"}},
		{"too long", append(slices.Clone(whole), 0), []string{"more data follow"}},
		{"lying shape", edited("(3,)", "(9,)"), []string{"shape [9]", "end after 3"}},
		{"negative", edited("(3,)", "(-3)"), []string{"malformed"}},
		{"cut in the header", whole[:20], []string{"whole npy file"}},
		{"no header", whole[:9], []string{"whole npy file"}},
		{"version 4", append([]byte(magic+"\x04"), whole[7:]...), []string{"version 1, 2 or 3"}},
		{"complex", edited("<f8", "<c8"), []string{"c8", "not a float"}},
		{"objects", edited("<f8", "|O8"), []string{"Python objects"}},
		{"text", edited("<f8", "<U5"), []string{"it holds text"}},
		{"a record", edited("'<f8'", "[('a', '<f8')]"), []string{"malformed"}},
		{"no shape", edited("shape", "shade"), []string{"a shape"}},
		{"too many numbers", withHeader("False", "(99999999999,)"), []string{"99999999999", "exceeds the limit of"}},
		{"other magic", edited("NUMPY", "NUMPI"), []string{"magic string of NumPy"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse(c.content)
			if err == nil {
				t.Fatal("no error")
			}

			for _, w := range c.words {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("error %q does not mention %q", err, w)
				}
			}
		})
	}
}

// withHeader returns an npy file of bytes (uint8) in the given order and shape.
func withHeader(fortran, shape string, data ...byte) []byte {
	header := "{'descr': '|u1', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n"
	return append([]byte(magic+"\x01\x00"+string(rune(len(header)))+"\x00"+header), data...)
}

// NumPy reads headers as Python literals, so spacing, quotes and order may vary.
func TestParseOfOtherHeaders(t *testing.T) {
	for _, dictionary := range []string{
		"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3)}\n",
		"{'descr':'|u1','fortran_order':False,'shape':(2,3,)}",
		`{"shape": (2, 3), "fortran_order": False, "descr": "|u1", }` + "   \n",
	} {
		content := magic + "\x01\x00" + string(rune(len(dictionary))) + "\x00" + dictionary + "\x01\x02\x03\x04\x05\x06"
		a, err := parse([]byte(content))
		if err != nil {
			t.Errorf("%s: %v", dictionary, err)
			continue
		}
		if !slices.Equal(a.Shape, []int{2, 3}) || !slices.Equal(a.Values, []float64{1, 2, 3, 4, 5, 6}) {
			t.Errorf("%s: %v", dictionary, *a)
		}
	}
}

func TestParseOfBigEndianAndHalf(t *testing.T) {
	for kind, data := range map[string]string{"'>i2'": "\x01\x00\xff\xff", "'<f2'": "\x00\x5c\x00\xbc", "'|b1'": "\x01\x00"} {
		dictionary := "{'descr': " + kind + ", 'fortran_order': False, 'shape': (2,), }\n"
		a, err := parse([]byte(magic + "\x01\x00" + string(rune(len(dictionary))) + "\x00" + dictionary + data))
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		want := map[string][]float64{"'>i2'": {256, -1}, "'<f2'": {256, -1}, "'|b1'": {1, 0}}[kind]
		if !slices.Equal(a.Values, want) {
			t.Errorf("%s: %v, want %v", kind, a.Values, want)
		}
	}
}

// A shape that contains a zero has no elements, regardless of its other sizes.
func TestParseOfNothing(t *testing.T) {
	for _, fortran := range []string{"False", "True"} {
		a, err := parse(withHeader(fortran, "(200000000, 0)"))
		if err != nil || len(a.Values) != 0 {
			t.Errorf("fortran_order %s: %v, %v", fortran, a, err)
		}
	}
}

// The array is 2×3×2; its entry at [i, j, k] is the number ijk, and the first index is fastest.
func TestParseOfFortranOrder(t *testing.T) {
	a, err := parse(withHeader("True", "(2, 3, 2)", 0, 100, 10, 110, 20, 120, 1, 101, 11, 111, 21, 121))
	if err != nil {
		t.Fatal(err)
	}
	want := []float64{0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121}
	if !slices.Equal(a.Values, want) || !slices.Equal(a.Shape, []int{2, 3, 2}) {
		t.Errorf("%v", *a)
	}
}

// For any bytes, the parser returns either an error or as many values as the shape has elements.
func FuzzParse(f *testing.F) {
	f.Add(file(f, []float64{1, 2, 3}))
	f.Add(file(f, mat.NewDense(2, 2, []float64{1, 2, 3, 4})))
	f.Add([]byte(magic + "\x01\x00\x10\x00{'descr': '<f8'}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := parse(b)
		if err != nil {
			return
		}
		if n, ok := input.Elements(a.Shape); !ok || n != len(a.Values) {
			t.Errorf("shape %v, %d values", a.Shape, len(a.Values))
		}
	})
}

// parse reads an array from the bytes of an npy file.
func parse(b []byte) (*Array, error) { return Read(bytes.NewReader(b)) }
