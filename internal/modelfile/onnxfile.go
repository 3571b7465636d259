package modelfile

import (
	"errors"
	"fmt"

	"github.com/liptrack/liptrack/internal/input"
)

// The fields of onnx.proto that are used.
const (
	modelGraph = 7<<3 | block

	graphNode              = 1<<3 | block
	graphInitializer       = 5<<3 | block
	graphInput             = 11<<3 | block
	graphOutput            = 12<<3 | block
	graphSparseInitializer = 15<<3 | block

	nodeInput     = 1<<3 | block
	nodeOutput    = 2<<3 | block
	nodeName      = 3<<3 | block
	nodeOperator  = 4<<3 | block
	nodeAttribute = 5<<3 | block
	nodeDomain    = 7<<3 | block

	attributeName   = 1<<3 | block
	attributeFloat  = 2<<3 | fixed32
	attributeInt    = 3<<3 | varint
	attributeString = 4<<3 | block
	attributeTensor = 5<<3 | block
	attributeFloats = 7 << 3 // item by item, or packed in a block
	attributeInts   = 8 << 3

	valueName       = 1<<3 | block
	valueType       = 2<<3 | block
	typeTensor      = 1<<3 | block
	tensorTypeShape = 2<<3 | block
	shapeDimension  = 1<<3 | block
	dimensionValue  = 1<<3 | varint
)

// graph is the computation in an ONNX file.
type graph struct {
	nodes           []node
	inputs, outputs []value
	constants       map[string]onnxTensor
	classes         []string // names of the classes in the order of the probabilities; nil if unknown
}

// node is an operator. Its operands are given by name, "" for one that is left out.
type node struct {
	operator, domain, name string
	inputs, outputs        []string
	attributes             map[string]attribute

	swapped bool // for Sub: the operands are swapped, so the first one is subtracted
}

// attribute is an attribute of a node: numbers, a text or a tensor.
type attribute struct {
	numbers []float64
	text    string
	tensor  *onnxTensor
}

// value is an input or output of the graph. Unknown sizes in shape are −1; a shape without axes is
// unknown altogether.
type value struct {
	name  string
	shape []int
}

// isStandard reports whether the operator belongs to ONNX itself and not to an extension.
func (n node) isStandard() bool {
	return n.domain == "" || n.domain == "ai.onnx"
}

// fullName returns the name of the operator, with its domain if it belongs to an extension.
func (n node) fullName() string {
	if n.isStandard() {
		return n.operator
	}
	return n.domain + "." + n.operator
}

// String describes the node in errors.
func (n node) String() string {
	if n.name == "" {
		return "operator " + n.fullName()
	}
	return fmt.Sprintf("operator %s (node %q)", n.fullName(), n.name)
}

// numberOr returns the first number of an attribute, or byDefault if there is none.
func (n node) numberOr(attribute string, byDefault float64) float64 {
	a := n.attributes[attribute]
	if len(a.numbers) > 0 {
		return a.numbers[0]
	}
	return byDefault
}

// readONNX reads the graph of a ModelProto.
func readONNX(b []byte) (*graph, error) {
	r := &protoReader{}
	data, err := r.descend(b, modelGraph)
	if err != nil {
		return nil, err
	}

	if data == nil {
		return nil, errors.New("it holds no graph")
	}
	g := &graph{constants: map[string]onnxTensor{}}
	return g, r.fields(
		data,
		func(tag, _ uint64, data []byte) error {
			return g.readField(r, tag, data)
		},
	)
}

func (g *graph) readField(r *protoReader, tag uint64, data []byte) error {
	switch tag {
	case graphNode:
		n, err := r.readNode(data)
		g.nodes = append(g.nodes, n)
		return err
	case graphInitializer:
		t, err := r.readTensor(data)
		if err != nil {
			return err
		}

		return g.addConstant(t)
	case graphInput:
		v, err := r.readValue(data)
		g.inputs = append(g.inputs, v)
		return err
	case graphOutput:
		v, err := r.readValue(data)
		g.outputs = append(g.outputs, v)
		return err
	case graphSparseInitializer:
		return errors.New("sparse initializers are not supported")
	}

	return nil
}

func (g *graph) addConstant(t onnxTensor) error {
	// The specification requires unique names. If two are equal, it is ambiguous which is meant.
	if _, twice := g.constants[t.name]; twice {
		return fmt.Errorf("there are two tensors named %q", t.name)
	}
	g.constants[t.name] = t
	return nil
}

// addComputed adds the output of a node as a constant.
func (g *graph) addComputed(n node, t tensor) error {
	return g.addConstant(onnxTensor{
		name:  n.outputs[0],
		kind:  onnxDouble,
		shape: t.shape,
		typed: t.values,
	})
}

func (r *protoReader) readNode(b []byte) (node, error) {
	n := node{attributes: map[string]attribute{}}
	err := r.fields(b, func(tag, _ uint64, data []byte) error {
		switch tag {
		case nodeInput:
			n.inputs = append(n.inputs, string(data))
		case nodeOutput:
			n.outputs = append(n.outputs, string(data))
		case nodeName:
			n.name = string(data)
		case nodeOperator:
			n.operator = string(data)
		case nodeDomain:
			n.domain = string(data)
		case nodeAttribute:
			name, a, err := r.readAttribute(data)
			// Readers differ in which of two they use, so neither is accepted.
			_, twice := n.attributes[name]
			if twice && err == nil {
				err = fmt.Errorf("%v has two attributes named %s", n, input.Quote(name))
			}
			n.attributes[name] = a
			return err
		}

		return nil
	})

	if err == nil && len(n.outputs) == 0 {
		err = fmt.Errorf("%v has no output", n)
	}

	return n, err
}

func (r *protoReader) readAttribute(b []byte) (name string, a attribute, err error) {
	err = r.fields(b, func(tag, number uint64, data []byte) (err error) {
		switch tag {
		case attributeName:
			name = string(data)
		case attributeString:
			a.text = string(data)
		case attributeTensor:
			var t onnxTensor
			t, err = r.readTensor(data)
			a.tensor = &t
		case attributeFloat, attributeFloats | fixed32:
			a.numbers = append(a.numbers, float32Of(number))
		case attributeInt, attributeInts | varint:
			a.numbers = append(a.numbers, int64Of(number))
		// Repeated numbers may be packed or not; readers must accept both.
		case attributeFloats | block:
			a.numbers, err = r.appendNumbers(a.numbers, fixed32, data, float32Of)
		case attributeInts | block:
			a.numbers, err = r.appendNumbers(a.numbers, varint, data, int64Of)
		}

		return err
	})

	return name, a, err
}

func (r *protoReader) readValue(b []byte) (v value, err error) {
	name, err := r.descend(b, valueName)
	if err != nil {
		return v, err
	}

	v.name = string(name)
	shape, err := r.descend(b, valueType, typeTensor, tensorTypeShape)
	if err != nil {
		return v, err
	}

	err = r.fields(shape, func(tag, _ uint64, dimension []byte) error {
		if tag != shapeDimension {
			return nil
		}

		// A dimension without a number, or with a name instead, is unknown.
		v.shape = append(v.shape, -1)
		return r.fields(dimension, func(tag, n uint64, _ []byte) error {
			if tag == dimensionValue {
				v.shape[len(v.shape)-1] = int(n)
			}
			return nil
		})
	})

	return v, err
}
