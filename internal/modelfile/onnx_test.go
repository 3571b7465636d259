package modelfile

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// The functions below write messages of onnx.proto, including their tags.

func blockField(tag uint64, data []byte) []byte {
	return protowire.AppendBytes(protowire.AppendVarint(nil, tag), data)
}

func varintField(tag uint64, v int) []byte {
	return protowire.AppendVarint(protowire.AppendVarint(nil, tag), uint64(int64(v)))
}

func textField(tag uint64, text string) []byte { return blockField(tag, []byte(text)) }

// onnxFile returns a model whose graph consists of the given parts.
func onnxFile(parts ...[]byte) []byte {
	return append([]byte{0x08, 8}, blockField(modelGraph, slices.Concat(parts...))...)
}

// from returns an input named x; sizes below 0 are unknown.
func from(shape ...int) []byte {
	var dims []byte
	for _, n := range shape {
		var dim []byte
		if n >= 0 {
			dim = varintField(dimensionValue, n)
		}
		dims = append(dims, blockField(shapeDimension, dim)...)
	}
	kind := blockField(valueType, blockField(typeTensor, blockField(tensorTypeShape, dims)))
	return blockField(graphInput, append(textField(valueName, "x"), kind...))
}

func to(name string) []byte { return blockField(graphOutput, textField(valueName, name)) }

// op returns a node; inputs is a list of names separated by spaces.
func op(operator, inputs, output string, attributes ...[]byte) []byte {
	var b []byte
	for name := range strings.FieldsSeq(inputs) {
		b = append(b, textField(nodeInput, strings.Trim(name, "-"))...)
	}
	b = append(b, textField(nodeOutput, output)...)
	b = append(b, textField(nodeOperator, operator)...)
	for _, a := range attributes {
		b = append(b, blockField(nodeAttribute, a)...)
	}
	return blockField(graphNode, b)
}

func floatAttribute(name string, v float32) []byte {
	b := protowire.AppendVarint(textField(attributeName, name), attributeFloat)
	return protowire.AppendFixed32(b, math.Float32bits(v))
}

func intAttribute(name string, v int) []byte {
	return append(textField(attributeName, name), varintField(attributeInt, v)...)
}

func intsAttribute(name string, values ...int) []byte {
	b := textField(attributeName, name)
	for _, v := range values {
		b = append(b, varintField(attributeInts|varint, v)...)
	}
	return b
}

func tensorAttribute(name string, t []byte) []byte {
	return append(textField(attributeName, name), blockField(attributeTensor, t)...)
}

// tensorOf returns a TensorProto whose data are the given fields.
func tensorOf(name string, kind int, shape []int, data ...[]byte) []byte {
	b := append(textField(tensorName, name), varintField(tensorType, kind)...)
	for _, n := range shape {
		b = append(b, varintField(tensorDims|varint, n)...)
	}
	return append(b, slices.Concat(data...)...)
}

// doubles returns an initializer with the given numbers.
func doubles(name string, shape []int, values ...float64) []byte {
	return blockField(graphInitializer, tensorOf(name, onnxDouble, shape, blockField(tensorRaw, float64Bytes(values...))))
}

func int64s(name string, values ...int) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, uint64(int64(v)))
	}
	return blockField(graphInitializer, tensorOf(name, 7, []int{len(values)}, blockField(tensorRaw, b)))
}

var (
	// w maps 2 numbers to 3, and v maps 3 to 1, in the orientation of MatMul.
	w = doubles("w", []int{2, 3}, 1, 2, 3, 4, 5, 6)
	v = doubles("v", []int{3, 1}, 1, -1, 2)
	b = doubles("b", []int{3}, 10, 20, 30)
	c = doubles("c", []int{1, 3}, 2, 3, 4)
	s = doubles("s", nil, 2)
)

// The point is x = (1, −1); x·w = (−3, −3, −3), and with b (7, 17, 27).
func TestONNXOperators(t *testing.T) {
	point := []float64{1, -1}
	batch := from(-1, 2)
	for _, test := range []struct {
		name  string
		parts [][]byte
		want  []float64
	}{
		{"MatMul", [][]byte{batch, w, op("MatMul", "x w", "y")}, []float64{-3, -3, -3}},
		{"MatMul, Add", [][]byte{batch, w, b, op("MatMul", "x w", "z"), op("Add", "z b", "y")}, []float64{7, 17, 27}},
		{"Add of the second operand", [][]byte{batch, w, b, op("MatMul", "x w", "z"), op("Add", "b z", "y")}, []float64{7, 17, 27}},
		{"Gemm", [][]byte{batch, w, b, op("Gemm", "x w b", "y")}, []float64{7, 17, 27}},
		{"Gemm without c", [][]byte{batch, w, op("Gemm", "x w", "y")}, []float64{-3, -3, -3}},
		{"Gemm, alpha, beta", [][]byte{batch, w, b, op("Gemm", "x w b", "y", floatAttribute("alpha", 2), floatAttribute("beta", 0.5))}, []float64{-1, 4, 9}},
		{"Gemm, transB", [][]byte{batch, doubles("u", []int{3, 2}, 1, 2, 3, 4, 5, 7), op("Gemm", "x u", "y", intAttribute("transB", 1))}, []float64{-1, -1, -2}},
		{"Gemm of a transpose", [][]byte{batch, doubles("u", []int{3, 2}, 1, 2, 3, 4, 5, 7), op("Transpose", "u", "ut", intsAttribute("perm", 1, 0)), op("Gemm", "x ut", "y")}, []float64{-1, -1, -2}},
		{"Identity of a constant", [][]byte{batch, w, op("Identity", "w", "u"), op("MatMul", "x u", "y")}, []float64{-3, -3, -3}},
		{"scaling of the output", [][]byte{batch, w, c, s, op("MatMul", "x w", "z"), op("Mul", "z c", "a"), op("Sub", "a s", "d"), op("Div", "d s", "y")}, []float64{-4, -5.5, -7}},
		{"scaling of the input", [][]byte{batch, w, s, doubles("m", []int{1, 2}, 3, 1), op("Sub", "x m", "a"), op("Mul", "s a", "d"), op("MatMul", "d w", "y")}, []float64{-20, -28, -36}},
		{"scaling after an activation", [][]byte{batch, w, v, c, s, op("MatMul", "x w", "a"), op("LeakyRelu", "a", "d", floatAttribute("alpha", 0.5)), op("Mul", "d c", "e"), op("MatMul", "e v", "f"), op("Relu", "f", "g"), op("Add", "g s", "y")}, []float64{2}},
		{"subtraction from a constant", [][]byte{batch, w, doubles("m", []int{1, 2}, 3, 1), op("Sub", "m x", "a"), op("MatMul", "a w", "y")}, []float64{10, 14, 18}},
		{"subtraction of the output", [][]byte{batch, w, doubles("k", []int{3}, 1, 2, 3), op("MatMul", "x w", "z"), op("Sub", "k z", "a"), op("Relu", "a", "d"), op("Sub", "k d", "y")}, []float64{-3, -3, -3}},
		{"Neg", [][]byte{batch, w, op("Neg", "x", "a"), op("MatMul", "a w", "z"), op("Relu", "z", "d"), op("Neg", "d", "y")}, []float64{-3, -3, -3}},
		{"two layers without activation", [][]byte{batch, w, v, op("MatMul", "x w", "z"), op("MatMul", "z v", "y")}, []float64{-6}},
		{"Dropout, Identity", [][]byte{batch, w, op("Dropout", "x", "a"), op("Identity", "a", "d"), op("MatMul", "d w", "y")}, []float64{-3, -3, -3}},
		{"Flatten", [][]byte{from(-1, 1, 2, 1), w, op("Flatten", "x", "a"), op("MatMul", "a w", "y")}, []float64{-3, -3, -3}},
		{"Flatten of a batch of one", [][]byte{from(-1, 2, 1), w, op("Flatten", "x", "a", intAttribute("axis", 0)), op("MatMul", "a w", "y")}, []float64{-3, -3, -3}},
		{"Flatten from the end", [][]byte{from(-1, 1, 2, 1), w, op("Flatten", "x", "a", intAttribute("axis", -3)), op("MatMul", "a w", "y")}, []float64{-3, -3, -3}},
		{"Reshape", [][]byte{from(-1, 2, 1), w, int64s("to", -1, 2), op("Reshape", "x to", "a"), op("MatMul", "a w", "y")}, []float64{-3, -3, -3}},
		{"Reshape of a batch", [][]byte{from(64, 2, 1), w, int64s("to", 64, -1), op("Reshape", "x to", "a"), op("MatMul", "a w", "y")}, []float64{-3, -3, -3}},
		{"input of unknown size", [][]byte{from(-1, -1), w, op("MatMul", "x w", "y")}, []float64{-3, -3, -3}},
		{"input of unknown shape", [][]byte{blockField(graphInput, textField(valueName, "x")), w, op("MatMul", "x w", "y")}, []float64{-3, -3, -3}},
		{"single point", [][]byte{from(2), w, op("MatMul", "x w", "y")}, []float64{-3, -3, -3}},
		{"single point after the weight", [][]byte{from(2), doubles("u", []int{3, 2}, 1, 2, 3, 4, 5, 7), op("MatMul", "u x", "y")}, []float64{-1, -1, -2}},
		{"axes of one", [][]byte{from(1, 1, 1, 2), w, doubles("m", []int{1, 1, 1, 2}, 3, 1), op("Sub", "x m", "a"), op("Flatten", "a", "d"), op("MatMul", "d w", "y")}, []float64{-10, -14, -18}},
		{"constants among the inputs", [][]byte{batch, blockField(graphInput, textField(valueName, "w")), w, op("MatMul", "x w", "y")}, []float64{-3, -3, -3}},
		{"Constant", [][]byte{batch, op("Constant", "", "k", tensorAttribute("value", tensorOf("", onnxDouble, []int{2, 1}, blockField(tensorRaw, float64Bytes(5, 3))))), op("MatMul", "x k", "y")}, []float64{2}},
		{"Constant of a float", [][]byte{batch, w, op("Constant", "", "k", floatAttribute("value_float", 0.5)), op("MatMul", "x w", "z"), op("Mul", "z k", "y")}, []float64{-1.5, -1.5, -1.5}},
		{"LogSoftmax", [][]byte{batch, w, op("MatMul", "x w", "z"), op("LogSoftmax", "z", "a"), op("Identity", "a", "y")}, []float64{-3, -3, -3}},
		{"LeakyRelu by default", [][]byte{batch, w, op("MatMul", "x w", "z"), op("LeakyRelu", "z", "y")}, []float64{-3 * 0.01, -3 * 0.01, -3 * 0.01}},
		{"Gelu", [][]byte{batch, w, op("MatMul", "x w", "z"), op("Gelu", "z", "y")}, repeat(-3*0.5*math.Erfc(3/math.Sqrt2), 3)},
		{"Swish", [][]byte{batch, w, op("MatMul", "x w", "z"), op("Swish", "z", "y")}, repeat(-3/(1+math.Exp(3)), 3)},
	} {
		t.Run(test.name, func(t *testing.T) {
			net, _ := read(t, "onnx", onnxFile(append(test.parts, to("y"))...), Options{})
			evaluations{[][]float64{point}, [][]float64{test.want}}.check(t, net)
		})
	}
}

// Exporters spell out Gelu and Swish, with the products in any order.
func TestONNXFusesActivations(t *testing.T) {
	constants := slices.Concat(from(-1, 2), w, to("y"), op("MatMul", "x w", "z"),
		doubles("half", nil, 0.5), doubles("one", []int{1}, 1), doubles("root", nil, float64(float32(math.Sqrt2))), doubles("inverse", nil, math.Sqrt2/2))
	gelu, swish := repeat(-3*0.5*math.Erfc(3/math.Sqrt2), 3), repeat(-3/(1+math.Exp(3)), 3)
	for _, test := range []struct {
		name  string
		nodes [][]byte
		want  []float64 // nil for an error
	}{
		{"half last", [][]byte{op("Div", "z root", "a"), op("Erf", "a", "b"), op("Add", "b one", "c"), op("Mul", "z c", "d"), op("Mul", "d half", "y")}, gelu},
		{"half first", [][]byte{op("Mul", "inverse z", "a"), op("Erf", "a", "b"), op("Add", "one b", "c"), op("Mul", "c z", "d"), op("Mul", "half d", "y")}, gelu},
		{"half of x", [][]byte{op("Mul", "z half", "h"), op("Div", "z root", "a"), op("Erf", "a", "b"), op("Add", "b one", "c"), op("Mul", "h c", "y")}, gelu},
		{"other factor", [][]byte{op("Div", "z root", "a"), op("Erf", "a", "b"), op("Add", "b one", "c"), op("Mul", "z c", "d"), op("Mul", "d one", "y")}, nil},
		{"other scale", [][]byte{op("Div", "z half", "a"), op("Erf", "a", "b"), op("Add", "b one", "c"), op("Mul", "z c", "d"), op("Mul", "d half", "y")}, nil},
		{"other shift", [][]byte{op("Div", "z root", "a"), op("Erf", "a", "b"), op("Add", "b half", "c"), op("Mul", "z c", "d"), op("Mul", "d half", "y")}, nil},
		{"erf of another value", [][]byte{op("Div", "x root", "a"), op("Erf", "a", "b"), op("Add", "b one", "c"), op("Mul", "z c", "d"), op("Mul", "d half", "y")}, nil},
		{"x·sigmoid(x)", [][]byte{op("Sigmoid", "z", "a"), op("Mul", "z a", "y")}, swish},
		{"sigmoid(x)·x", [][]byte{op("Sigmoid", "z", "a"), op("Mul", "a z", "y")}, swish},
		{"sigmoid of another value", [][]byte{op("Sigmoid", "x", "a"), op("Mul", "a z", "y")}, nil},
		{"part used elsewhere", [][]byte{op("Sigmoid", "z", "a"), op("Mul", "a z", "b"), op("Add", "b a", "y")}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			content := onnxFile(constants, slices.Concat(test.nodes...))
			if test.want == nil {
				_, _, err := formatNamed("onnx").loadContent(content, Options{})
				checkError(t, err, "operator")
				return
			}
			net, _ := read(t, "onnx", content, Options{})
			evaluations{[][]float64{{1, -1}}, [][]float64{test.want}}.check(t, net)
		})
	}
}

func repeat(v float64, n int) []float64 { return slices.Repeat([]float64{v}, n) }

// The tensor is 1, −2, in every encoding.
func TestONNXTensors(t *testing.T) {
	float := func(v float32) []byte { return protowire.AppendFixed32(nil, math.Float32bits(v)) }
	item := func(tag uint64, b []byte) []byte { return append(protowire.AppendVarint(nil, tag), b...) }
	varints := func(values ...uint64) []byte {
		var b []byte
		for _, v := range values {
			b = protowire.AppendVarint(b, v)
		}
		return b
	}

	for _, c := range []struct {
		name string
		kind int
		data []byte
	}{
		{"raw float", 1, blockField(tensorRaw, slices.Concat(float(1), float(-2)))},
		{"raw double", 11, blockField(tensorRaw, float64Bytes(1, -2))},
		{"raw float16", 10, blockField(tensorRaw, []byte{0x00, 0x3c, 0x00, 0xc0})},
		{"raw bfloat16", 16, blockField(tensorRaw, []byte{0x80, 0x3f, 0x00, 0xc0})},
		{"floats", 1, blockField(tensorFloats|block, slices.Concat(float(1), float(-2)))},
		{"float by float", 1, slices.Concat(item(tensorFloats|fixed32, float(1)), item(tensorFloats|fixed32, float(-2)))},
		{"doubles", 11, blockField(tensorDoubles|block, float64Bytes(1, -2))},
		{"double by double", 11, slices.Concat(item(tensorDoubles|fixed64, float64Bytes(1)), item(tensorDoubles|fixed64, float64Bytes(-2)))},
		{"float16 as integers", 10, blockField(tensorInt32s|block, varints(0x3c00, 0xc000))},
		{"bfloat16 as integers", 16, blockField(tensorInt32s|block, varints(0x3f80, 0xc000))},
		{"int64 by int64", 7, slices.Concat(varintField(tensorInt64s|varint, 1), varintField(tensorInt64s|varint, -2))},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, dims := range [][]byte{
				slices.Concat(varintField(tensorDims|varint, 1), varintField(tensorDims|varint, 2)),
				blockField(tensorDims|block, varints(1, 2)),
			} {
				raw, err := new(protoReader).readTensor(slices.Concat(dims, varintField(tensorType, c.kind), c.data))
				if err != nil {
					t.Fatal(err)
				}
				x, err := raw.decode()
				if err != nil {
					t.Fatal(err)
				}
				checkNear(t, x.values, []float64{1, -2}, 0)
				if !slices.Equal(x.shape, []int{1, 2}) {
					t.Errorf("shape %v", x.shape)
				}
			}
		})
	}
}

func TestONNXErrors(t *testing.T) {
	x, y := from(-1, 2), to("y")
	matMul := op("MatMul", "x w", "z")
	for _, test := range []struct {
		name    string
		content []byte
		words   []string
	}{
		{"empty", nil, []string{"no graph"}},
		{"truncated", fixture(t, "relu.onnx")[:400], []string{"unexpected EOF"}},
		{"two inputs", onnxFile(x, blockField(graphInput, textField(valueName, "x2")), y), []string{"2 inputs"}},
		{"nothing", onnxFile(x, to("x")), []string{"no linear layer"}},
		{"unsupported operator", onnxFile(x, w, matMul, op("ConvTranspose", "z w", "y"), y), []string{"operator ConvTranspose: not supported", "Gemm", "Softplus"}},
		{"operator of an extension", onnxFile(x, w, matMul, blockField(graphNode, slices.Concat(textField(nodeInput, "z"), textField(nodeOutput, "y"), textField(nodeOperator, "Gelu"), textField(nodeName, "act"), textField(nodeDomain, "com.microsoft"))), y), []string{`com.microsoft.Gelu (node "act")`, "not supported"}},
		{"branch", onnxFile(x, w, matMul, op("Relu", "z", "a"), op("Mul", "a z", "y"), y), []string{"operator Mul", "only an Add of two"}},
		{"sum of two nonlinear ways", onnxFile(x, doubles("u", []int{2, 2}, 1, 2, 3, 4), op("MatMul", "x u", "z"), op("Relu", "z", "a"), op("Tanh", "x", "b"), op("Add", "a b", "y"), y), []string{"operator Add", "identity or a linear layer"}},
		{"sum of other sizes", onnxFile(x, w, matMul, op("Add", "z x", "y"), y), []string{"operator Add", "shapes 3 and 2"}},
		{"value added to itself", onnxFile(x, w, matMul, op("Add", "z z", "y"), y), []string{"operator Add", "itself"}},
		{"unknown value", onnxFile(x, op("MatMul", "q w", "y"), y), []string{`"q"`}},
		{"weight that is no constant", onnxFile(x, op("MatMul", "x x", "y"), y), []string{"operator MatMul"}},
		{"missing weight", onnxFile(x, op("MatMul", "x", "y"), y), []string{"operand 2 is missing"}},
		{"weight left out", onnxFile(x, op("MatMul", "x -", "y"), y), []string{"operand 2 is missing"}},
		{"constant first", onnxFile(x, w, op("MatMul", "w x", "y"), y), []string{`"x" as operand 2`}},
		{"transA", onnxFile(x, w, op("Gemm", "x w", "y", intAttribute("transA", 1)), y), []string{"transA"}},
		{"not chaining", onnxFile(x, w, matMul, op("MatMul", "z w", "y"), y), []string{`"w" (3×2, out×in) has 3 outputs`, `"w" (3×2) has 2 inputs`}},
		{"points of other size", onnxFile(from(-1, 5), w, op("MatMul", "x w", "y"), y), []string{`"w" (3×2, out×in)`, "shape 5"}},
		{"points not flattened", onnxFile(from(-1, -1, 2), w, op("MatMul", "x w", "y"), y), []string{"shape ?×2"}},
		{"bias of other length", onnxFile(x, w, doubles("q", []int{2}, 1, 2), matMul, op("Add", "z q", "y"), y), []string{`"q" (2)`, "shape 3"}},
		{"bias down the batch", onnxFile(x, w, doubles("q", []int{3, 1}, 1, 2, 3), matMul, op("Add", "z q", "y"), y), []string{`"q" (3×1)`}},
		{"Flatten of the points", onnxFile(x, op("Flatten", "x", "y", intAttribute("axis", 2)), y), []string{"axis 2"}},
		{"Reshape across points", onnxFile(x, int64s("to", -1, 4), op("Reshape", "x to", "y"), y), []string{"[-1 4]", "shape 2"}},
		{"Reshape to three axes", onnxFile(x, int64s("to", -1, 3, 1), op("Reshape", "x to", "y"), y), []string{"[-1 3 1]"}},
		{"activation of what has no size", onnxFile(from(-1, -1), op("Relu", "x", "y"), y), []string{"operator Relu", "shape ?"}},
		{"Softmax over the points", onnxFile(x, w, matMul, op("Softmax", "z", "y", intAttribute("axis", 0)), y), []string{"operator Softmax", "axis 0"}},
		{"Softmax inside", onnxFile(x, w, matMul, op("Softmax", "z", "a"), op("Relu", "a", "y"), y), []string{"operator Relu", "follows a Softmax"}},
		{"approximate Gelu", onnxFile(x, w, matMul, op("Gelu", "z", "y", append(textField(attributeName, "approximate"), textField(attributeString, "tanh")...)), y), []string{`"tanh"`}},
		{"Swish with alpha", onnxFile(x, w, matMul, op("Swish", "z", "y", floatAttribute("alpha", 2)), y), []string{"alpha 2"}},
		{"infinite slope", onnxFile(x, w, matMul, op("LeakyRelu", "z", "y", floatAttribute("alpha", float32(math.Inf(1)))), y), []string{"slope +Inf"}},
		{"Dropout in training", onnxFile(x, blockField(graphInitializer, tensorOf("training", onnxBool, nil, varintField(tensorInt32s|varint, 1))), op("Dropout", "x - training", "y"), y), []string{"training mode"}},
		{"negative variance", onnxFile(x, w, doubles("s", []int{3}, 1, 1, 1), doubles("v", []int{3}, 1, -2, 1), matMul,
			op("BatchNormalization", "z s s s v", "y"), y), []string{"operator BatchNormalization", "channel 1 is -2"}},
		{"division by 0", onnxFile(x, w, doubles("q", nil, 0), matMul, op("Div", "z q", "y"), y), []string{"layer 1", "infinite"}},
		{"other output", onnxFile(x, w, matMul, to("x")), []string{`"z"`}},
		{"two outputs", onnxFile(x, w, op("MatMul", "x w", "y"), y, y), []string{`"y"`}},
		{"computed constant", onnxFile(x, w, op("Erf", "w", "u"), op("MatMul", "x u", "y"), y), []string{"operator Erf", "Transpose"}},
		{"Constant without value", onnxFile(x, op("Constant", "", "k"), y), []string{"operator Constant"}},
		{"two tensors of one name", onnxFile(x, w, w, y), []string{`"w"`}},
		{"no output", onnxFile(x, blockField(graphNode, textField(nodeOperator, "Relu")), y), []string{"Relu has no output"}},
		{"external data", onnxFile(x, blockField(graphInitializer, tensorOf("w", 1, []int{2, 3}, varintField(tensorLocation, 1))), matMul, y), []string{`"w"`, "another file"}},
		{"lying shape", onnxFile(x, doubles("w", []int{200, 3}, 1, 2, 3), matMul, y), []string{`"w" claims shape 200×3`, "24 bytes"}},
		{"lying shape of floats", onnxFile(x, blockField(graphInitializer, tensorOf("w", 1, []int{2, 3})), matMul, y), []string{`"w" claims shape 2×3`, "0 numbers"}},
		{"negative shape", onnxFile(x, doubles("w", []int{-2, -3}, 1, 2, 3, 4, 5, 6), matMul, y), []string{`"w"`}},
		{"strings", onnxFile(x, blockField(graphInitializer, tensorOf("w", 8, []int{2, 3})), matMul, y), []string{`"w"`, "type 8"}},
		{"not finite", onnxFile(x, doubles("w", []int{2, 1}, 1, nan), matMul, y), []string{`"w" holds NaN`}},
		{"bias not finite", onnxFile(x, w, doubles("q", []int{3}, 1, 2, nan), matMul, op("Add", "z q", "y"), y), []string{`"q" holds NaN at index [2]`}},
		{"sparse", onnxFile(x, blockField(graphSparseInitializer, nil)), []string{"sparse"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := formatNamed("onnx").loadContent(test.content, Options{})
			checkError(t, err, append(test.words, "onnx")...)
		})
	}
}

// A small file can request a large network, such as one that scales its many outputs after an
// activation.
func TestONNXBoundsMemory(t *testing.T) {
	const n = 1 << 15
	big := blockField(graphInitializer, tensorOf("w", onnxDouble, []int{1, n}, blockField(tensorRaw, make([]byte, 8*n))))
	_, _, err := formatNamed("onnx").loadContent(onnxFile(from(-1, 1), big, s, op("MatMul", "x w", "z"), op("Relu", "z", "a"), op("Mul", "a s", "y"), to("y")), Options{})
	checkError(t, err, "shape 32768", "1 to 16384")
}
