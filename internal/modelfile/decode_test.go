package modelfile

import (
	"encoding/binary"
	"math"
	"testing"
)

var nan = math.NaN()

// The values are those of IEEE 754 binary16 and of bfloat16, from their definitions.
func TestHalfPrecision(t *testing.T) {
	for _, c := range []struct {
		bits    uint16
		decoder func(uint16) float64
		want    float64
	}{
		{0x3c00, float16, 1},
		{0xc000, float16, -2},
		{0x3555, float16, 0.333251953125},
		{0x7bff, float16, 65504},
		{0x0400, float16, 0x1p-14},
		{0x0001, float16, 0x1p-24},
		{0x83ff, float16, -1023 * 0x1p-24},
		{0x7c00, float16, math.Inf(1)},
		{0xfc00, float16, math.Inf(-1)},
		{0x3f80, bfloat16, 1},
		{0xc049, bfloat16, -3.140625},
		{0xff80, bfloat16, math.Inf(-1)},
	} {
		if got := c.decoder(c.bits); got != c.want {
			t.Errorf("%#04x is %v, want %v", c.bits, got, c.want)
		}
	}
	if !math.IsNaN(float16(0x7e00)) || !math.IsNaN(bfloat16(0x7fc0)) {
		t.Error("NaN is lost")
	}
	if z := float16(0x8000); z != 0 || !math.Signbit(z) {
		t.Errorf("−0 is %v", z)
	}
}

// More numbers than are decoded at a time, in both orders of bytes.
func TestDecoderReadsEveryNumber(t *testing.T) {
	const n = 2500
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		var b []byte
		for i := range n {
			b = order.AppendUint16(b, uint16(-i))
		}
		x, err := decoderOf[int16]().array("x", []int{n}, b, order.(binary.ByteOrder))
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range x.values {
			if v != float64(-i) {
				t.Fatalf("%v: number %d is %v", order, i, v)
			}
		}
	}
}

func TestDecoderWantsAsManyBytesAsTheShape(t *testing.T) {
	for _, shape := range [][]int{{3}, {5}, {-4}, {1 << 40, 1 << 40}, {}} {
		_, err := decoderOf[float32]().array("fc.weight", shape, make([]byte, 16), binary.LittleEndian)
		checkError(t, err, `"fc.weight"`, "16 bytes")
	}
}
