package settings

import (
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestEncodedTextIsReadBack encodes text with all kinds of beginnings and ends on one line.
func TestEncodedTextIsReadBack(t *testing.T) {
	for _, text := range []string{"", "a", "\t", "\t\n", "\n\t", " \n ", "a\r\nb", "true", "010", "#", "- x", "\u0085\n", "\u2028", "'\"\n"} {
		out, err := yaml.Marshal(map[string]*yaml.Node{"k": Encode(text)})
		if err != nil {
			t.Fatal(err)
		}

		var read map[string]string
		err = yaml.Unmarshal(out, &read)
		if err != nil || read["k"] != text {
			t.Errorf("%q is written as %q and read as %q, error %v", text, out, read["k"], err)
		}
	}
}
