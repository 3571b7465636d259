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

// torchFile is a file written by torch.save: a pickle, and the storages of its tensors.
type torchFile struct {
	root any
	// storage returns the bytes of a storage.
	storage func(s *torchStorage) ([]byte, error)
	order   binary.ByteOrder

	decoded map[string][]float64 // decoded storages by type and key
	quota   input.Quota
}

// parseTorch reads a state_dict with linear layers and BatchNorm1d, on its own or as part of a
// checkpoint.
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

	// The order of a state_dict is not used: it follows the module's attributes, not its forward
	// pass.
	var tensors []tensor
	for _, e := range state {
		if strings.HasSuffix(e.key, batchesTracked) {
			continue
		}

		view, isTensor := e.value.(*torchTensor)
		if !isTensor {
			return nil, fmt.Errorf("%s of the state_dict is not a tensor", input.Quote(e.key))
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

// readTorch reads either container: a zip archive, or the older sequence of pickles.
func readTorch(b []byte) (*torchFile, error) {
	// PyTorch has written zip archives since version 1.6.
	if startsWith("PK")(b) {
		return readTorchZip(b)
	}
	if startsWith(torchMagic)(b) {
		return readTorchLegacy(b)
	}
	return nil, errors.New("it is not in either of the formats that torch.save writes; " + saveTorch)
}

// beginsTorch reports whether b is a container written by torch.save.
func beginsTorch(b []byte) bool {
	if !startsWith("PK\x03\x04")(b) {
		return startsWith(torchMagic)(b)
	}
	// An npz file is a zip archive, too; only the list of files tells them apart.
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	// An archive that is cut short has lost its list, but torch.save writes the pickle first.
	if err != nil {
		return bytes.Contains(b[:min(len(b), 256)], []byte(torchPickle))
	}
	_, found := torchFolder(z)
	return found
}

const torchPickle = "data.pkl"

// torchFolder returns the folder of a zip archive that holds the files written by torch.save.
func torchFolder(z *zip.Reader) (folder string, found bool) {
	for _, f := range z.File {
		folder, found = strings.CutSuffix(f.Name, torchPickle)
		if found && strings.Count(folder, "/") == 1 {
			return folder, true
		}
	}
	return "", false
}

// readTorchZip reads FOLDER/data.pkl. The storages are in FOLDER/data/KEY.
func readTorchZip(b []byte) (*torchFile, error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, fmt.Errorf("the archive is damaged or cut short: %w", err)
	}

	folder, found := torchFolder(z)
	if !found {
		return nil, errors.New("the archive was not written by torch.save; " + saveTorch)
	}

	members := map[string]*zip.File{}
	for _, f := range z.File {
		// The zip format allows two members with the same name, and readers differ in which they
		// use.
		if members[f.Name] != nil {
			return nil, fmt.Errorf("the archive holds two files named %s", input.Quote(f.Name))
		}

		members[f.Name] = f
	}

	if members[folder+"constants.pkl"] != nil {
		return nil, errors.New(
			"it is a TorchScript program, and code is not run: save the parameters, " +
				"torch.save(model.state_dict(), PATH), or export to ONNX",
		)
	}

	content := func(name string, most int) ([]byte, error) {
		return memberOf(members[folder+name], folder+name, most)
	}

	// Older archives do not record the byte order: assume that of nearly all machines.
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

// memberOf decompresses a file of an archive. It is an error if the file has more than most bytes.
func memberOf(f *zip.File, name string, most int) ([]byte, error) {
	if f == nil {
		return nil, fmt.Errorf("the archive lacks %s", input.Quote(name))
	}

	// The sizes in the archive may be wrong, so read one byte more to notice excess data.
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

// torchMagic is the beginning of the older container, the pickle of a magic number.
const torchMagic = "\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."

// readTorchLegacy reads a sequence of five pickles: two numbers, information on the machine, the
// object, and the list of storages. The storages follow, each preceded by its number of elements in
// 8 bytes.
func readTorchLegacy(b []byte) (*torchFile, error) {
	// The fourth pickle is the object, whose tensors refer to the storages.
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
		// Compare by division, since a claimed count times its size may overflow.
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

// tensor returns the numbers of a tensor in row-major order.
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

	stored, err := f.decodeStorage(view.storage)
	if err == nil {
		err = f.quota.Take(n)
	}

	if err != nil {
		return tensor{}, fmt.Errorf("%s: %w", input.Quote(name), err)
	}

	if n > 0 && !view.fits(len(stored)) {
		return tensor{}, fmt.Errorf(
			"%s extends beyond the %d numbers of its storage",
			input.Quote(name),
			len(stored),
		)
	}

	// Strides may repeat or skip numbers, so collect entries one by one, counting index up like the
	// digits of a number.
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

// fits reports whether all entries of a non-empty tensor are within a storage of stored numbers.
func (t *torchTensor) fits(stored int) bool {
	// The entry that is last on every axis has the largest offset, since no stride is negative.
	last := t.offset
	for axis, size := range t.size {
		step := t.stride[axis]
		// Compare by division, since a claimed stride times a size may overflow.
		if step < 0 || size > 1 && step > stored/(size-1) {
			return false
		}
		last += (size - 1) * step
	}
	return t.offset >= 0 && last < stored
}

// decodeStorage returns the numbers of a storage. It decodes each storage only once.
func (f *torchFile) decodeStorage(s *torchStorage) ([]float64, error) {
	// The same bytes may be used with two types.
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
			"storage %s has %d bytes for %d numbers of %d bytes",
			input.Quote(s.key),
			len(b),
			s.count,
			d.Size,
		)
	}

	f.decoded[id] = d.Decode(b, f.order)

	return f.decoded[id], nil
}

// stateDict returns the parameters: the object itself, the entry state_dict or model_state_dict of
// a checkpoint, or its only entry that is a dictionary of tensors.
func (m *model) stateDict(root any) ([]dictEntry, error) {
	entries, isDict := entriesOf(root)
	if !isDict {
		return nil, errNoStateDict(root)
	}

	// A checkpoint may hold other dictionaries of tensors, such as those of the optimiser.
	var candidates []dictEntry
	for _, e := range entries {
		inner, isDict := entriesOf(e.value)
		if isDict && areTensors(inner) {
			candidates = append(candidates, e)
		}
	}

	for _, e := range candidates {
		if e.key == "state_dict" || e.key == "model_state_dict" || len(candidates) == 1 {
			m.addNote("the parameters are the entry %s of the checkpoint", input.Quote(e.key))
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

// errUnclearState returns an error that explains why a dictionary is neither a state_dict nor a
// checkpoint with one.
func errUnclearState(entries []dictEntry) error {
	const way = "save the parameters alone, torch.save(model.state_dict(), PATH)"
	if len(entries) == 0 {
		return errors.New("it holds an empty dictionary: " + way)
	}

	// A single entry that is not a tensor keeps the dictionary from being a state_dict.
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
		"the checkpoint holds %s: it is not clear which is the state_dict; %s",
		input.QuoteNames(keys),
		way,
	)
}

func isUnreadTensor(value any) bool {
	object, isObject := value.(*opaque)
	return isObject && (object.class == unreadTensor || strings.HasPrefix(object.class, "torch._utils._rebuild_"))
}

// kindOf describes an entry of a dictionary that is not a tensor.
func kindOf(value any) string {
	object, isObject := value.(*opaque)
	switch {
	case !isObject:
		return "not a tensor"
	case isUnreadTensor(value):
		return "a tensor of an unsupported kind, such as complex, sparse or quantised"
	}
	return fmt.Sprintf("an object of class %s, whose code is not run",
		input.Quote(object.class))
}

// readProgress takes the progress of the training from a checkpoint.
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
			"it holds an object of class %s, whose code is not run: %s",
			input.Quote(object.class),
			way,
		)
	}
	return fmt.Errorf("it holds no dictionary of tensors: %s", way)
}
