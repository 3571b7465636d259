package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestOtherModulesCanImport runs a program in another module that uses the public packages. Its
// go.mod has a require and one replace line, as for an unpublished checkout.
func TestOtherModulesCanImport(t *testing.T) {
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("cmd/liptrack/testdata/module/main.go")
	if err != nil {
		t.Fatal(err)
	}

	home := t.TempDir()
	files := map[string]string{
		"main.go": string(source),
		"go.sum":  readTexts(t, "go.sum"),
		"go.mod": fmt.Sprintf("module own\n\ngo 1.26.0\n\nrequire github.com/liptrack/liptrack v0.0.0\n\n"+
			"replace github.com/liptrack/liptrack => %s\n", root),
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}

	// With -mod=mod Go completes go.mod like "go mod tidy"; all modules are in the cache.
	program := exec.Command("go", "run", "-mod=mod", ".")
	program.Dir = home
	program.Env = append(os.Environ(), "GOPROXY=off")
	said, err := program.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	for _, want := range []string{"epoch 0 lower_bound", "epoch 5 upper_product"} {
		if !strings.Contains(string(said), want) {
			t.Errorf("it printed %q, without %q", said, want)
		}
	}
}
