package modelfile

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/nlpodyssey/safetensors"
)

// MetaSum is the metadata key of a checkpoint's [Checksum]. Older releases wrote none.
const MetaSum = "liptrack.sha256"

// tensorBytes is a tensor in the form in which safetensors stores it.
type tensorBytes interface {
	DType() safetensors.DType
	Shape() []uint64
	Data() []byte
}

// Checksum returns the SHA-256, in hexadecimal, of a checkpoint's metadata and tensors, except for
// the checksum itself.
func Checksum[T tensorBytes](meta map[string]string, tensors map[string]T) string {
	sum := sha256.New()
	// Sort by name, since maps have no order, and quote names, so that none can look like another
	// line.
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

// checkSum returns an error if a checkpoint does not match its checksum: a flipped bit would go
// unnoticed otherwise. Without a checksum in meta it accepts any.
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
			"the checkpoint is damaged: its checksum is %.12s…, but %.12q… was recorded",
			is,
			want,
		)
	}

	return nil
}
