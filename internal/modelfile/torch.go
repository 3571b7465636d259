package modelfile

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/nlpodyssey/gopickle/types"

	"github.com/liptrack/liptrack/internal/input"
)

// torchFile is what torch.save wrote: a pickle, and the storages that its tensors view.
type torchFile struct {
	root any
	// storage returns the bytes of a storage, at least size of them if that many are there.
	storage func(s *torchStorage) ([]byte, error)
	order   binary.ByteOrder

	decoded map[string][]float64 // storages, by key and type
	quota   input.Quota
}

// parseTorch reads the state_dict of linear layers and BatchNorm1d, as it is or in a checkpoint
// beside other things.
func parseTorch(b []byte, o Options) (*model, error) {
	f, err := readTorch(b)
	if err != nil {
		return nil, err
	}

	f.decoded = map[string][]float64{}

	m := &model{}
	state, err := m.stateDict(f.root)
	if err != nil {
		return nil, err
	}

	// The order of a state_dict is that of the module's attributes, not of its forward pass.
	var tensors []tensor
	for _, e := range state {
		if strings.HasSuffix(e.key, batchesTracked) {
			continue
		}

		view, isTensor := e.value.(*torchTensor)
		if !isTensor {
			return nil, fmt.Errorf("%s of the state_dict is no tensor", input.Quote(e.key))
		}

		t, err := f.tensor(e.key, view)
		if err != nil {
			return nil, err
		}

		tensors = append(tensors, t)
	}

	pairs, err := m.pairUp(tensors, o.Layers)
	if err != nil {
		return nil, err
	}

	return m, m.layersOf(pairs, o, false)
}

// readTorch takes either container apart, the zip archive or the older row of pickles.
func readTorch(b []byte) (*torchFile, error) {
	// PyTorch writes zip archives since 1.6.
	if startsWith("PK")(b) {
		return readTorchZip(b)
	}
	if startsWith(torchMagic)(b) {
		return readTorchLegacy(b)
	}
	return nil, errors.New("it is neither of the containers that torch.save writes; " + saveTorch)
}

// beginsTorch looks for a container of torch.save's.
func beginsTorch(b []byte) bool {
	if !startsWith("PK\x03\x04")(b) {
		return startsWith(torchMagic)(b)
	}
	// An npz file is a zip archive, too, so only the list of its files tells.
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	// Of an archive that is cut short, the list is gone; torch.save puts the pickle first.
	if err != nil {
		return bytes.Contains(b[:min(len(b), 256)], []byte(torchPickle))
	}
	_, found := torchFolder(z)
	return found
}

const torchPickle = "data.pkl"

// torchFolder returns the folder of a zip archive in which all is that torch.save wrote.
func torchFolder(z *zip.Reader) (folder string, found bool) {
	for _, f := range z.File {
		folder, found = strings.CutSuffix(f.Name, torchPickle)
		if found && strings.Count(folder, "/") == 1 {
			return folder, true
		}
	}
	return "", false
}

// readTorchZip reads FOLDER/data.pkl; the storages are in FOLDER/data/KEY.
func readTorchZip(b []byte) (*torchFile, error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, fmt.Errorf("the archive is damaged or cut short: %w", err)
	}

	folder, found := torchFolder(z)
	if !found {
		return nil, errors.New("the archive is none of torch.save's; " + saveTorch)
	}

	members := map[string]*zip.File{}
	for _, f := range z.File {
		// The zip format allows two members of one name, and readers differ in which one they take.
		if members[f.Name] != nil {
			return nil, fmt.Errorf("the archive holds two files %s", input.Quote(f.Name))
		}

		members[f.Name] = f
	}

	if members[folder+"constants.pkl"] != nil {
		return nil, errors.New(
			"it is a TorchScript program, which is not run: save the parameters, " +
				"torch.save(model.state_dict(), PATH), or export to ONNX",
		)
	}

	content := func(name string, most int) ([]byte, error) {
		return memberOf(members[folder+name], folder+name, most)
	}

	// Older archives do not note the order of bytes; it is that of nearly all
	// machines.
	f := &torchFile{order: binary.LittleEndian}
	if members[folder+"byteorder"] != nil {
		text, err := content("byteorder", maxPickle)
		if err != nil {
			return nil, err
		}

		if string(text) == "big" {
			f.order = binary.BigEndian
		}
	}

	f.storage = func(s *torchStorage) ([]byte, error) {
		return content("data/"+s.key, s.bytes())
	}

	pickle, err := content(torchPickle, maxPickle)
	if err != nil {
		return nil, err
	}

	f.root, _, err = unpickle(pickle)

	return f, err
}

// memberOf unpacks a file of an archive, of at most so many bytes.
func memberOf(f *zip.File, name string, most int) ([]byte, error) {
	if f == nil {
		return nil, fmt.Errorf("the archive lacks %s", input.Quote(name))
	}

	// The archive's own sizes may lie, so one byte more than they say is asked for.
	size := int64(min(f.UncompressedSize64, uint64(most)))
	err := input.CheckPacked(size, int64(min(f.CompressedSize64, math.MaxInt64)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", input.Quote(name), err)
	}

	r, err := f.Open()
	if err != nil {
		return nil, err
	}

	defer r.Close()

	b, err := io.ReadAll(io.LimitReader(r, size+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", input.Quote(name), err)
	}

	if int64(len(b)) > size {
		return nil, fmt.Errorf("%s has more than %d bytes", input.Quote(name), size)
	}

	return b, nil
}

// torchMagic is the pickle of a number with which the older container begins.
const torchMagic = "\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."

// readTorchLegacy reads a row of pickles: two numbers, notes on the machine, the object, and the
// list of storages, which follow it, each headed by its number of elements in 8 bytes.
func readTorchLegacy(b []byte) (*torchFile, error) {
	// The five pickles are a magic number, a protocol number, notes on the machine, the object, and
	// the keys of the storages.
	var objects [5]any
	var storages map[string]*torchStorage
	for i := range objects {
		object, found, err := unpickle(b)
		if err != nil {
			return nil, err
		}

		if i == 3 {
			storages = found.storages
		}

		objects[i], b = object, b[found.length:]
	}

	keys, isList := objects[4].(*types.List)
	if !isList {
		return nil, errors.New("the list of storages is missing")
	}

	contents := map[string][]byte{}
	for _, key := range *keys {
		name, _ := key.(string)
		s := storages[name]
		if s == nil || len(b) < 8 {
			return nil, fmt.Errorf("storage %s is missing", input.Quote(fmt.Sprint(name)))
		}

		count := binary.LittleEndian.Uint64(b)
		b = b[8:]
		// Compared by division, as a claimed count times its size may overflow.
		if count > uint64(len(b)/s.decoder().Size) {
			return nil, fmt.Errorf(
				"storage %s claims %d numbers, but %d bytes follow",
				input.Quote(name),
				count,
				len(b),
			)
		}

		size := int(count) * s.decoder().Size
		contents[name], b = b[:size], b[size:]
	}

	f := &torchFile{root: objects[3], order: binary.LittleEndian}
	f.storage = func(s *torchStorage) ([]byte, error) {
		return contents[s.key], nil
	}
	return f, nil
}

// tensor reads the numbers that a tensor views, in row-major order.
func (f *torchFile) tensor(name string, view *torchTensor) (tensor, error) {
	n, ok := input.Elements(view.size)
	if !ok || len(view.stride) != len(view.size) {
		return tensor{}, fmt.Errorf(
			"%s has shape %s and %d strides",
			input.Quote(name),
			shapeString(view.size),
			len(view.stride),
		)
	}

	stored, err := f.numbers(view.storage)
	if err == nil {
		err = f.quota.Take(n)
	}

	if err != nil {
		return tensor{}, fmt.Errorf("%s: %w", input.Quote(name), err)
	}

	if n > 0 && !view.fits(len(stored)) {
		return tensor{}, fmt.Errorf(
			"%s views more than the %d numbers of its storage",
			input.Quote(name),
			len(stored),
		)
	}

	// Strides may repeat or skip numbers, so entries are collected one by one, like the digits of a
	// counter.
	values := make([]float64, n)
	index := make([]int, len(view.size))
	at := view.offset
	for i := range values {
		values[i] = stored[at]
		for axis := len(index) - 1; axis >= 0; axis-- {
			index[axis]++
			at += view.stride[axis]
			if index[axis] < view.size[axis] {
				break
			}
			at -= index[axis] * view.stride[axis]
			index[axis] = 0
		}
	}

	return tensor{name, view.size, values}, nil
}

// fits says whether all entries of a tensor, which has some, are among so many numbers.
func (t *torchTensor) fits(stored int) bool {
	// The last entry on every axis has the largest index, since no stride is negative.
	last := t.offset
	for axis, size := range t.size {
		step := t.stride[axis]
		// Compared by division, as a claimed stride times a size may overflow.
		if step < 0 || size > 1 && step > stored/(size-1) {
			return false
		}
		last += (size - 1) * step
	}
	return t.offset >= 0 && last < stored
}

// numbers decodes a storage once, however many tensors view it.
func (f *torchFile) numbers(s *torchStorage) ([]float64, error) {
	// The same bytes viewed as two types are two rows of numbers.
	id := s.kind + " " + s.key
	values, known := f.decoded[id]
	if known {
		return values, nil
	}

	err := f.quota.Take(s.count)
	if err != nil {
		return nil, err
	}

	b, err := f.storage(s)
	if err != nil {
		return nil, err
	}

	d := s.decoder()
	if len(b) != s.count*d.Size {
		return nil, fmt.Errorf(
			"storage %s has %d bytes for %d numbers of %d",
			input.Quote(s.key),
			len(b),
			s.count,
			d.Size,
		)
	}

	f.decoded[id] = d.Decode(b, f.order)

	return f.decoded[id], nil
}

// stateDict finds the parameters: the object itself, or what a checkpoint has under state_dict or
// model_state_dict, or the one thing in it that is a dictionary of tensors.
func (m *model) stateDict(root any) ([]dictEntry, error) {
	entries, isDict := entriesOf(root)
	if !isDict {
		return nil, errNoStateDict(root)
	}

	// A checkpoint may hold the optimiser's tensors as well, whose names are not those of layers.
	var candidates []dictEntry
	for _, e := range entries {
		inner, isDict := entriesOf(e.value)
		if isDict && areTensors(inner) {
			candidates = append(candidates, e)
		}
	}

	for _, e := range candidates {
		if e.key == "state_dict" || e.key == "model_state_dict" || len(candidates) == 1 {
			m.note("the parameters are those under %s of the checkpoint", input.Quote(e.key))
			m.readProgress(entries)
			inner, _ := entriesOf(e.value)
			return inner, nil
		}
	}

	if len(candidates) == 0 && areTensors(entries) {
		return entries, nil
	}

	return nil, errUnclearState(entries)
}

// errUnclearState says why a dictionary is neither a state_dict nor a checkpoint with one.
func errUnclearState(entries []dictEntry) error {
	const way = "save the parameters alone, torch.save(model.state_dict(), PATH)"
	if len(entries) == 0 {
		return errors.New("it holds an empty dictionary: " + way)
	}

	// Among tensors, what is none keeps the dictionary from being a state_dict.
	odd, hasTensors := "", false
	var keys []string
	for _, e := range entries {
		keys = append(keys, e.key)

		_, isTensor := e.value.(*torchTensor)
		if !isTensor && odd == "" {
			odd = fmt.Sprintf("%s is %s", input.Quote(e.key), kindOf(e.value))
		}
		hasTensors = hasTensors || isTensor || isUnreadTensor(e.value)
	}

	if hasTensors {
		return fmt.Errorf("%s: %s", odd, way)
	}

	return fmt.Errorf(
		"the checkpoint holds %s: which of it is the state_dict is not clear; %s",
		input.QuoteNames(keys),
		way,
	)
}

func isUnreadTensor(value any) bool {
	object, isObject := value.(*opaque)
	return isObject && (object.class == unreadTensor || strings.HasPrefix(object.class, "torch._utils._rebuild_"))
}

// kindOf says what an entry of a dictionary is that is no tensor.
func kindOf(value any) string {
	object, isObject := value.(*opaque)
	switch {
	case !isObject:
		return "no tensor"
	case isUnreadTensor(value):
		return "a tensor of a kind that is not read, such as complex, sparse or quantised"
	}
	return fmt.Sprintf("an object of the class %s, whose code is not run",
		input.Quote(object.class))
}

// readProgress notes how far a checkpoint says that training had come.
func (m *model) readProgress(entries []dictEntry) {
	for _, e := range entries {
		number, isInt := e.value.(int)
		if !isInt || number < 0 {
			continue
		}

		switch e.key {
		case "epoch":
			m.epoch = &number
		case "global_step", "step":
			m.step = &number
		}
	}
}

func areTensors(entries []dictEntry) bool {
	for _, e := range entries {
		_, isTensor := e.value.(*torchTensor)
		if !isTensor {
			return false
		}
	}
	return len(entries) > 0
}

func errNoStateDict(root any) error {
	const way = "save its parameters instead, torch.save(model.state_dict(), PATH)"
	object, isObject := root.(*opaque)
	if isObject {
		return fmt.Errorf(
			"it holds an object of the class %s, whose code is not run: %s",
			input.Quote(object.class),
			way,
		)
	}
	return fmt.Errorf("it holds no dictionary of tensors: %s", way)
}
