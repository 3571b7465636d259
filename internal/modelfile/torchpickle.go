package modelfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/nlpodyssey/gopickle/pickle"
	"github.com/nlpodyssey/gopickle/types"

	"github.com/liptrack/liptrack/internal/input"
)

// A pickle is a program for a small stack machine that pushes, groups and calls. Here it can only
// build tensors; anything else that it calls becomes an opaque object, and no code is run.

// maxPickle limits the size of a pickle, since loading one may take some hundred times its size in
// memory. A tensor takes about a hundred bytes of a pickle, regardless of its size.
const maxPickle = 1 << 20

// found is what unpickle learns about a pickle in addition to its object.
type found struct {
	length   int                      // in bytes
	storages map[string]*torchStorage // storages by key
}

// unpickle loads the pickle at the beginning of b.
func unpickle(b []byte) (object any, f found, err error) {
	f = found{storages: map[string]*torchStorage{}}
	f.length, err = pickleLength(b)
	if err != nil {
		return nil, f, err
	}

	defer func() {
		p := recover() // gopickle panics on invalid keys and missing arguments
		if p != nil {
			err = fmt.Errorf("malformed pickle: %v", p)
		}
	}()

	// The hooks replace everything that the pickle imports or loads, so it cannot call real code.
	machine := pickle.NewUnpickler(bytes.NewReader(b[:f.length]))
	machine.FindClass = findTorchClass
	machine.PersistentLoad = f.persistentStorage
	object, err = machine.Load()
	if err != nil {
		err = fmt.Errorf("malformed pickle: %s", input.Quote(err.Error()))
	}

	return object, f, err
}

// operandBytes holds the operand sizes of opcodes with an operand of fixed size.
var operandBytes = map[byte]int{
	0x80: 1, 'K': 1, 'h': 1, 'q': 1, 'M': 2, 'J': 4, 'j': 4, 'r': 4, 'G': 8,
}

// lengthBytes holds the sizes of the length prefix of opcodes with an operand of variable size.
var lengthBytes = map[byte]int{
	'U': 1, 'C': 1, 0x8a: 1, 0x8c: 1, 'T': 4, 'X': 4, 'B': 4, 0x8b: 4, 0x8d: 8, 0x8e: 8,
}

// operandLines holds the numbers of lines of opcodes whose operand is text.
var operandLines = map[byte]int{'F': 1, 'I': 1, 'L': 1, 'S': 1, 'V': 1, 'g': 1, 'p': 1, 'c': 2}

// plainOpcodes are the opcodes without an operand.
const plainOpcodes = "(.012NQRabd}elo]st)u\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x93\x94"

// pickleLength returns the length of the pickle at the beginning of b. It checks that every operand
// lies within the pickle, since gopickle would allocate as much memory as an operand claims.
func pickleLength(b []byte) (int, error) {
	limit := min(len(b), maxPickle)
	// Skip the opcodes without executing them.
	for i := 0; i < limit; {
		opcode := b[i]
		i++
		fixed, isFixed := operandBytes[opcode]
		width, isLong := lengthBytes[opcode]
		lines, isText := operandLines[opcode]

		switch {
		case opcode == '.':
			return i, nil
		case isFixed:
			i += fixed
		case isLong:
			size, ok := lengthAt(b, i, width)
			if !ok || size > uint64(limit) {
				return 0, errPickle(limit)
			}
			i += width + int(size)
		case isText:
			for range lines {
				if i > limit {
					return 0, errPickle(limit)
				}
				end := bytes.IndexByte(b[i:limit], '\n')
				if end < 0 {
					return 0, errPickle(limit)
				}
				i += end + 1
			}
		case opcode == 0x95: // a frame; its content follows as ordinary opcodes
			size, ok := lengthAt(b, i, 8)
			if !ok || size > uint64(limit-i) {
				return 0, errPickle(limit)
			}
			i += 8
		case strings.IndexByte(plainOpcodes, opcode) < 0:
			return 0, fmt.Errorf(
				"opcode %#02x of the pickle is not one that torch.save writes",
				opcode,
			)
		}
	}

	return 0, errPickle(limit)
}

func errPickle(limit int) error {
	if limit == maxPickle {
		return fmt.Errorf("the pickle is longer than the limit of %d bytes", maxPickle)
	}
	return errors.New("the pickle ends too early")
}

// lengthAt reads a little-endian length of width bytes at b[i]. It is not ok if b ends before it
// does.
func lengthAt(b []byte, i, width int) (uint64, bool) {
	if i > len(b) || len(b)-i < width {
		return 0, false
	}
	var word [8]byte
	copy(word[:], b[i:i+width])
	return binary.LittleEndian.Uint64(word[:]), true
}

// torchStorage is a sequence of numbers that tensors refer to.
type torchStorage struct {
	kind  string // name of the PyTorch class
	key   string
	count int // number of elements
}

// torchKinds holds the supported classes of storages.
var torchKinds = map[string]input.Decoder{
	"FloatStorage":    input.DecoderOf[float32](),
	"DoubleStorage":   input.DecoderOf[float64](),
	"HalfStorage":     input.DecoderBy(input.Float16),
	"BFloat16Storage": input.DecoderBy(input.BFloat16),
	"LongStorage":     input.DecoderOf[int64](),
	"IntStorage":      input.DecoderOf[int32](),
	"ShortStorage":    input.DecoderOf[int16](),
	"CharStorage":     input.DecoderOf[int8](),
	"ByteStorage":     input.DecoderOf[uint8](),
	"BoolStorage":     input.DecoderOf[uint8](),
}

func (s *torchStorage) decoder() input.Decoder {
	return torchKinds[s.kind]
}

func (s *torchStorage) bytes() int {
	return s.count * s.decoder().Size
}

// torchTensor is a view of a storage: entry [i, j, …] is number offset + i·stride[0] + j·stride[1]
// + … of it.
type torchTensor struct {
	storage      *torchStorage
	offset       int
	size, stride []int
}

// persistentStorage returns the storage for the tuple ("storage", class, key, device, count, view).
func (f found) persistentStorage(id any) (any, error) {
	tuple, isTuple := id.(*types.Tuple)
	if !isTuple || tuple.Len() < 5 || tuple.Get(0) != "storage" {
		return nil, errors.New("a persistent object that is not a storage")
	}

	class, isClass := tuple.Get(1).(*opaque)
	key, isText := tuple.Get(2).(string)
	count, isNumber := tuple.Get(4).(int)
	if !isClass || !isText || !isNumber || count < 0 || count > input.MaxElements {
		return nil, errors.New("a storage that is not described as in PyTorch")
	}

	if tuple.Len() > 5 && tuple.Get(5) != nil {
		return nil, errors.New("a storage that is a view of another, as written by PyTorch before 0.4")
	}

	kind := strings.TrimPrefix(class.class, "torch.")
	// A storage of an unsupported type only affects the tensors that use it.
	_, known := torchKinds[kind]
	if !known {
		return &opaque{class.class}, nil
	}

	s := &torchStorage{kind, key, count}
	f.storages[key] = s

	return s, nil
}

// findTorchClass returns the functions with which PyTorch rebuilds tensors, and an opaque class for
// any other name.
func findTorchClass(module, name string) (any, error) {
	if module == "torch._utils" {
		switch name {
		case "_rebuild_tensor_v2", "_rebuild_tensor":
			return rebuildTensor{}, nil
		case "_rebuild_parameter":
			return rebuildParameter{}, nil
		}
	}
	return &opaque{module + "." + name}, nil
}

// unreadTensor is the class name of tensors of an unsupported type.
const unreadTensor = "a tensor"

// rebuildTensor makes a tensor from (storage, offset, size, stride, …).
type rebuildTensor struct{}

// Call returns a tensor, or an opaque object for a tensor of an unsupported type.
func (rebuildTensor) Call(args ...any) (any, error) {
	if len(args) < 4 {
		return nil, errors.New("a tensor that is not described as in PyTorch")
	}

	storage, isStorage := args[0].(*torchStorage)
	if !isStorage {
		return &opaque{unreadTensor}, nil
	}

	// The seventh argument is set if the storage holds the negative or the conjugate.
	if len(args) > 6 && args[6] != nil {
		return &opaque{unreadTensor}, nil
	}

	offset, isNumber := args[1].(int)
	size, isSize := integersOf(args[2])
	stride, isStride := integersOf(args[3])
	if !isNumber || !isSize || !isStride {
		return nil, errors.New("a tensor that is not described as in PyTorch")
	}

	return &torchTensor{storage, offset, size, stride}, nil
}

func integersOf(v any) ([]int, bool) {
	tuple, isTuple := v.(*types.Tuple)
	if !isTuple {
		return nil, false
	}

	var numbers []int
	for _, item := range *tuple {
		n, isNumber := item.(int)
		if !isNumber {
			return nil, false
		}

		numbers = append(numbers, n)
	}

	return numbers, true
}

// rebuildParameter makes a parameter from (tensor, …). Here a parameter is just the tensor.
type rebuildParameter struct{}

// Call returns the tensor.
func (rebuildParameter) Call(args ...any) (any, error) {
	if len(args) == 0 {
		return nil, errors.New("a parameter without a tensor")
	}
	return args[0], nil
}

// opaque is an unknown class or an object of one. It does nothing.
type opaque struct{ class string }

// Call returns an object of the class.
func (o *opaque) Call(...any) (any, error) {
	return &opaque{o.class}, nil
}

// PyNew returns an object of the class.
func (o *opaque) PyNew(...any) (any, error) {
	return &opaque{o.class}, nil
}

// PySetState ignores the state.
func (o *opaque) PySetState(any) error { return nil }

// Set ignores an entry.
func (o *opaque) Set(_, _ any) {}

// Append ignores an item.
func (o *opaque) Append(any) {}

// dictEntry is an entry of a dictionary with a string as its key.
type dictEntry struct {
	key   string
	value any
}

// entriesOf returns the entries of a dictionary in order. ok is false if v is not a dictionary or
// has keys that are not strings.
func entriesOf(v any) (entries []dictEntry, ok bool) {
	switch d := v.(type) {
	case *types.Dict:
		for _, e := range *d {
			key, isText := e.Key.(string)
			if !isText {
				return nil, false
			}
			entries = append(entries, dictEntry{key, e.Value})
		}

		return entries, true
	case *types.OrderedDict:
		for item := d.List.Front(); item != nil; item = item.Next() {
			e, isEntry := item.Value.(*types.OrderedDictEntry)
			if !isEntry {
				return nil, false
			}
			key, isText := e.Key.(string)
			if !isText {
				return nil, false
			}
			entries = append(entries, dictEntry{key, e.Value})
		}

		return entries, true
	}

	return nil, false
}
