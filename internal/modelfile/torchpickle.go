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

// A pickle is a program for a small machine that pushes, groups and calls. Only tensors are made
// by it here; whatever else it wants to call becomes an opaque object, and no code runs.

// maxPickle bounds a pickle, which takes up to some hundred times its size once taken apart. A
// tensor takes about a hundred bytes of it, whatever its size.
const maxPickle = 1 << 20

// found is what else is known of a pickle.
type found struct {
	length   int                      // in bytes
	storages map[string]*torchStorage // by their keys
}

// unpickle reads the pickle at the head of b.
func unpickle(b []byte) (object any, f found, err error) {
	f = found{storages: map[string]*torchStorage{}}
	f.length, err = pickleLength(b)
	if err != nil {
		return nil, f, err
	}

	defer func() {
		p := recover() // of gopickle, on keys that are no keys and arguments that are missing
		if p != nil {
			err = fmt.Errorf("malformed pickle: %v", p)
		}
	}()

	// The hooks replace whatever the pickle wants to import or load, so that it can call nothing.
	machine := pickle.NewUnpickler(bytes.NewReader(b[:f.length]))
	machine.FindClass = findTorchClass
	machine.PersistentLoad = f.persistentStorage
	object, err = machine.Load()
	if err != nil {
		err = fmt.Errorf("malformed pickle: %s", input.Quote(err.Error()))
	}

	return object, f, err
}

// operandBytes are the sizes of the operands of opcodes that have one of a fixed size.
var operandBytes = map[byte]int{
	0x80: 1, 'K': 1, 'h': 1, 'q': 1, 'M': 2, 'J': 4, 'j': 4, 'r': 4, 'G': 8,
}

// lengthBytes are the sizes of the lengths that stand before the operands of others.
var lengthBytes = map[byte]int{
	'U': 1, 'C': 1, 0x8a: 1, 0x8c: 1, 'T': 4, 'X': 4, 'B': 4, 0x8b: 4, 0x8d: 8, 0x8e: 8,
}

// operandLines are the numbers of lines that others take.
var operandLines = map[byte]int{'F': 1, 'I': 1, 'L': 1, 'S': 1, 'V': 1, 'g': 1, 'p': 1, 'c': 2}

// plainOpcodes have no operand.
const plainOpcodes = "(.012NQRabd}elo]st)u\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x93\x94"

// pickleLength returns the number of bytes to the end of a pickle, each of whose operands lies
// before it: gopickle would take memory for as much as an operand claims.
func pickleLength(b []byte) (int, error) {
	limit := min(len(b), maxPickle)
	// The opcodes are skipped over, not carried out: only their lengths count.
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
		case opcode == 0x95: // a frame, whose content follows as if there were none
			size, ok := lengthAt(b, i, 8)
			if !ok || size > uint64(limit-i) {
				return 0, errPickle(limit)
			}
			i += 8
		case strings.IndexByte(plainOpcodes, opcode) < 0:
			return 0, fmt.Errorf(
				"opcode %#02x of the pickle is none that torch.save writes",
				opcode,
			)
		}
	}

	return 0, errPickle(limit)
}

func errPickle(limit int) error {
	if limit == maxPickle {
		return fmt.Errorf("the pickle is longer than the %d bytes that are read", maxPickle)
	}
	return errors.New("the pickle ends too early")
}

// lengthAt reads a length of so many bytes.
func lengthAt(b []byte, i, width int) (uint64, bool) {
	if i > len(b) || len(b)-i < width {
		return 0, false
	}
	var word [8]byte
	copy(word[:], b[i:i+width])
	return binary.LittleEndian.Uint64(word[:]), true
}

// torchStorage is a row of numbers that tensors view.
type torchStorage struct {
	kind  string // name of PyTorch's class
	key   string
	count int // of numbers
}

// torchKinds are the classes of storages.
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

// torchTensor views a storage: its entry [i, j, …] is number offset + i·stride[0] + j·stride[1] + …
type torchTensor struct {
	storage      *torchStorage
	offset       int
	size, stride []int
}

// persistentStorage makes a storage of ("storage", class, key, device, count, view of another).
func (f found) persistentStorage(id any) (any, error) {
	tuple, isTuple := id.(*types.Tuple)
	if !isTuple || tuple.Len() < 5 || tuple.Get(0) != "storage" {
		return nil, errors.New("a persistent object that is no storage")
	}

	class, isClass := tuple.Get(1).(*opaque)
	key, isText := tuple.Get(2).(string)
	count, isNumber := tuple.Get(4).(int)
	if !isClass || !isText || !isNumber || count < 0 || count > input.MaxElements {
		return nil, errors.New("a storage that is not described as PyTorch does")
	}

	if tuple.Len() > 5 && tuple.Get(5) != nil {
		return nil, errors.New("a storage that views another, as PyTorch before 0.4 wrote them")
	}

	kind := strings.TrimPrefix(class.class, "torch.")
	// A storage of a type that is not read costs only the tensors that view it.
	_, known := torchKinds[kind]
	if !known {
		return &opaque{class.class}, nil
	}

	s := &torchStorage{kind, key, count}
	f.storages[key] = s

	return s, nil
}

// findTorchClass returns the functions by which PyTorch makes tensors, and opaque classes.
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

// unreadTensor stands for the class of a tensor of a type that is not read.
const unreadTensor = "a tensor"

// rebuildTensor makes a tensor of (storage, offset, size, stride, …).
type rebuildTensor struct{}

// Call returns a tensor, or an opaque object for one of a type that is not read.
func (rebuildTensor) Call(args ...any) (any, error) {
	if len(args) < 4 {
		return nil, errors.New("a tensor that is not described as PyTorch does")
	}

	storage, isStorage := args[0].(*torchStorage)
	if !isStorage {
		return &opaque{unreadTensor}, nil
	}

	// The seventh argument says that the storage holds the negative or the conjugate.
	if len(args) > 6 && args[6] != nil {
		return &opaque{unreadTensor}, nil
	}

	offset, isNumber := args[1].(int)
	size, isSize := integersOf(args[2])
	stride, isStride := integersOf(args[3])
	if !isNumber || !isSize || !isStride {
		return nil, errors.New("a tensor that is not described as PyTorch does")
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

// rebuildParameter makes a parameter of (tensor, …), which here is the tensor.
type rebuildParameter struct{}

// Call returns the tensor.
func (rebuildParameter) Call(args ...any) (any, error) {
	if len(args) == 0 {
		return nil, errors.New("a parameter without a tensor")
	}
	return args[0], nil
}

// opaque is a class or an object of one that is not known, and does nothing.
type opaque struct{ class string }

// Call returns an object of the class.
func (o *opaque) Call(...any) (any, error) {
	return &opaque{o.class}, nil
}

// PyNew returns an object of the class.
func (o *opaque) PyNew(...any) (any, error) {
	return &opaque{o.class}, nil
}

// PySetState forgets the state.
func (o *opaque) PySetState(any) error { return nil }

// Set forgets an entry.
func (o *opaque) Set(_, _ any) {}

// Append forgets an item.
func (o *opaque) Append(any) {}

// dictEntry is an entry of a dictionary, under a text.
type dictEntry struct {
	key   string
	value any
}

// entriesOf returns the entries of a dictionary under texts, in its order. It is not ok if v is
// none, or has other keys.
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
