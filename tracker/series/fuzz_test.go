package series

import (
	"bytes"
	"strings"
	"testing"
)

// FuzzRead reads any bytes as a series: an error, or a table that is the same whether the file is
// read at once or as it grows.
func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	w := NewWriter(&b)
	if err := w.WriteHeader(Header{Experiment: "e", Run: "r", Config: map[string]string{"a": "b"}}); err != nil {
		f.Fatal(err)
	}
	if err := w.Append(3, 9, Sample{Metric: LowerBound, Label: "on=correct", Value: 1.5, Kind: Lower, At: &Place{Points: []int{2}}}); err != nil {
		f.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		f.Fatal(err)
	}
	f.Add(b.String())
	f.Add(b.String()[:b.Len()-3])
	f.Add(`{"liptrack_series":1}` + "\n" + `{"epoch":0,"step":0,"metric":"x","value":"NaN","kind":"exact"}` + "\n")
	f.Add("\n\n")

	f.Fuzz(func(t *testing.T, text string) {
		whole, err := Read(strings.NewReader(text))
		if err != nil {
			return
		}

		grown := &Table{}
		half := strings.LastIndexByte(text[:len(text)/2], '\n') + 1
		n, err := grown.Extend(strings.NewReader(text[:half]))
		if err != nil || n != int64(half) {
			t.Fatalf("%d of %d bytes of the first half, error %v", n, half, err)
		}
		if _, err := grown.Extend(strings.NewReader(text[half:])); err != nil {
			t.Fatalf("the second half: %v", err)
		}
		if whole.Truncated != grown.Truncated || strings.Join(whole.Metrics(), " ") != strings.Join(grown.Metrics(), " ") {
			t.Errorf("metrics are %v if read as it grows, %v if read at once", grown.Metrics(), whole.Metrics())
		}
		for _, metric := range whole.Metrics() {
			for _, label := range whole.Labels(metric) {
				a, b := whole.Curve(metric, label), grown.Curve(metric, label)
				if b == nil || len(a.Values) != len(b.Values) || len(a.Epochs) != len(a.Values) {
					t.Errorf("%s %s differs", metric, label)
				}
			}
		}
	})
}
