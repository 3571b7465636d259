package config

import (
	"fmt"
	"strings"
	"testing"
)

// placesOfValues load a configuration with a text as the value of a key, from each place that can
// set it.
var placesOfValues = map[string]func(key, text string) (*Experiment, error){
	"file": func(key, text string) (*Experiment, error) {
		section, leaf, _ := strings.Cut(key, ".")
		own := fmt.Sprintf("%s: {%s: %s}\n", section, leaf, text)
		return Load("n", Options{Text: minimalText + own})
	},
	"sweep": func(key, text string) (*Experiment, error) {
		own := fmt.Sprintf("sweep: {parameters: {%s: {values: [%s]}}}\n", key, text)
		return Load("n", Options{Text: minimalText + own})
	},
	"argument": func(key, text string) (*Experiment, error) {
		return Load("n", Options{Text: minimalText, Arguments: []string{key + "=" + text}})
	},
	"environment": func(key, text string) (*Experiment, error) {
		variable := "LIPTRACK_" + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
		return Load("n", Options{Text: minimalText, Environment: []string{variable + "=" + text}})
	},
}

const minimalText = "name: n\ndata: {name: mnist1d}\nmodel: {hidden: [8]}\n" +
	"train: {optimizer: {lr: 0.1}}\nstop: {epochs: 1}\n"

// TestSpellingsOfNumbers checks that a number means the same in every place; otherwise an error
// names the key, the value and what is allowed.
func TestSpellingsOfNumbers(t *testing.T) {
	refused := strings.Fields("NaN .nan .NaN nan inf .inf -.inf Infinity 1e400 -1e400 １２ ٣ −7 --7 +-7 0x 0b2 0o8 _1 1:30 " +
		"2001-01-01 True 1e 0x1p3 1.5.2 1'000 7% ~ null '7' 0xFFFFFFFFFFFFFFFFFF -0x10 -1")
	wholes := map[string]string{
		"0x10": "16", "0X10": "16", "+0x10": "16", "1_000": "1000", "+7": "7", "010": "10", "08": "8", "0_10": "10",
		"0o17": "15", "0b11": "3", "-0": "0", "007": "7",
	}
	numbers := map[string]string{
		"1e3": "1000", "1E3": "1000", "1e+3": "1000", "7.0": "7", ".5": "0.5", "5.": "5", "1_000.5": "1000.5", "0010.5": "10.5",
		"99999999999999999999999999": "1e+26",
	}

	for _, test := range []struct {
		key, want string
		values    []map[string]string
		refused   []string
	}{
		{"checkpoint.every", "want integer ≥ 0", []map[string]string{wholes}, append(keysOf(numbers), refused...)},
		{"checkpoint.interval", "want number ≥ 0", []map[string]string{wholes, numbers}, refused},
	} {
		for place, load := range placesOfValues {
			for _, values := range test.values {
				for text, want := range values {
					e, err := load(test.key, text)
					if err != nil {
						t.Errorf("%s: %s of %q: %v", place, test.key, text, err)
					} else if got := Flatten(e.Runs[0].Config)[test.key]; got != want {
						t.Errorf("%s: %s of %q is %s, want %s", place, test.key, text, got, want)
					}
				}
			}

			for _, text := range test.refused {
				_, err := load(test.key, text)
				shown := strings.NewReplacer("'", "", "~", "nothing", "null", "nothing").Replace(text)
				for _, word := range []string{test.key, shown, test.want} {
					if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), "'", ""), word) {
						t.Errorf("%s: %s of %q: error %v, without %q", place, test.key, text, err, word)
						break
					}
				}
			}
		}
	}
}

func keysOf(values map[string]string) (keys []string) {
	for key := range values {
		keys = append(keys, key)
	}
	return keys
}
