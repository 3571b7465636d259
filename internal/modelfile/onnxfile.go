package modelfile

import (
	"errors"
	"fmt"

	"github.com/liptrack/liptrack/internal/input"
)

// The fields of onnx.proto that are read.
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
	attributeFloats = 7 << 3 // item by item or in a block
	attributeInts   = 8 << 3

	valueName       = 1<<3 | block
	valueType       = 2<<3 | block
	typeTensor      = 1<<3 | block
	tensorTypeShape = 2<<3 | block
	shapeDimension  = 1<<3 | block
	dimensionValue  = 1<<3 | varint
)

// graph is a computation.
type graph struct {
	nodes           []node
	inputs, outputs []value
	constants       map[string]onnxTensor
	classes         []string // names in the order of the probabilities, nil if it does not say
}

// node is an operator with its operands by name, "" for one left out.
type node struct {
	operator, domain, name string
	inputs, outputs        []string
	attributes             map[string]attribute

	swapped bool // of a Sub: the chain's value is subtracted, and stands first here
}

// attribute is one of a node's settings: numbers, a text or a tensor.
type attribute struct {
	numbers []float64
	text    string
	tensor  *onnxTensor
}

// value is an input or output of the graph; the shape's unknown axes are −1, and a shape of no
// axes is unknown too.
type value struct {
	name  string
	shape []int
}

// isStandard says whether the operator is one of ONNX itself, not of an extension.
func (n node) isStandard() bool {
	return n.domain == "" || n.domain == "ai.onnx"
}

// fullName returns the operator, of an extension with its domain.
func (n node) fullName() string {
	if n.isStandard() {
		return n.operator
	}
	return n.domain + "." + n.operator
}

// String names the node in errors.
func (n node) String() string {
	if n.name == "" {
		return "operator " + n.fullName()
	}
	return fmt.Sprintf("operator %s (node %q)", n.fullName(), n.name)
}

// number returns a numeric attribute, or its default.
func (n node) number(attribute string, byDefault float64) float64 {
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
		n, err := r.node(data)
		g.nodes = append(g.nodes, n)
		return err
	case graphInitializer:
		t, err := r.tensor(data)
		if err != nil {
			return err
		}

		return g.addConstant(t)
	case graphInput:
		v, err := r.value(data)
		g.inputs = append(g.inputs, v)
		return err
	case graphOutput:
		v, err := r.value(data)
		g.outputs = append(g.outputs, v)
		return err
	case graphSparseInitializer:
		return errors.New("sparse initializers are not supported")
	}

	return nil
}

func (g *graph) addConstant(t onnxTensor) error {
	// The specification has every name assigned once; of two equal ones nobody can say which is
	// meant.
	if _, twice := g.constants[t.name]; twice {
		return fmt.Errorf("there are two tensors %q", t.name)
	}
	g.constants[t.name] = t
	return nil
}

// addComputed makes the output of a node a constant.
func (g *graph) addComputed(n node, t tensor) error {
	return g.addConstant(onnxTensor{
		name:  n.outputs[0],
		kind:  onnxDouble,
		shape: t.shape,
		typed: t.values,
	})
}

func (r *protoReader) node(b []byte) (node, error) {
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
			name, a, err := r.attribute(data)
			// Readers differ in which of two they take, so neither is taken.
			_, twice := n.attributes[name]
			if twice && err == nil {
				err = fmt.Errorf("%v has two attributes %s", n, input.Quote(name))
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

func (r *protoReader) attribute(b []byte) (name string, a attribute, err error) {
	err = r.fields(b, func(tag, number uint64, data []byte) (err error) {
		switch tag {
		case attributeName:
			name = string(data)
		case attributeString:
			a.text = string(data)
		case attributeTensor:
			var t onnxTensor
			t, err = r.tensor(data)
			a.tensor = &t
		case attributeFloat, attributeFloats | fixed32:
			a.numbers = append(a.numbers, float32Of(number))
		case attributeInt, attributeInts | varint:
			a.numbers = append(a.numbers, int64Of(number))
		// Repeated numbers may be packed or not, and readers have to take both.
		case attributeFloats | block:
			a.numbers, err = r.appendNumbers(a.numbers, fixed32, data, float32Of)
		case attributeInts | block:
			a.numbers, err = r.appendNumbers(a.numbers, varint, data, int64Of)
		}

		return err
	})

	return name, a, err
}

func (r *protoReader) value(b []byte) (v value, err error) {
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

		// A dimension without a number, or with a name instead, is open.
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
