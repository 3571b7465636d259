package modelfile

import (
	"strings"
	"testing"

	"github.com/nlpodyssey/safetensors"
)

// view is a tensor of eight bytes.
type view struct{ data []byte }

func (view) DType() safetensors.DType { return safetensors.F32 }
func (view) Shape() []uint64          { return []uint64{2, 1} }
func (v view) Data() []byte           { return v.data }
func (v view) DataLen() uint64        { return uint64(len(v.data)) }

// TestFlippedBitsOfCheckpoints flips each bit of the tensor in turn, which must be noticed.
func TestFlippedBitsOfCheckpoints(t *testing.T) {
	tensors := map[string]view{"layers.0.weight": {[]byte{0, 0, 128, 63, 0, 0, 0, 64}}}
	meta := map[string]string{metaActivation: "relu", metaSlope: "0.01", metaOutput: "none"}
	meta[MetaSum] = Checksum(meta, tensors)
	raw, err := safetensors.Serialize(tensors, meta)
	if err != nil {
		t.Fatal(err)
	}

	err = checkSum(raw, meta)
	if err != nil {
		t.Fatal(err)
	}

	for i := range 64 {
		damaged := []byte(string(raw))
		damaged[len(raw)-8+i/8] ^= 1 << (i % 8)
		err := checkSum(damaged, meta)
		if err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Fatalf("bit %d: error %v", i, err)
		}
	}
}
