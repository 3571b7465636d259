package enum

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	type fruit int
	names := []string{"apple", "pear"}
	if v, err := Parse[fruit]("fruit", "pear", names); v != 1 || err != nil {
		t.Errorf("pear is %v, error %v", v, err)
	}
	_, err := Parse[fruit]("fruit", "plum", names)
	if err == nil {
		t.Fatal("plum: no error")
	}
	for _, want := range []string{"fruit", `"plum"`, "apple, pear"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not mention %s", err, want)
		}
	}
}
