package modelfile

import (
	"encoding/json"
	"errors"
	"maps"
	"testing"

	"github.com/liptrack/liptrack/network"
)

// layeredMeta describes a network with a convolution and a dense layer.
var layeredMeta = map[string]string{
	metaActivation: "relu", metaSlope: "0", metaOutput: "none",
	MetaLayers: "[{conv: 1}]", MetaBias: "false", MetaInput: "1x1x2", MetaOutputs: "1",
}

func layered(t *testing.T, changes map[string]string) []byte {
	t.Helper()
	meta := maps.Clone(layeredMeta)
	maps.Copy(meta, changes)
	maps.DeleteFunc(meta, func(_, value string) bool { return value == "" })
	text, err := json.Marshal(meta)
	if err != nil {
		t.Fatal(err)
	}
	header := `{"__metadata__":` + string(text) + `,"w":{"dtype":"F64","shape":[1,2],"data_offsets":[0,16]}}`
	return safetensorsFile(header, float64Bytes(1, 2))
}

// Metadata that do not describe a network are refused with advice, and the builder's errors are
// passed on.
func TestCheckpointsOfOtherLayers(t *testing.T) {
	var seen Architecture
	build := func(a Architecture) ([]network.Layer, []string, error) {
		seen = a
		if a.Layers == "bad" {
			return nil, nil, errors.New("not built")
		}
		return []network.Layer{{Map: network.NewIdentity(2)}}, []string{"one"}, nil
	}

	_, info := read(t, "safetensors", layered(t, nil), Options{Build: build, Transposed: true})
	checkNotes(t, info, "the given order and orientation are not used")
	if len(info.Names) != 1 || info.Names[0] != "one" || seen.Input != [3]int{1, 1, 2} || seen.Outputs != 1 ||
		seen.Activation != network.ReLU || len(seen.Parameters) != 1 || seen.Parameters[0].Values[1] != 2 {
		t.Errorf("names %q, architecture %+v", info.Names, seen)
	}

	_, _, err := formatNamed("safetensors").loadContent(layered(t, nil), Options{})
	checkError(t, err, "must have dense layers only")

	for words, changes := range map[string]map[string]string{
		"an older liptrack saved it":                {MetaInput: ""},
		"run its experiment again with --overwrite": {MetaInput: ""},
		MetaInput + ` is "1x2"`:                     {MetaInput: "1x2"},
		MetaInput + ` is "1x0x2"`:                   {MetaInput: "1x0x2"},
		MetaInput + ` is "1000000x1000000x1000000"`: {MetaInput: "1000000x1000000x1000000"},
		MetaOutputs + ` is "0"`:                     {MetaOutputs: "0"},
		MetaOutputs + ` is "99999999999"`:           {MetaOutputs: "99999999999"},
		MetaBias + ` is "perhaps"`:                  {MetaBias: "perhaps"},
		metaSlope + ` is "steep"`:                   {metaSlope: "steep"},
		`the layers "bad": not built`:               {MetaLayers: "bad"},
	} {
		_, _, err := formatNamed("safetensors").loadContent(layered(t, changes), Options{Build: build})
		checkError(t, err, words)
	}
}
