package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Errors of the command line suggest what was probably meant, or show the usage of the command.
func TestErrorsExplainThemselves(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.MkdirAll(filepath.Join("runs", "demo", "64-seed42-b3e81c64eba1"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("model.onnx", []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}

	for _, test := range []struct{ args, want string }{
		{"show runs/demoo", "runs/demoo: no such file or directory; did you mean runs/demo?"},
		{"summary runs/demoo/64-seed42-b3e81c64eba1", "; did you mean runs/demo/64-seed42-b3e81c64eba1?"},
		{"report runs/demo/64-seed42-b3e81c64eb", "; did you mean runs/demo/64-seed42-b3e81c64eba1?"},
		{"audit model.onx --data mnist1d", "model.onx: no such file or directory; did you mean model.onnx?"},
		{"show nothing-like-it", "nothing-like-it: no such file or directory"},
		{"audit model.onnx", "liptrack audit needs --data\nusage: liptrack audit MODEL --data FILE [flags]"},
		{"trian", "unknown command trian; did you mean train?\nfor all commands: liptrack --help"},
	} {
		_, _, err := liptrack(t, strings.Fields(test.args)...)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.args, err, test.want)
		}
		if err != nil && test.args == "show nothing-like-it" && strings.Contains(err.Error(), "did you mean") {
			t.Errorf("%s: %v", test.args, err)
		}
	}
}
