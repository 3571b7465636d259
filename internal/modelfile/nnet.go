package modelfile

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/internal/decimal"
	"github.com/liptrack/liptrack/network"
)

// Normalization is the normalisation in an .nnet file: for raw inputs x the network takes (x −
// InputMean)/InputRange, feature by feature, and its outputs y stand for the raw outputs
// OutputRange·y + OutputMean.
type Normalization struct {
	// InputMin and InputMax are the box to which tools that evaluate .nnet files first clip the
	// inputs. The network here does not clip.
	InputMin, InputMax    []float64
	InputMean, InputRange []float64
	// OutputMean and OutputRange apply to every output.
	OutputMean, OutputRange float64
}

// parseNNET reads the text format of K. Julian (Stanford, 2016): comments, sizes, normalisation,
// and then for each layer its weights, one row per line, and its biases, one per line. Hidden
// layers are ReLU; the output is linear.
func parseNNET(b []byte, o Options) (*model, error) {
	r := &nnetReader{rest: b}
	sizes, err := r.sizes()
	if err != nil {
		return nil, err
	}

	m := &model{}
	if m.normalization, err = r.normalization(sizes[0]); err != nil {
		return nil, err
	}

	for i := 1; i < len(sizes); i++ {
		l, err := r.layer(i, sizes[i-1], sizes[i])
		if err != nil {
			return nil, err
		}

		l.activation = &network.ReLU
		if i == len(sizes)-1 {
			l.activation = &network.Identity
		}

		m.layers = append(m.layers, l)
	}

	// Further lines after the last layer must not be dropped silently.
	if _, err := r.line("the end of the file"); err == nil {
		return nil, fmt.Errorf("line %d: the file has more lines than the layer sizes promise",
			r.number)
	}

	m.normalize(o.Denormalize)

	return m, nil
}

// normalize folds the normalisation into the network if fold is set, and notes what was done.
func (m *model) normalize(fold bool) {
	n := m.normalization
	switch {
	case n == nil:
		m.addNote("the ranges in the file are 0, so it has no normalisation")
	case fold:
		m.foldNormalization(*n)
		m.normalization = nil
		m.addNote(
			"the normalisation of the file is folded in: inputs and outputs are raw; inputs are not clipped",
		)
	default:
		m.addNote(
			"inputs and outputs are normalised by the means and ranges in the file; inputs are not clipped",
		)
	}
}

func (m *model) foldNormalization(n Normalization) {
	// (x − mean)/range before the first layer, range·y + mean after the last.
	var in affine
	for i, r := range n.InputRange {
		in.scale = append(in.scale, 1/r)
		in.shift = append(in.shift, -n.InputMean[i]/r)
	}
	in.before(&m.layers[0])
	affine{[]float64{n.OutputRange}, []float64{n.OutputMean}}.after(&m.layers[len(m.layers)-1])
}

// nnetReader reads lines of comma-separated numbers.
type nnetReader struct {
	rest   []byte
	number int // number of the last line read, from 1
}

// line returns the next line that is neither empty nor a comment. what names the expected content
// in errors.
func (r *nnetReader) line(what string) (string, error) {
	for len(r.rest) > 0 {
		line, rest, _ := bytes.Cut(r.rest, []byte("\n"))
		r.rest, r.number = rest, r.number+1
		// Lines of .nnet files end with a comma.
		text := strings.TrimRight(strings.TrimSpace(string(line)), ", ")
		if text != "" && !strings.HasPrefix(text, "//") {
			return text, nil
		}
	}
	return "", fmt.Errorf("it ends before %s", what)
}

// readNumbers reads a line of exactly n numbers.
func (r *nnetReader) readNumbers(what string, n int) ([]float64, error) {
	values, err := r.atLeast(what, n)
	if err == nil && len(values) != n {
		err = fmt.Errorf("line %d: %s: %d numbers, want %d", r.number, what, len(values), n)
	}
	return values, err
}

// atLeast reads a line of n numbers or more.
func (r *nnetReader) atLeast(what string, n int) ([]float64, error) {
	text, err := r.line(what)
	if err != nil {
		return nil, err
	}

	var values []float64
	for field := range strings.SplitSeq(text, ",") {
		v, err := decimal.Number(strings.TrimSpace(field))
		if err != nil {
			return nil, fmt.Errorf("line %d: %s: %.40q is not a finite "+
				"number", r.number, what, strings.TrimSpace(field))
		}

		values = append(values, v)
	}

	if len(values) < n {
		return nil, fmt.Errorf("line %d: %s: %d numbers, want %d",
			r.number, what, len(values), n)
	}

	return values, nil
}

// sizes reads the widths from the inputs to the outputs, and the unused flag after them.
func (r *nnetReader) sizes() ([]int, error) {
	head, err := r.readNumbers("numbers of layers, inputs and outputs, and largest layer", 4)
	if err != nil {
		return nil, err
	}

	values, err := r.atLeast("layer sizes", 2)
	if err != nil {
		return nil, err
	}

	// The header has the sizes twice; a file that contradicts itself was edited by hand.
	if head[0] != float64(len(values)-1) || head[1] != values[0] ||
		head[2] != values[len(values)-1] {
		return nil, fmt.Errorf(
			"line %d: layer sizes %v do not match %v layers with %v inputs and %v outputs",
			r.number,
			values,
			head[0],
			head[1],
			head[2],
		)
	}

	var sizes []int
	for _, v := range values {
		if v != math.Trunc(v) || v < 1 || v > math.MaxInt32 {
			return nil, fmt.Errorf(
				"line %d: layer size %v is not a positive whole number",
				r.number,
				v,
			)
		}

		sizes = append(sizes, int(v))
	}

	// The flag marked symmetric networks; no reader uses it.
	_, err = r.atLeast("flag", 1)

	return sizes, err
}

// normalization reads the lines of the normalisation; it returns nil if all ranges are 0. Files of
// the first generation list further quantities after the inputs; the number for the outputs is
// last.
func (r *nnetReader) normalization(inputs int) (*Normalization, error) {
	var lines [4][]float64
	// Means and ranges have one more number, for the outputs.
	for i, what := range []string{"minima", "maxima", "means", "ranges"} {
		var err error
		if lines[i], err = r.atLeast(what, inputs+i/2); err != nil {
			return nil, err
		}
	}

	means, ranges := lines[2], lines[3]
	for _, t := range []tensor{{"means", []int{len(means)}, means}, {"ranges", []int{len(ranges)}, ranges}} {
		if err := t.checkFinite(); err != nil {
			return nil, err
		}
	}

	n := &Normalization{
		InputMin:    lines[0][:inputs],
		InputMax:    lines[1][:inputs],
		InputMean:   means[:inputs],
		InputRange:  ranges[:inputs],
		OutputMean:  means[len(means)-1],
		OutputRange: ranges[len(ranges)-1],
	}

	if !slices.ContainsFunc(ranges, func(v float64) bool {
		return v != 0
	}) {
		return nil, nil
	}

	if n.OutputRange == 0 || slices.Contains(n.InputRange, 0) {
		return nil, fmt.Errorf("line %d: ranges: one of them is 0", r.number)
	}

	return n, nil
}

// layer reads the weights and biases of layer i.
func (r *nnetReader) layer(i, in, out int) (layer, error) {
	weight := tensor{name: fmt.Sprintf("weights of layer %d", i), shape: []int{out, in}}
	bias := tensor{name: fmt.Sprintf("biases of layer %d", i), shape: []int{out}}
	// Read row by row, so that memory grows with the file and not with the sizes that it claims.
	for range out {
		row, err := r.readNumbers(weight.name, in)
		if err != nil {
			return layer{}, err
		}

		weight.values = append(weight.values, row...)
	}

	for range out {
		b, err := r.readNumbers(bias.name, 1)
		if err != nil {
			return layer{}, err
		}

		bias.values = append(bias.values, b...)
	}

	l := layer{name: fmt.Sprintf("layer %d", i), bias: bias.values}
	var err error
	if l.weight, err = weight.matrix(); err != nil {
		return layer{}, err
	}

	return l, bias.checkFinite()
}
