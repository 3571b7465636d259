package experiments

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"math"
	"strconv"

	"github.com/nlpodyssey/safetensors"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/modelfile"
	"github.com/liptrack/liptrack/trainer"
)

// checkpoint is a training state together with the length and sums of the series that belongs to
// it. It is stored as a safetensors file: PyTorch and JAX can read the tensors, and the rest is in
// the metadata.
type checkpoint struct {
	state       *trainer.State
	seriesBytes int64
	// seriesSum is the SHA-256 of those bytes in hexadecimal; empty in files from older releases.
	seriesSum string
	// dataSum is the SHA-256 of the run's data; empty in files from older releases.
	dataSum string
	// about describes the model to anyone who finds the file: widths, activations, data, config
	// hash.
	about map[string]string
}

// Metadata keys that are needed to restore a run.
const (
	metaEpoch       = "liptrack.epoch"
	metaBatch       = "liptrack.batch"
	metaStep        = "liptrack.step"
	metaPathLength  = "liptrack.path_length"
	metaUpdatePath  = "liptrack.update_path"
	metaUpdateGrad  = "liptrack.update_gradient"
	metaDone        = "liptrack.done"
	metaSeriesBytes = "liptrack.series_bytes"
	metaSeriesSum   = "liptrack.series_sha256"
	metaDataSum     = "liptrack.data_sha256"
)

// writeTensors writes the checkpoint.
func (c checkpoint) writeTensors(w io.Writer) error {
	views := map[string]safetensors.TensorView{}
	for _, t := range c.state.Tensors {
		var err error
		views[t.Name], err = viewOf(t)
		if err != nil {
			return fmt.Errorf("tensor %s: %w", t.Name, err)
		}
	}

	// Metadata values are strings. Floats are written in hexadecimal, which preserves every bit.
	meta := map[string]string{
		"format":        "pt",
		metaEpoch:       strconv.Itoa(c.state.Epoch),
		metaBatch:       strconv.Itoa(c.state.Batch),
		metaStep:        strconv.Itoa(c.state.Step),
		metaPathLength:  hexadecimal(c.state.PathLength),
		metaDone:        string(c.state.Done),
		metaSeriesBytes: strconv.FormatInt(c.seriesBytes, 10),
		metaSeriesSum:   c.seriesSum,
		metaDataSum:     c.dataSum,
	}

	// A run that does not record updates has no such keys, so that its checkpoints keep the same
	// bytes as before.
	travel := c.state.Travel
	if travel != (trainer.Travel{}) {
		meta[metaUpdatePath] = hexadecimal(travel.Path)
		meta[metaUpdateGrad] = hexadecimal(travel.LargestGradient)
	}

	// The sum covers all other metadata, so it comes last.
	maps.Copy(meta, c.about)
	meta[modelfile.MetaSum] = modelfile.Checksum(meta, views)

	return safetensors.SerializeToWriter(views, meta, w)
}

func hexadecimal(v float64) string {
	return strconv.FormatFloat(v, 'x', -1, 64)
}

func sumText(sum hash.Hash) string {
	return hex.EncodeToString(sum.Sum(nil))
}

// viewOf converts a tensor for the safetensors library.
func viewOf(t trainer.Tensor) (safetensors.TensorView, error) {
	var shape []uint64
	for _, n := range t.Shape {
		shape = append(shape, uint64(n))
	}

	// A run trains in one of two precisions. The file keeps it, or a resumed run would round once
	// more.
	var kind safetensors.DType
	switch t.Data.(type) {
	case []float32:
		kind = safetensors.F32
	case []float64:
		kind = safetensors.F64
	default:
		return safetensors.TensorView{}, fmt.Errorf("it holds %T, not floats", t.Data)
	}

	// safetensors files are little-endian on every machine.
	data, err := binary.Append(nil, binary.LittleEndian, t.Data)
	if err != nil {
		return safetensors.TensorView{}, err
	}

	return safetensors.NewTensorView(kind, shape, data)
}

// readCheckpoint reads a checkpoint file. It returns an error if the file is not as it was written.
func readCheckpoint(path string) (checkpoint, error) {
	file, err := input.Open(path)
	if err != nil {
		return checkpoint{}, err
	}

	defer file.Close()

	raw, err := io.ReadAll(file) // written by liptrack, as large as the network
	if err != nil {
		return checkpoint{}, err
	}

	c, err := parseCheckpoint(raw)
	if err != nil {
		return checkpoint{}, damagedCheckpoint(path, err)
	}

	return c, nil
}

// CheckpointPlace returns the number of epochs completed at a checkpoint and the length of the
// series that belongs to it, in bytes.
func CheckpointPlace(path string) (epochs int, seriesBytes int64, err error) {
	c, err := readCheckpoint(path)
	if err != nil {
		return 0, 0, err
	}
	return c.state.Epoch - 1, c.seriesBytes, nil
}

func damagedCheckpoint(path string, err error) error {
	return fmt.Errorf("checkpoint %s is damaged: %w; --overwrite begins the run anew",
		path, err)
}

func parseCheckpoint(raw []byte) (checkpoint, error) {
	file, err := safetensors.Deserialize(raw)
	if err != nil {
		return checkpoint{}, err
	}

	// The library returns tensors and metadata from two separate calls.
	_, header, err := safetensors.ReadMetadata(raw)
	if err != nil {
		return checkpoint{}, err
	}

	meta := header.Metadata()
	c, err := parseMetadata(meta)
	if err != nil {
		return checkpoint{}, err
	}

	// The sum covers the contents and not the bytes of the file, since the order of tensors in a
	// file is arbitrary.
	views := map[string]safetensors.TensorView{}
	for _, named := range file.Tensors() {
		t, err := tensorOf(named)
		if err != nil {
			return checkpoint{}, err
		}

		c.state.Tensors = append(c.state.Tensors, t)
		views[named.Name] = named.TensorView
	}

	// Older releases wrote neither sum.
	want, is := meta[modelfile.MetaSum], modelfile.Checksum(meta, views)
	// No release wrote only one of the two sums, so something was lost.
	if (want == "") != (c.seriesSum == "") || want != "" && want != is {
		return checkpoint{}, fmt.Errorf("its checksum is %.12s…, but it records %.12s…",
			is, want)
	}

	return c, nil
}

// parseMetadata reads the part of a state that is in the metadata.
func parseMetadata(meta map[string]string) (checkpoint, error) {
	// Report all problems at once: a file that somebody edited rarely has only one.
	var errs []error
	refuse := func(key, must string) {
		errs = append(errs, fmt.Errorf("metadata %s is %.40q: must be %s",
			key, meta[key], must))
	}

	number := func(key string) int64 {
		n, err := strconv.ParseInt(meta[key], 10, 64)
		if err != nil || n < 0 || n > math.MaxInt {
			refuse(key, "a whole number, 0 or more")
		}

		return n
	}

	real := func(key string) float64 {
		v, err := strconv.ParseFloat(meta[key], 64)
		// The negated comparison also refuses NaN.
		if err != nil || !(v >= 0) || math.IsInf(v, 0) {
			refuse(key, "a number, 0 or more")
		}

		return v
	}

	c := checkpoint{
		state: &trainer.State{
			Epoch: int(number(metaEpoch)),
			Batch: int(number(metaBatch)),
			Step:  int(number(metaStep)),
			Done:  trainer.Status(meta[metaDone]),
		},
		seriesBytes: number(metaSeriesBytes),
		seriesSum:   meta[metaSeriesSum],
		dataSum:     meta[metaDataSum],
		about:       meta,
	}

	c.state.PathLength = real(metaPathLength)
	if _, followed := meta[metaUpdatePath]; followed {
		c.state.Travel = trainer.Travel{
			Path:            real(metaUpdatePath),
			LargestGradient: real(metaUpdateGrad),
		}
	}

	switch c.state.Done {
	case "", trainer.Converged, trainer.Completed, trainer.GaveUp:
	default:
		refuse(metaDone, "empty or how the run ended")
	}

	if c.seriesBytes == 0 {
		errs = append(errs, fmt.Errorf("metadata %s is 0: a series has a header at least",
			metaSeriesBytes))
	}

	return c, errors.Join(errs...)
}

func tensorOf(named safetensors.NamedTensorView) (trainer.Tensor, error) {
	t := trainer.Tensor{Name: named.Name}
	for _, n := range named.TensorView.Shape() {
		t.Shape = append(t.Shape, int(n))
	}

	data := named.TensorView.Data()
	switch named.TensorView.DType() {
	case safetensors.F32:
		t.Data = make([]float32, len(data)/bytesOfFloat32)
	case safetensors.F64:
		t.Data = make([]float64, len(data)/bytesOfFloat64)
	default:
		return t, fmt.Errorf("tensor %s holds %v: must be F32 or F64",
			named.Name, named.TensorView.DType())
	}

	_, err := binary.Decode(data, binary.LittleEndian, t.Data)
	return t, err
}

// checkProgress returns an error if training for the given numbers of epochs and updates per epoch
// never reaches the checkpoint's position.
func (c checkpoint) checkProgress(updatesPerEpoch, epochs int) error {
	s := c.state

	// If the epoch and batch do not match the number of updates, they come from another
	// configuration, and training would continue at the wrong batch.
	if s.Epoch < 1 || s.Epoch > epochs+1 {
		return fmt.Errorf("metadata %s is %d: must be 1 to %d", metaEpoch, s.Epoch, epochs+1)
	}
	want := (s.Epoch-1)*updatesPerEpoch + s.Batch
	if s.Step != want {
		return fmt.Errorf("metadata %s is %d: batch %d of epoch %d comes after %d updates",
			metaStep, s.Step, s.Batch, s.Epoch, want)
	}
	return nil
}
