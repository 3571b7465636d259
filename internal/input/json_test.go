package input

import "testing"

func TestErrorsOfJSONNameTheField(t *testing.T) {
	type inner struct {
		Epoch int    `json:"epoch"`
		Seed  uint64 `json:"seed"`
	}
	var into struct {
		Name  string            `json:"name"`
		Sure  bool              `json:"sure"`
		List  []float64         `json:"list"`
		Inner inner             `json:"inner"`
		Map   map[string]string `json:"map"`
	}

	for text, want := range map[string]string{
		`{"name": 3}`:               "name: got a JSON number, want text",
		`{"sure": "x"}`:             "sure: got a JSON string, want true or false",
		`{"list": {}}`:              "list: got a JSON object, want a list",
		`{"list": ["x"]}`:           "list: got a JSON string, want a number",
		`{"inner": {"epoch": 1.5}}`: "inner.epoch: got a JSON number 1.5, want a whole number",
		`{"inner": {"seed": -1}}`:   "inner.seed: got a JSON number -1, want a whole number ≥ 0",
		`{"map": []}`:               "map: got a JSON array, want an object",
		`[]`:                        "got a JSON array, want an object",
		`{"name": "a"`:              "unexpected end of JSON input",
	} {
		if err := UnmarshalJSON([]byte(text), &into); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}

	if err := UnmarshalJSON([]byte(`{"name": "a"}`), &into); err != nil || into.Name != "a" {
		t.Errorf("%+v, error %v", into, err)
	}
}
