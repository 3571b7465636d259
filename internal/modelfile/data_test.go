package modelfile

import (
	"encoding/json"
	"reflect"
	"testing"
)

// withData returns a checkpoint of one layer, with two inputs and one output, and metadata about
// its data.
func withData(t *testing.T, about string) []byte {
	t.Helper()
	meta, err := json.Marshal(map[string]string{
		metaActivation: "relu", metaSlope: "0", metaOutput: "identity", MetaData: about,
	})
	if err != nil {
		t.Fatal(err)
	}
	header := `{"__metadata__":` + string(meta) + `,"0.weight":{"dtype":"F64","shape":[1,2],"data_offsets":[0,16]}}`
	return safetensorsFile(header, float64Bytes(1, 2))
}

func TestCheckpointsSayTheirData(t *testing.T) {
	want := Data{Features: []string{"a", "b"}, Classes: []string{"yes"}, Mean: []float64{1, 0.1}, Std: []float64{2, 1e-300}}
	_, info := read(t, "safetensors", withData(t, want.String()), Options{})
	if !reflect.DeepEqual(info.Data, want) {
		t.Errorf("%+v, want %+v", info.Data, want)
	}
	for about, words := range map[string]string{
		`{"features":["a"]}`:             "1 features of 2 inputs",
		`{"classes":["a","b"]}`:          "2 classes of 1 outputs",
		`{"mean":[1,2]}`:                 "2 means and 0 standard",
		`{"mean":[1,2],"std":[1,0]}`:     "standard deviation 0",
		`{"mean":[1,2],"std":[1,"2"]}`:   "liptrack.data",
		`{"features":["a\u001b[31m","b"`: "liptrack.data",
	} {
		_, _, err := formatNamed("safetensors").loadContent(withData(t, about), Options{})
		checkError(t, err, words)
	}
}
