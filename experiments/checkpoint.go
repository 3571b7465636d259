package experiments

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/nlpodyssey/safetensors"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/modelfile"
	"github.com/liptrack/liptrack/trainer"
)

// checkpoint is a training state and what it vouches for of the series that goes with it, as a
// safetensors file: PyTorch and JAX read the tensors, the rest is in its metadata.
type checkpoint struct {
	state       *trainer.State
	seriesBytes int64
	// seriesSum is the SHA-256 of those bytes, in hexadecimal; empty in files of older releases.
	seriesSum string
	// dataSum is the SHA-256 of the data of the run; empty in files of older releases.
	dataSum string
	// about describes the model to whoever finds the file: widths, activations, data, config
	// hash.
	about map[string]string
}

// The metadata keys that restore a run.
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

// tensorView is a tensor as the safetensors library takes it.
type tensorView struct {
	dtype safetensors.DType
	shape []uint64
	data  []byte
}

func (v tensorView) DType() safetensors.DType { return v.dtype }
func (v tensorView) Shape() []uint64          { return v.shape }
func (v tensorView) Data() []byte             { return v.data }
func (v tensorView) DataLen() uint64          { return uint64(len(v.data)) }

// write writes the checkpoint.
func (c checkpoint) write(w io.Writer) error {
	views := map[string]tensorView{}
	for _, t := range c.state.Tensors {
		v, err := viewOf(t)
		if err != nil {
			return err
		}

		views[t.Name] = v
	}

	// The format's metadata are strings. Floats are written in hexadecimal, which reads back to the
	// bit.
	meta := map[string]string{
		"format":        "pt",
		metaEpoch:       strconv.Itoa(c.state.Epoch),
		metaBatch:       strconv.Itoa(c.state.Batch),
		metaStep:        strconv.Itoa(c.state.Step),
		metaPathLength:  strconv.FormatFloat(c.state.PathLength, 'x', -1, 64),
		metaDone:        string(c.state.Done),
		metaSeriesBytes: strconv.FormatInt(c.seriesBytes, 10),
		metaSeriesSum:   c.seriesSum,
		metaDataSum:     c.dataSum,
	}

	// A run that follows no updates has no such keys, so that its checkpoints keep the bytes that
	// they always had.
	if travel := c.state.Travel; travel != (trainer.Travel{}) {
		meta[metaUpdatePath] = strconv.FormatFloat(travel.Path, 'x', -1, 64)
		meta[metaUpdateGrad] = strconv.FormatFloat(travel.LargestGradient, 'x', -1, 64)
	}

	// The sum is over everything else in the metadata, so it comes last.
	maps.Copy(meta, c.about)
	meta[modelfile.MetaSum] = modelfile.Checksum(meta, views)

	return safetensors.SerializeToWriter(views, meta, w)
}

func sumText(sum hash.Hash) string { return hex.EncodeToString(sum.Sum(nil)) }

func viewOf(t trainer.Tensor) (tensorView, error) {
	v := tensorView{}
	for _, n := range t.Shape {
		v.shape = append(v.shape, uint64(n))
	}

	// A run trains in one of the two precisions; the file keeps it, or a resumed run would round
	// once more.
	switch t.Data.(type) {
	case []float32:
		v.dtype = safetensors.F32
	case []float64:
		v.dtype = safetensors.F64
	default:
		return v, fmt.Errorf("tensor %s holds %T, not floats", t.Name, t.Data)
	}

	var buf bytes.Buffer
	// safetensors is little-endian on every machine.
	if err := binary.Write(&buf, binary.LittleEndian, t.Data); err != nil {
		return v, fmt.Errorf("tensor %s: %w", t.Name, err)
	}

	v.data = buf.Bytes()

	return v, nil
}

// readCheckpoint reads a checkpoint file. It is an error if it is not what was written.
func readCheckpoint(path string) (checkpoint, error) {
	file, err := input.Open(path)
	if err != nil {
		return checkpoint{}, err
	}

	defer file.Close()

	raw, err := io.ReadAll(file) // ours, as large as the network is
	if err != nil {
		return checkpoint{}, err
	}

	c, err := parseCheckpoint(raw)
	if err != nil {
		return checkpoint{}, damagedCheckpoint(path, err)
	}

	return c, nil
}

// CheckpointPlace reads where in its run a checkpoint is: after how many epochs, and how many bytes
// of the series it vouches for.
func CheckpointPlace(path string) (epochs int, seriesBytes int64, err error) {
	c, err := readCheckpoint(path)
	if err != nil {
		return 0, 0, err
	}
	return c.state.Epoch - 1, c.seriesBytes, nil
}

func damagedCheckpoint(path string, err error) error {
	return fmt.Errorf("checkpoint %s is damaged: %w; --overwrite begins the run anew", path, err)
}

func parseCheckpoint(raw []byte) (checkpoint, error) {
	file, err := safetensors.Deserialize(raw)
	if err != nil {
		return checkpoint{}, err
	}

	// The library's tensors and its metadata come from two calls.
	_, header, err := safetensors.ReadMetadata(raw)
	if err != nil {
		return checkpoint{}, err
	}

	meta := header.Metadata()
	c, err := parseMetadata(meta)
	if err != nil {
		return checkpoint{}, err
	}

	// The sum is taken over what was read, not over the file's bytes: the order of tensors in a
	// file is free.
	views := map[string]tensorView{}
	for _, named := range file.Tensors() {
		t, err := tensorOf(named)
		if err != nil {
			return checkpoint{}, err
		}

		c.state.Tensors = append(c.state.Tensors, t)
		v := named.TensorView
		views[named.Name] = tensorView{v.DType(), v.Shape(), v.Data()}
	}

	// Older releases wrote neither sum.
	want, is := meta[modelfile.MetaSum], modelfile.Checksum(meta, views)
	// A file with only one of the two sums was not written by any release: something was lost.
	if (want == "") != (c.seriesSum == "") || want != "" && want != is {
		return checkpoint{}, fmt.Errorf("its checksum is %.12s…, and it says %.12s…", is, want)
	}

	return c, nil
}

// parseMetadata reads what restores a run beside its tensors.
func parseMetadata(meta map[string]string) (checkpoint, error) {
	// All that is wrong is told at once: a file that somebody edited rarely has one fault only.
	var errs []error
	number := func(key string) int64 {
		n, err := strconv.ParseInt(meta[key], 10, 64)
		if err != nil || n < 0 || n > math.MaxInt {
			err := fmt.Errorf(
				"metadata %s is %.40q: must be a whole number, 0 or more",
				key,
				meta[key],
			)
			errs = append(errs, err)
		}

		return n
	}

	real := func(key string) float64 {
		v, err := strconv.ParseFloat(meta[key], 64)
		// The negation refuses NaN, which no comparison holds for.
		if err != nil || !(v >= 0) || math.IsInf(v, 0) {
			errs = append(
				errs,
				fmt.Errorf("metadata %s is %.40q: must be a number, 0 or more", key, meta[key]),
			)
		}

		return v
	}

	c := checkpoint{
		state: &trainer.State{
			Epoch: int(number(metaEpoch)), Batch: int(number(metaBatch)), Step: int(number(metaStep)),
			Done: trainer.Status(meta[metaDone]),
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

	if !slices.Contains(
		[]trainer.Status{"", trainer.Converged, trainer.Completed, trainer.GaveUp},
		c.state.Done,
	) {
		errs = append(
			errs,
			fmt.Errorf(
				"metadata %s is %.40q: must be empty or how the run ended",
				metaDone,
				meta[metaDone],
			),
		)
	}

	if c.seriesBytes == 0 {
		errs = append(
			errs,
			fmt.Errorf("metadata %s is 0: a series has a header at least", metaSeriesBytes),
		)
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
		return t, fmt.Errorf(
			"tensor %s holds %v: must be F32 or F64",
			named.Name,
			named.TensorView.DType(),
		)
	}

	return t, binary.Read(bytes.NewReader(data), binary.LittleEndian, t.Data)
}

// checkProgress returns an error if a checkpoint is at a place that training a run of so many
// epochs, each of so many updates, does not come to.
func (c checkpoint) checkProgress(updatesPerEpoch, epochs int) error {
	s := c.state

	// An epoch and a batch that do not fit the updates come from another configuration, and
	// training would go on at the wrong batch.
	if s.Epoch < 1 || s.Epoch > epochs+1 {
		return fmt.Errorf("metadata %s is %d: must be 1 to %d", metaEpoch, s.Epoch, epochs+1)
	}
	if want := (s.Epoch-1)*updatesPerEpoch + s.Batch; s.Step != want {
		return fmt.Errorf("metadata %s is %d: batch %d of epoch %d comes after %d updates",
			metaStep, s.Step, s.Batch, s.Epoch, want)
	}
	return nil
}
