package modelfile

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// format is a file format for networks.
type format struct {
	name       string
	extensions []string
	// begins reports whether the first bytes of a file are those of the format.
	begins func(b []byte) bool
	parse  func(b []byte, o Options) (*model, error)
}

// formats is the table of formats.
var formats = []format{
	{"safetensors", []string{".safetensors"}, beginsSafetensors, parseSafetensors},
	{"PyTorch", []string{".pt", ".pth", ".ckpt"}, beginsTorch, parseTorch},
	{"npz", []string{".npz"}, startsWith("PK\x03\x04"), parseNPZ},
	{"mat", []string{".mat"}, startsWith("MATLAB "), parseMAT},
	{"nnet", []string{".nnet"}, startsWith("//"), parseNNET},
	{
		"onnx",
		[]string{".onnx"},
		startsWith("\x08"),
		parseONNX,
	}, // the tag of the model's first field, ir_version
}

func startsWith(magic string) func([]byte) bool {
	return func(b []byte) bool { return bytes.HasPrefix(b, []byte(magic)) }
}

// formatOf returns the format that the extension of path names, unless the first bytes belong to
// another one.
func formatOf(path string, b []byte) (format, error) {
	extension := strings.ToLower(filepath.Ext(path))
	if isKeras(path, b) {
		return format{}, errKeras
	}

	// Renamed files are common, and the first bytes are more reliable than the name.
	i := slices.IndexFunc(
		formats,
		func(f format) bool {
			return slices.Contains(f.extensions, extension)
		},
	)
	if i < 0 || !formats[i].begins(b) {
		known := slices.IndexFunc(formats, func(f format) bool {
			return f.begins(b)
		})
		if known >= 0 {
			i = known
		}
	}

	if i < 0 {
		return format{}, fmt.Errorf(
			"neither its extension nor its first bytes are those of a %s file%s",
			formatNames(),
			advice(b),
		)
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

// advice returns advice on a file in a format that is not supported, as the end of an error.
func advice(b []byte) string {
	if startsWith("\x80")(b) {
		return ": pickled objects are not read, because unpickling runs code; " + saveTorch
	}
	return ""
}

const saveTorch = "save the state_dict with torch.save or safetensors.torch.save_file, or export to ONNX"

// isKeras reports whether a file is a Keras file, by its extension or by the first bytes of HDF5.
func isKeras(path string, b []byte) bool {
	extension := strings.ToLower(filepath.Ext(path))
	return extension == ".h5" || extension == ".keras" || isHDF5(b)
}

func isHDF5(b []byte) bool {
	return startsWith("\x89HDF\r\n\x1a\n")(b)
}

// Extensions returns the extensions of all formats and those of Keras files, which are refused with
// advice.
func Extensions() []string {
	var all []string
	for _, f := range formats {
		all = append(all, f.extensions...)
	}
	return append(all, ".h5", ".keras")
}
