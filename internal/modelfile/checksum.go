package modelfile

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/nlpodyssey/safetensors"
)

// MetaSum is the metadata of a checkpoint under which its [Checksum] stands. Older releases wrote
// none.
const MetaSum = "liptrack.sha256"

// tensorBytes is a tensor as safetensors hold it.
type tensorBytes interface {
	DType() safetensors.DType
	Shape() []uint64
	Data() []byte
}

// Checksum returns the SHA-256, in hexadecimal, of what a checkpoint holds, the checksum itself
// apart.
func Checksum[T tensorBytes](meta map[string]string, tensors map[string]T) string {
	sum := sha256.New()
	// In the order of the names, since neither metadata nor tensors have one; quoted, so that no
	// name can look like another line.
	for _, key := range slices.Sorted(maps.Keys(meta)) {
		if key != MetaSum {
			fmt.Fprintf(sum, "%q=%q\n", key, meta[key])
		}
	}

	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		t := tensors[name]
		fmt.Fprintf(sum, "%q %v %v %d\n", name, t.DType(), t.Shape(), len(t.Data()))
		sum.Write(t.Data())
	}

	return hex.EncodeToString(sum.Sum(nil))
}

// checkSum refuses a checkpoint that is not what was written, as nobody notices a flipped bit.
func checkSum(raw []byte, meta map[string]string) error {
	want := meta[MetaSum]
	if want == "" {
		return nil
	}

	file, err := safetensors.Deserialize(raw)
	if err != nil {
		return err
	}

	tensors := map[string]tensorBytes{}
	for _, named := range file.Tensors() {
		tensors[named.Name] = named.TensorView
	}

	is := Checksum(meta, tensors)
	if is != want {
		return fmt.Errorf(
			"the checkpoint is damaged: its checksum is %.12s…, and it says %.12q…",
			is,
			want,
		)
	}

	return nil
}
