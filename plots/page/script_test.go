package page

import (
	"strings"
	"testing"
)

func TestNoScriptCanEndItsElement(t *testing.T) {
	for _, s := range []string{string(early), string(library), string(ours)} {
		if strings.Contains(strings.ToLower(s), "</script") || strings.Contains(s, "<!--") {
			t.Error("a script contains what would end or swallow its element")
		}
	}
}
