package modelfile

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/liptrack/liptrack/internal/npy"
	"github.com/liptrack/liptrack/network"
)

// checkArrays compares outputs with those in arrays of an npz file.
func checkArrays(t *testing.T, net *network.Network, x, want *npy.Array, tolerance float64) {
	t.Helper()
	points := x.Shape[0]
	checkNear(t, network.NewPass[float64](net, points).Forward(x.Values, points), want.Values, tolerance)
}

// arrayIn reads an array from an npz file.
func arrayIn(t *testing.T, path, name string) *npy.Array {
	t.Helper()
	archive, err := npy.OpenArchive(path)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	a, err := archive.Array(name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// The file was written by PyTorch 2.9. It has external data, a weight computed from constants, a
// shape computed from the input's shape, and a scaling after a layer.
func TestONNXOfNewPyTorch(t *testing.T) {
	net, _, err := Load("testdata/external/model.onnx", Options{})
	if err != nil {
		t.Fatal(err)
	}
	// The file stores the scaling 1.1 as float32, which differs from the expected number by 2e-8.
	x, want := arrayIn(t, "testdata/external/data.npz", "x"), arrayIn(t, "testdata/external/expected.npz", "logits")
	checkArrays(t, net, x, want, 3e-8*150)
	if got := net.Layers[0].Activation; got.Name() != "leaky_relu" || got.Slope() != float64(float32(0.01)) {
		t.Errorf("activation %v", got)
	}
}

// external returns the model with its data in another place, a path of the same length.
func external(t *testing.T, location string) string {
	t.Helper()
	const old = "model.onnx.data"
	content := fixture(t, "external/model.onnx")
	if len(location) != len(old) {
		t.Fatalf("%q must be as long as %q", location, old)
	}
	return write(t, "model.onnx", bytes.ReplaceAll(content, []byte(old), []byte(location)))
}

func TestONNXExternalDataStayInTheFolder(t *testing.T) {
	data := fixture(t, "external/model.onnx.data")
	for _, location := range []string{"../x.onnx.data/", "/tmp/onnx.data/", "missing12.data0"} {
		_, _, err := Load(external(t, location), Options{})
		checkError(t, err, location)
	}

	path := external(t, "link-away-data0")
	outside := write(t, "outside", data)
	if err := os.Symlink(outside, filepath.Join(filepath.Dir(path), "link-away-data0")); err != nil {
		t.Skip(err)
	}
	_, _, err := Load(path, Options{})
	checkError(t, err, "link-away-data0", "escapes")

	path = external(t, "shorter-datafil")
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "shorter-datafil"), data[:1300], 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err = Load(path, Options{})
	checkError(t, err, "shorter-datafil", "1300 bytes, too few")
	_, _, err = formatNamed("onnx").loadContent(fixture(t, "external/model.onnx"), Options{})
	checkError(t, err, "another file", "no folder")
}

// The target shape of the flattening is computed (Shape → Gather → Unsqueeze → Concat), as PyTorch
// 1 exports x.view(x.size(0), -1).
func TestONNXFlattensToAComputedShape(t *testing.T) {
	net, _ := read(t, "onnx", fixture(t, "shapeflatten.onnx"), Options{})
	if net.In() != 6 || net.Out() != 3 {
		t.Errorf("%d inputs, %d outputs", net.In(), net.Out())
	}
}

// evaluate returns the outputs of a network at a point.
func evaluate(net *network.Network, x ...float64) []float64 {
	return network.NewPass[float64](net, 1).Forward(x, 1)
}

func number(name string, v float64) []byte { return doubles(name, nil, v) }

func TestONNXScalingsAnywhere(t *testing.T) {
	shift := doubles("c", []int{2}, 10, 20)
	for name, c := range map[string]struct {
		nodes []byte
		want  func(x float64) float64
	}{
		"before, between and after activations": {
			slices.Concat(op("Mul", "x three", "p"), op("Relu", "p", "q"), op("Mul", "q two", "r"), op("Tanh", "r", "s"), op("Mul", "s two", "y")),
			func(x float64) float64 { return 2 * math.Tanh(6*max(x, 0)) }},
		"two activations": {
			slices.Concat(op("Relu", "x", "p"), op("Tanh", "p", "y")),
			func(x float64) float64 { return math.Tanh(max(x, 0)) }},
		"a division by what is computed": {
			slices.Concat(op("Sqrt", "three", "root"), op("Mul", "root root", "again"), op("Div", "x again", "p"), op("Relu", "p", "y")),
			func(x float64) float64 { return max(x/3, 0) }},
	} {
		t.Run(name, func(t *testing.T) {
			net, _ := read(t, "onnx", onnxFile(from(-1, 2), shift, number("two", 2), number("three", 3), c.nodes, to("y")), Options{})
			checkNear(t, evaluate(net, 0.5, -1), []float64{c.want(0.5), c.want(-1)}, 1e-15)
		})
	}
}

// domainOp returns an operator of an extension.
func domainOp(domain, operator, inputs, output string) []byte {
	b := slices.Concat(textField(nodeOutput, output), textField(nodeOperator, operator), textField(nodeDomain, domain))
	for name := range strings.FieldsSeq(inputs) {
		b = append(b, textField(nodeInput, name)...)
	}
	return blockField(graphNode, b)
}

// The graphs are built as skl2onnx builds those of MLPClassifier, binary and multi-class, and
// MLPRegressor.
func TestONNXOfScikitLearn(t *testing.T) {
	hidden := slices.Concat(w, b,
		op("Cast", "x", "cast", intAttribute("to", onnxFloat)), op("MatMul", "cast w", "m"), op("Add", "m b", "z"), op("Relu", "z", "a"))
	ml := "ai.onnx.ml"

	two := onnxFile(from(-1, 2), hidden, doubles("w2", []int{3, 1}, 1, -1, 0.5), doubles("b2", []int{1}, 0.25), number("one", 1), int64s("names", 7, 9),
		op("MatMul", "a w2", "m2"), op("Add", "m2 b2", "z2"), op("Sigmoid", "z2", "p"), op("Sub", "one p", "q"),
		op("Concat", "q p", "both", intAttribute("axis", 1)), op("ArgMax", "both", "best", intAttribute("axis", 1)),
		domainOp(ml, "ArrayFeatureExtractor", "names best", "label"), domainOp(ml, "ZipMap", "both", "map"), to("label"), to("map"))
	net, info := read(t, "onnx", two, Options{})
	checkNotes(t, info, "the labels are left out", "the output is the probability p")
	if net.Out() != 1 || net.Layers[1].Activation.Name() != "sigmoid" {
		t.Errorf("%d outputs, %v", net.Out(), net.Layers[1].Activation)
	}

	three := onnxFile(from(-1, 2), hidden, op("Softmax", "a", "p", intAttribute("axis", 1)), int64s("names", 7, 8, 9),
		op("ArgMax", "p", "best", intAttribute("axis", 1)), domainOp(ml, "ArrayFeatureExtractor", "names best", "label"), to("label"), to("p"))
	net, info = read(t, "onnx", three, Options{})
	checkNotes(t, info, "the labels are left out", "Softmax is dropped")
	checkNear(t, evaluate(net, 1, 1), []float64{15, 27, 39}, 0)

	regressor := onnxFile(from(-1, 2), hidden, int64s("shape", -1, 3), op("Reshape", "a shape", "y"), to("y"))
	net, _ = read(t, "onnx", regressor, Options{})
	checkNear(t, evaluate(net, 1, 1), []float64{15, 27, 39}, 0)

	column := onnxFile(from(-1, 2), hidden, int64s("shape", -1, 1), op("Reshape", "a shape", "y"), to("y"))
	net, info = read(t, "onnx", column, Options{})
	checkNotes(t, info, "the final Reshape")
	checkNear(t, evaluate(net, 1, 1), []float64{15, 27, 39}, 0)
}

// textTensor returns an initialiser with texts.
func textTensor(name string, texts ...string) []byte {
	const kind = 8
	t := tensorOf(name, kind, []int{len(texts)})
	for _, text := range texts {
		t = append(t, textField(tensorTexts, text)...)
	}
	return blockField(graphInitializer, t)
}

// TestONNXNamesOfClasses reads the names of the labels from a classifier as skl2onnx writes it.
func TestONNXNamesOfClasses(t *testing.T) {
	const ml = "ai.onnx.ml"
	labelled := func(names []byte) []byte {
		return onnxFile(from(-1, 2), w, names, op("MatMul", "x w", "p"), op("ArgMax", "p", "best", intAttribute("axis", 1)),
			domainOp(ml, "ArrayFeatureExtractor", "names best", "label"), to("label"), to("p"))
	}
	for _, c := range []struct {
		names []byte
		want  []string
	}{
		{textTensor("names", "worn", "blocked", "normal"), []string{"worn", "blocked", "normal"}},
		{int64s("names", 1, 2, 3), []string{"1", "2", "3"}},
		{int64s("names", 0, 1, 2), nil}, // the numbers of the outputs
		{int64s("names", 2, 1, 0), []string{"2", "1", "0"}},
	} {
		_, info := read(t, "onnx", labelled(c.names), Options{})
		if !slices.Equal(info.Data.Classes, c.want) {
			t.Errorf("classes %q, want %q", info.Data.Classes, c.want)
		}
	}

	_, _, err := formatNamed("onnx").loadContent(labelled(textTensor("names", "one", "two")), Options{})
	checkError(t, err, "2 classes for 3 outputs")
}

// TestONNXScaler checks (x − offset)·scale with a single number and with one for each feature.
func TestONNXScaler(t *testing.T) {
	scaler := func(attributes ...[]byte) []byte {
		n := slices.Concat(textField(nodeInput, "x"), textField(nodeOutput, "s"), textField(nodeOperator, "Scaler"), textField(nodeDomain, "ai.onnx.ml"))
		for _, a := range attributes {
			n = append(n, blockField(nodeAttribute, a)...)
		}
		return onnxFile(from(-1, 2), blockField(graphNode, n), op("Relu", "s", "y"), to("y"))
	}
	floats := func(name string, values ...float32) []byte {
		b := textField(attributeName, name)
		for _, v := range values {
			b = protowire.AppendFixed32(protowire.AppendVarint(b, attributeFloats|fixed32), math.Float32bits(v))
		}
		return b
	}

	for _, c := range []struct {
		attributes [][]byte
		want       []float64
	}{
		{[][]byte{floats("offset", 1, 3), floats("scale", 2, 0.5)}, []float64{18, 8.5}},
		{[][]byte{floats("offset", 1, 3), floats("scale", 2)}, []float64{18, 34}},
		{[][]byte{floats("offset", 4)}, []float64{6, 16}},
		{[][]byte{floats("scale", 1, 3)}, []float64{10, 60}},
	} {
		net, _ := read(t, "onnx", scaler(c.attributes...), Options{})
		checkNear(t, evaluate(net, 10, 20), c.want, 0)
	}

	for words, attributes := range map[string][][]byte{
		"neither offset nor scale": nil,
		"neither one number":       {floats("scale", 1, 2, 3)},
		"offset":                   {floats("offset", 1, float32(math.NaN()))},
	} {
		_, _, err := formatNamed("onnx").loadContent(scaler(attributes...), Options{})
		checkError(t, err, words)
	}
}

func TestONNXRefusesTwoOfAName(t *testing.T) {
	for words, content := range map[string][]byte{
		`two values named "y"`: onnxFile(from(-1, 2), w, op("MatMul", "x w", "y"), op("Relu", "y", "y"), to("y")),
		`two attributes`:       onnxFile(from(-1, 2), w, op("MatMul", "x w", "z"), op("LeakyRelu", "z", "y", floatAttribute("alpha", 1), floatAttribute("alpha", 2)), to("y")),
		`must have one`:        onnxFile(from(-1, 2), w, op("MatMul", "x w", "z"), op("Relu", "z", "y"), to("y"), to("z")),
	} {
		_, _, err := formatNamed("onnx").loadContent(content, Options{})
		checkError(t, err, words)
	}
}

// TestFolders compares computations on constants with the rules of NumPy, worked out by hand.
func TestFolders(t *testing.T) {
	nan := math.NaN()
	matrix := tensor{shape: []int{2, 3}, values: []float64{1, 2, 3, 4, 5, 6}}
	row := tensor{shape: []int{3}, values: []float64{10, 20, 30}}
	column := tensor{shape: []int{2, 1}, values: []float64{100, 200}}
	index := func(v ...float64) tensor { return tensor{shape: []int{len(v)}, values: v} }
	scalar := tensor{values: []float64{2}}
	with := func(name string, numbers ...float64) node {
		return node{attributes: map[string]attribute{name: {numbers: numbers}}}
	}
	for _, c := range []struct {
		name, operator string
		node           node
		operands       []tensor
		shape          []int
		values         []float64
	}{
		{"row", "Add", node{}, []tensor{matrix, row}, []int{2, 3}, []float64{11, 22, 33, 14, 25, 36}},
		{"column", "Sub", node{}, []tensor{matrix, column}, []int{2, 3}, []float64{-99, -98, -97, -196, -195, -194}},
		{"outer", "Mul", node{}, []tensor{column, row}, []int{2, 3}, []float64{1000, 2000, 3000, 2000, 4000, 6000}},
		{"scalar", "Pow", node{}, []tensor{row, scalar}, []int{3}, []float64{100, 400, 900}},
		{"all", "ReduceSum", with("keepdims", 0), []tensor{matrix}, nil, []float64{21}},
		{"rows", "ReduceL2", with("axes", 1), []tensor{matrix}, []int{2, 1}, []float64{math.Sqrt(14), math.Sqrt(77)}},
		{"columns", "ReduceMean", node{}, []tensor{matrix, index(-2)}, []int{1, 3}, []float64{2.5, 3.5, 4.5}},
		{"vectors", "MatMul", node{}, []tensor{row, row}, nil, []float64{1400}},
		{"matrix and vector", "MatMul", node{}, []tensor{matrix, row}, []int{2}, []float64{140, 320}},
		{"back to front", "Transpose", node{}, []tensor{matrix}, []int{3, 2}, []float64{1, 4, 2, 5, 3, 6}},
		{"the rest", "Reshape", node{}, []tensor{matrix, index(3, -1)}, []int{3, 2}, matrix.values},
		{"what was", "Reshape", node{}, []tensor{matrix, index(0, -1)}, []int{2, 3}, matrix.values},
		{"new axes", "Unsqueeze", node{}, []tensor{row, index(0, -1)}, []int{1, 3, 1}, row.values},
		{"axes of one", "Squeeze", node{}, []tensor{column}, []int{2}, column.values},
		{"side by side", "Concat", with("axis", 1), []tensor{matrix, column}, []int{2, 4}, []float64{1, 2, 3, 100, 4, 5, 6, 200}},
		{"with the batch", "Concat", with("axis", 0), []tensor{index(nan), index(-1)}, []int{2}, []float64{nan, -1}},
		{"one", "Gather", node{}, []tensor{row, scalar}, nil, []float64{30}},
		{"from the end", "Slice", node{}, []tensor{row, index(-2), index(1e18)}, []int{2}, []float64{20, 30}},
		{"every other", "Slice", node{}, []tensor{row, index(0), index(3), index(0), index(2)}, []int{2}, []float64{10, 30}},
		{"backwards", "Slice", node{}, []tensor{row, index(-1), index(-1e18), index(0), index(-1)}, []int{3}, []float64{30, 20, 10}},
		{"backwards to the second", "Slice", node{}, []tensor{row, index(9), index(0), index(0), index(-1)}, []int{2}, []float64{30, 20}},
		{"rows backwards", "Slice", node{}, []tensor{matrix, index(-1), index(-1e18), index(0), index(-1)}, []int{2, 3}, []float64{4, 5, 6, 1, 2, 3}},
		{"the last column", "Slice", node{}, []tensor{matrix, index(2), index(9), index(-1)}, []int{2, 1}, []float64{3, 6}},
		{"nothing", "Slice", node{}, []tensor{row, index(2), index(1)}, []int{0}, nil},
		{"zeros", "ConstantOfShape", node{}, []tensor{index(2, 1)}, []int{2, 1}, []float64{0, 0}},
		{"of a shape", "Shape", with("start", 1), []tensor{matrix}, []int{1}, []float64{3}},
	} {
		got, err := folders[c.operator](c.node, c.operands)
		if err != nil {
			t.Errorf("%s (%s): %v", c.operator, c.name, err)
			continue
		}
		same := func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }
		if !slices.Equal(got.shape, c.shape) || !slices.EqualFunc(got.values, c.values, same) {
			t.Errorf("%s (%s): shape %v, %v, want %v, %v", c.operator, c.name, got.shape, got.values, c.shape, c.values)
		}
	}
}
