package experiments

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/nlpodyssey/safetensors"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/trainer"
)

// checkpoint is a training state and the length of the series file that goes with it, as a
// safetensors file: PyTorch and JAX read the tensors, the rest is in its metadata.
type checkpoint struct {
	state       *trainer.State
	seriesBytes int64
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
	meta := map[string]string{
		"format":        "pt",
		metaEpoch:       strconv.Itoa(c.state.Epoch),
		metaBatch:       strconv.Itoa(c.state.Batch),
		metaStep:        strconv.Itoa(c.state.Step),
		metaPathLength:  strconv.FormatFloat(c.state.PathLength, 'x', -1, 64),
		metaDone:        string(c.state.Done),
		metaSeriesBytes: strconv.FormatInt(c.seriesBytes, 10),
	}
	if travel := c.state.Travel; travel != (trainer.Travel{}) {
		meta[metaUpdatePath] = strconv.FormatFloat(travel.Path, 'x', -1, 64)
		meta[metaUpdateGrad] = strconv.FormatFloat(travel.LargestGradient, 'x', -1, 64)
	}
	for k, v := range c.about {
		meta[k] = v
	}
	return safetensors.SerializeToWriter(views, meta, w)
}

func viewOf(t trainer.Tensor) (tensorView, error) {
	v := tensorView{}
	for _, n := range t.Shape {
		v.shape = append(v.shape, uint64(n))
	}
	switch t.Data.(type) {
	case []float32:
		v.dtype = safetensors.F32
	case []float64:
		v.dtype = safetensors.F64
	default:
		return v, fmt.Errorf("tensor %s holds %T, not floats", t.Name, t.Data)
	}
	var buf bytes.Buffer
	if err := binary.Write(&buf, binary.LittleEndian, t.Data); err != nil {
		return v, fmt.Errorf("tensor %s: %w", t.Name, err)
	}
	v.data = buf.Bytes()
	return v, nil
}

// readCheckpoint reads a checkpoint file.
func readCheckpoint(path string) (checkpoint, error) {
	raw, err := input.ReadFile(path)
	if err != nil {
		return checkpoint{}, err
	}
	c, err := parseCheckpoint(raw)
	if err != nil {
		return checkpoint{}, fmt.Errorf("reading checkpoint %s: %w", path, err)
	}
	return c, nil
}

func parseCheckpoint(raw []byte) (checkpoint, error) {
	file, err := safetensors.Deserialize(raw)
	if err != nil {
		return checkpoint{}, err
	}
	_, header, err := safetensors.ReadMetadata(raw)
	if err != nil {
		return checkpoint{}, err
	}
	meta := header.Metadata()
	var errs []error
	number := func(key string) int {
		n, err := strconv.Atoi(meta[key])
		if err != nil {
			errs = append(errs, fmt.Errorf("metadata %s is %q: must be a whole number", key, meta[key]))
		}
		return n
	}
	real := func(key string) float64 {
		v, err := strconv.ParseFloat(meta[key], 64)
		if err != nil {
			errs = append(errs, fmt.Errorf("metadata %s is %q: must be a number", key, meta[key]))
		}
		return v
	}

	c := checkpoint{
		state: &trainer.State{
			Epoch: number(metaEpoch), Batch: number(metaBatch), Step: number(metaStep),
			Done: trainer.Status(meta[metaDone]),
		},
		seriesBytes: int64(number(metaSeriesBytes)),
		about:       meta,
	}
	c.state.PathLength = real(metaPathLength)
	if _, followed := meta[metaUpdatePath]; followed {
		c.state.Travel = trainer.Travel{Path: real(metaUpdatePath), LargestGradient: real(metaUpdateGrad)}
	}

	for _, named := range file.Tensors() {
		t, err := tensorOf(named)
		errs = append(errs, err)
		c.state.Tensors = append(c.state.Tensors, t)
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
		t.Data = make([]float32, len(data)/4)
	case safetensors.F64:
		t.Data = make([]float64, len(data)/8)
	default:
		return t, fmt.Errorf("tensor %s holds %v: must be F32 or F64", named.Name, named.TensorView.DType())
	}
	return t, binary.Read(bytes.NewReader(data), binary.LittleEndian, t.Data)
}
