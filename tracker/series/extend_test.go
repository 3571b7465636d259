package series

import (
	"bytes"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// written returns a series as the bytes of a file.
func written(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b)
	if err := w.WriteHeader(Header{Experiment: "e", Run: "r", Seed: 1}); err != nil {
		t.Fatal(err)
	}
	for e := range 40 {
		err := w.Append(e, 8*e, Sample{Metric: LowerBound, Value: Float(math.Sqrt(float64(e))), Kind: Lower, At: &Place{Set: ProbePoints, Points: []int{e, 7}, Weight: 0.3, X: []Float{1, Float(math.Inf(1))}}},
			Sample{Metric: SpectralNorm, Label: "layer=1", Value: Float(math.NaN()), Kind: Exact, Warning: "doubtful"})
		if err != nil {
			t.Fatal(err)
		}
	}

	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestExtendedIsReadAtOnce cuts a series at random bytes, as a reader may see it while it is being
// written.
func TestExtendedIsReadAtOnce(t *testing.T) {
	file := written(t)
	whole, err := Read(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 100 {
		grown, at := &Table{}, int64(0)
		for size := 0; size < len(file); {
			size = min(len(file), size+rng.IntN(400))
			n, err := grown.Extend(bytes.NewReader(file[at:size]))
			if err != nil {
				t.Fatal(err)
			}
			at += n
			if want := int64(bytes.LastIndexByte(file[:size], '\n') + 1); at != want {
				t.Fatalf("read %d of %d bytes, but the last whole line ends at %d", at, size, want)
			}
			if grown.Truncated != (at < int64(size)) {
				t.Fatalf("truncated is %v with %d of %d bytes read", grown.Truncated, at, size)
			}
		}
		if !same(grown, whole) {
			t.Fatal("the series differs if it is read in parts")
		}
	}
}

// same reports whether tables are equal. Their curves may contain NaN.
func same(a, b *Table) bool {
	if !reflect.DeepEqual(a.Header, b.Header) || !reflect.DeepEqual(a.Metrics(), b.Metrics()) {
		return false
	}
	for _, metric := range a.Metrics() {
		for _, label := range a.Labels(metric) {
			x, y := *a.Curve(metric, label), *b.Curve(metric, label)
			for i := range x.Values {
				if math.Float64bits(x.Values[i]) != math.Float64bits(y.Values[i]) {
					return false
				}
			}
			x.Values, y.Values = nil, nil
			if !reflect.DeepEqual(x, y) {
				return false
			}
		}
	}

	return true
}

func TestMalformedLinesAreNumbered(t *testing.T) {
	header := strings.SplitAfter(string(written(t)), "\n")[0]
	for text, want := range map[string]string{
		"":                             "no header",
		"{":                            "no header",
		"nonsense\n":                   "line 1: not a series header",
		`{"liptrack_series":9}` + "\n": "line 1: series format 9",
		header + "{}\n":                "line 2: a point without a metric",
		header + `{"epoch":-1,"metric":"x","value":1}` + "\n":  "line 2: epoch -1, step 0: neither can be negative",
		header + `{"epoch":1.5,"metric":"x","value":1}` + "\n": "line 2: epoch: got a JSON number 1.5, want a whole number",
		header + `{"metric":"m"}` + "\n{\n":                    "line 3",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one that says %q", text, err, want)
		}
	}
}
