package vec

import "testing"

// Each sum has a 1 and several 2⁻²⁴. Whether a 2⁻²⁴ is lost shows which partial sum it was added
// to.
func TestSumOrder(t *testing.T) {
	const tiny = 0x1p-24
	for _, test := range []struct {
		name string
		v    []float32
		want float32
	}{
		{"none", nil, 0},
		{"below eight, in order", []float32{1, tiny, tiny}, 1},
		{"eight lanes: 1 and 5 first meet", []float32{0, 1, 0, 0, 0, tiny, 0, tiny}, 1},
		{"eight lanes: 3 and 7 meet before 1", []float32{0, 1, 0, tiny, 0, 0, 0, tiny}, 1 + 2*tiny},
		{"the ninth in the first lane", []float32{1, 0, 0, 0, 0, 0, 0, 0, tiny, tiny}, 1},
		{"the tenth in the second lane", []float32{1, 0, 0, 0, 0, tiny, 0, 0, 0, tiny}, 1 + 2*tiny},
	} {
		if got := Sum(test.v); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}
