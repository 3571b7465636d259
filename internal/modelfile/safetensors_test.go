package modelfile

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"
)

// safetensorsFile builds a file from a header and data, which need not be consistent.
func safetensorsFile(header string, data []byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), data...)
}

func float64Bytes(values ...float64) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	return b
}

// checkpointHeader describes a 2-2-1 network as in a liptrack checkpoint, with the state of an
// optimizer and of an unfinished epoch.
const checkpointHeader = `{"__metadata__": {"format": "pt", "liptrack.epoch": "3",
	"liptrack.model.activation": "leaky_relu", "liptrack.model.slope": "0.125", "liptrack.model.output": "relu"},
	"layers.0.weight": {"dtype": "F64", "shape": [2, 2], "data_offsets": [0, 32]},
	"layers.0.bias": {"dtype": "F64", "shape": [2], "data_offsets": [32, 48]},
	"layers.2.weight": {"dtype": "F64", "shape": [1, 2], "data_offsets": [48, 64]},
	"layers.2.bias": {"dtype": "F64", "shape": [1], "data_offsets": [64, 72]},
	"optimizer.momentum": {"dtype": "F64", "shape": [1], "data_offsets": [72, 80]},
	"training.epoch_start": {"dtype": "F64", "shape": [1], "data_offsets": [80, 88]}}`

var checkpointData = float64Bytes(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, nan)

func TestCheckpointSaysItsActivations(t *testing.T) {
	net, info := read(t, "safetensors", safetensorsFile(checkpointHeader, checkpointData), Options{})
	checkWeights(t, net, [][]float64{{1, 2, 3, 4}, {7, 8}}, [][]float64{{5, 6}, {9}})
	for i, want := range []string{"leaky_relu(0.125)", "relu"} {
		if got := net.Layers[i].Activation.String(); got != want {
			t.Errorf("layer %d is followed by %s, want %s", i+1, got, want)
		}
	}
	if len(info.Notes) > 0 {
		t.Errorf("notes %q", info.Notes)
	}
}

func TestCheckpointWithBadMetadata(t *testing.T) {
	for _, c := range []struct{ old, new, word string }{
		{`"0.125"`, `"steep"`, `"steep"`},
		{`"0.125"`, `"NaN"`, "slope NaN"},
		{`"leaky_relu"`, `"rleu"`, `"rleu"`},
		{`"relu"`, `"rleu"`, `"rleu"`},
	} {
		header := strings.Replace(checkpointHeader, c.old, c.new, 1)
		_, _, err := formatNamed("safetensors").loadContent(safetensorsFile(header, checkpointData), Options{})
		checkError(t, err, "liptrack.model.", c.word)
	}
}

func TestSafetensorsErrors(t *testing.T) {
	entry := func(name, dtype, shape string, begin, end int) string {
		return fmt.Sprintf(`%q: {"dtype": %q, "shape": %s, "data_offsets": [%d, %d]}`, name, dtype, shape, begin, end)
	}
	header := func(entries ...string) string { return "{" + strings.Join(entries, ", ") + "}" }
	one := header(entry("weight", "F64", "[1, 1]", 0, 8))
	for _, c := range []struct {
		name    string
		content []byte
		words   []string
	}{
		{"truncated length", []byte{1, 2, 3}, []string{"too small"}},
		{"truncated header", safetensorsFile(one, nil)[:20], []string{"header"}},
		{"truncated data", safetensorsFile(one, float64Bytes(1))[:len(one)+12], []string{"incomplete"}},
		{"more data than tensors", safetensorsFile(one, float64Bytes(1, 2)), []string{"incomplete"}},
		{"huge header", []byte("\xff\xff\xff\xff\xff\xff\xff\x7f{}"), []string{"claims 9223372036854775807 bytes"}},
		{"not JSON", safetensorsFile("{weight}", nil), []string{"header"}},
		{"overlap", safetensorsFile(header(entry("0.weight", "F64", "[1, 1]", 0, 8), entry("1.weight", "F64", "[1, 1]", 0, 8)), float64Bytes(1)), []string{"offset", ".weight"}},
		{"hole", safetensorsFile(header(entry("weight", "F64", "[1, 1]", 8, 16)), float64Bytes(1, 2)), []string{"offset", "weight"}},
		{"lying shape", safetensorsFile(header(entry("weight", "F64", "[4, 1]", 0, 8)), float64Bytes(1)), []string{"mismatch"}},
		{"overflowing shape", safetensorsFile(header(entry("weight", "F64", "[4611686018427387904, 4]", 0, 0)), nil), []string{"overflow"}},
		{"huge and empty", safetensorsFile(header(entry("weight", "F64", "[9223372036854775808, 0]", 0, 0)), nil), []string{`"weight"`, "shape"}},
		{"no tensors", safetensorsFile("{}", nil), []string{"no linear layer"}},
		{"integers", safetensorsFile(header(entry("weight", "I64", "[1, 1]", 0, 8)), float64Bytes(1)), []string{`"weight"`, "I64", "BF16"}},
		{"infinite", safetensorsFile(one, float64Bytes(math.Inf(-1))), []string{`"weight" holds -Inf at index [0 0]`}},
		{"other tensors", safetensorsFile(header(entry("bn.running_mean", "F64", "[1]", 0, 8)), float64Bytes(1)), []string{`"bn.running_mean"`}},
		{"optimizer without a checkpoint", safetensorsFile(header(entry("optimizer.momentum", "F64", "[1]", 0, 8)), float64Bytes(1)), []string{`"optimizer.momentum"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := formatNamed("safetensors").loadContent(c.content, relu)
			checkError(t, err, append(c.words, "reading safetensors")...)
		})
	}
}

func TestSafetensorsRefusesTwoEntriesOfAName(t *testing.T) {
	entry := `{"dtype":"F64","shape":[1,1],"data_offsets":[0,8]}`
	for _, header := range []string{
		`{"fc.weight":` + entry + `,"fc.weight":` + entry + `}`,
		`{"__metadata__":{"a":"1","a":"2"},"fc.weight":` + entry + `}`,
		`{"fc.weight":{"dtype":"F64","dtype":"F64","shape":[1,1],"data_offsets":[0,8]}}`,
	} {
		_, _, err := formatNamed("safetensors").loadContent(safetensorsFile(header, make([]byte, 8)), relu)
		checkError(t, err, "two entries")
	}
	read(t, "safetensors", safetensorsFile(`{"__metadata__":{"a":"a"},"fc.weight":`+entry+`}`, make([]byte, 8)), relu)
}

// Two tensors with the same name are refused with an error that names them, regardless of their
// offsets.
func TestSafetensorsNamesAreDistinct(t *testing.T) {
	for _, places := range [][2]string{{"[0,8]", "[0,8]"}, {"[0,8]", "[8,16]"}, {"[8,16]", "[0,8]"}, {"[0,8]", "[4,12]"}} {
		tensor := `"fc1.weight":{"dtype":"F64","shape":[1,1],"data_offsets":`
		header := "{" + tensor + places[0] + "}," + tensor + places[1] + "}}"
		_, err := parseSafetensors(safetensorsFile(header, make([]byte, 16)), Options{})
		checkError(t, err, "two entries", `"fc1.weight"`)
	}
}
