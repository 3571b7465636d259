package modelfile

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/liptrack/liptrack/internal/input"
)

var nan = math.NaN()

// The array has more numbers than are decoded at a time; both byte orders are tried.
func TestDecoderReadsEveryNumber(t *testing.T) {
	const n = 2500
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		var b []byte
		for i := range n {
			b = order.AppendUint16(b, uint16(-i))
		}
		x, err := arrayOf(input.DecoderOf[int16](), "x", []int{n}, b, order.(binary.ByteOrder))
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
		_, err := arrayOf(input.DecoderOf[float32](), "fc.weight", shape, make([]byte, 16), binary.LittleEndian)
		checkError(t, err, `"fc.weight"`, "16 bytes")
	}
}
