package input

import (
	"math"
	"testing"
)

// The values follow from the definitions of IEEE 754 binary16 and of bfloat16.
func TestHalfPrecision(t *testing.T) {
	for _, c := range []struct {
		bits    uint16
		decoder func(uint16) float64
		want    float64
	}{
		{0x3c00, Float16, 1},
		{0xc000, Float16, -2},
		{0x3555, Float16, 0.333251953125},
		{0x7bff, Float16, 65504},
		{0x0400, Float16, 0x1p-14},
		{0x0001, Float16, 0x1p-24},
		{0x83ff, Float16, -1023 * 0x1p-24},
		{0x7c00, Float16, math.Inf(1)},
		{0xfc00, Float16, math.Inf(-1)},
		{0x3f80, BFloat16, 1},
		{0xc049, BFloat16, -3.140625},
		{0xff80, BFloat16, math.Inf(-1)},
	} {
		if got := c.decoder(c.bits); got != c.want {
			t.Errorf("%#04x is %v, want %v", c.bits, got, c.want)
		}
	}
	if !math.IsNaN(Float16(0x7e00)) || !math.IsNaN(BFloat16(0x7fc0)) {
		t.Error("NaN is lost")
	}
	if z := Float16(0x8000); z != 0 || !math.Signbit(z) {
		t.Errorf("−0 is %v", z)
	}
}
