package modelfile

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// format is a way to store networks.
type format struct {
	name      string
	extension string
	// begins says whether a file's first bytes are those of the format.
	begins func(b []byte) bool
	parse  func(b []byte, o Options) (*model, error)
}

// formats is the table of formats.
var formats = []format{
	{"safetensors", ".safetensors", beginsSafetensors, parseSafetensors},
	{"npz", ".npz", startsWith("PK\x03\x04"), parseNPZ},
	{"mat", ".mat", startsWith("MATLAB "), parseMAT},
	{"nnet", ".nnet", startsWith("//"), parseNNET},
	{"onnx", ".onnx", startsWith("\x08"), parseONNX}, // the model's first field, ir_version
}

func startsWith(magic string) func([]byte) bool {
	return func(b []byte) bool { return bytes.HasPrefix(b, []byte(magic)) }
}

// formatOf is the format that the extension names, or that of the content if the extension is
// not in the table.
func formatOf(path string, b []byte) (format, error) {
	extension := strings.ToLower(filepath.Ext(path))
	i := slices.IndexFunc(formats, func(f format) bool { return f.extension == extension })
	if i < 0 {
		i = slices.IndexFunc(formats, func(f format) bool { return f.begins(b) })
	}
	if i < 0 {
		return format{}, fmt.Errorf("neither its extension nor its first bytes are those of a %s file%s", formatNames(), advice(b))
	}
	return formats[i], nil
}

func formatNames() string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// advice is what to do with files in formats that are not read.
func advice(b []byte) string {
	switch {
	case isHDF5(b):
		return ": HDF5 files, such as Keras's, are not read; export to ONNX, or save the weights with numpy.savez"
	case startsWith("\x80")(b):
		return ": pickled objects are not read, because unpickling runs code; " + saveTorch
	}
	return ""
}

const saveTorch = "save the state_dict with safetensors.torch.save_file, or export to ONNX"

func isHDF5(b []byte) bool { return startsWith("\x89HDF\r\n\x1a\n")(b) }
