package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/configs"
	"github.com/liptrack/liptrack/experiments/config"
)

// Outside the project every built-in configuration loads by its name, with the same runs.
func TestBuiltInConfigsLoadByName(t *testing.T) {
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())

	for _, name := range configs.Names() {
		byName, err := loadConfig(name, config.Options{})
		if err != nil {
			t.Error(err)
			continue
		}
		byPath, err := loadConfig(filepath.Join(root, "configs", name+".yaml"), config.Options{})
		if err != nil {
			t.Error(err)
			continue
		}
		if got, want := len(byName.Runs), len(byPath.Runs); got != want || byName.Runs[0].ID != byPath.Runs[0].ID {
			t.Errorf("%s: %d runs, want the file's %d", name, got, want)
		}
	}

	if _, err := loadConfig("configs/paper/depth.yaml", config.Options{}); err != nil {
		t.Error(err)
	}
}

func TestConfigErrors(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("widths.yaml", []byte("name: widths\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"quik":              "did you mean quick?",
		"depth":             "did you mean paper/depth?",
		"configs/quick.yml": "did you mean quick?",
		"paper/dept":        "did you mean paper/depth?",
		"width.yaml":        "did you mean widths.yaml?",
		"../../etc/passwd":  "no such file",
		"/":                 "is a folder",
		"zzzzzzzzzz":        "liptrack list configs",
	} {
		if _, err := loadConfig(name, config.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}

	_, err := loadConfig("quick", config.Options{Quick: true})
	if err == nil || !strings.HasPrefix(err.Error(), "built-in configs/quick.yaml: quick: missing") {
		t.Errorf("the quick form of quick: %v", err)
	}
}

// A user's file takes precedence over a built-in configuration; a folder does not.
func TestOwnFileComesFirst(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("quick", 0o755); err != nil {
		t.Fatal(err)
	}
	e, err := loadConfig("quick", config.Options{})
	if err != nil || e.Name != "quick" {
		t.Errorf("beside a folder of that name: %v", err)
	}

	text := "name: mine\nmodel: {hidden: [4]}\ntrain: {optimizer: {lr: 0.1}}\nstop: {epochs: 3}\n"
	if err := os.MkdirAll("configs", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("configs/quick.yaml", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	e, err = loadConfig("configs/quick.yaml", config.Options{})
	if err != nil || e.Name != "mine" {
		t.Errorf("a file of that path: %v, %v", e, err)
	}
}

// The configuration written by init trains and is never overwritten, and the options in its
// comments work.
func TestInit(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, _, err := liptrack(t, "init"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := liptrack(t, "init", "my widths.yaml"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := liptrack(t, "train", "my widths.yaml", "stop.epochs=2", "--quiet"); err != nil {
		t.Fatal(err)
	}
	if pages, _ := filepath.Glob("runs/mywidths/64x64-seed42-*/report.html"); len(pages) != 1 {
		t.Errorf("pages: %v", pages)
	}

	if err := os.WriteFile("experiment.yaml", []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, _, err := liptrack(t, "init")
	text, readErr := os.ReadFile("experiment.yaml")
	if err == nil || readErr != nil || string(text) != "mine" {
		t.Errorf("a second time: %v; the file is %q", err, text)
	}
	if _, _, err := liptrack(t, "init", "folder/not/there.yaml"); err == nil {
		t.Error("a folder that is not there")
	}
	if _, _, err := liptrack(t, "init", "notes.txt"); err == nil {
		t.Error("a file that is no YAML")
	}
}

// The defaults stated in comments of the first configuration match the keys, and its commented
// sections load.
func TestFirstConfigComments(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, _, err := liptrack(t, "init", "first.yaml"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("first.yaml")
	if err != nil {
		t.Fatal(err)
	}

	plain, err := loadConfig("first.yaml", config.Options{})
	if err != nil {
		t.Fatal(err)
	}

	defaults := string(text)
	for _, key := range []string{"label_noise", "activation", "loss", "batch_size", "seed"} {
		defaults = strings.Replace(defaults, "# "+key+":", key+":", 1)
	}
	sections := strings.ReplaceAll(string(text), "\n# track:\n#   schedule", "\ntrack:\n  schedule")
	sections = strings.ReplaceAll(sections, "\n#   metrics", "\n  metrics")
	sections = strings.ReplaceAll(sections, "\n# sweep:\n#   parameters:\n#     data", "\nsweep:\n  parameters:\n    data")
	sections = strings.ReplaceAll(sections, "\n#   seeds", "\n  seeds")
	for file, text := range map[string]string{"defaults.yaml": defaults, "sections.yaml": sections} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}

	same, err := loadConfig("defaults.yaml", config.Options{})
	if err != nil || same.Runs[0].ID != plain.Runs[0].ID {
		t.Errorf("with the defaults written out: %v", err)
	}
	swept, err := loadConfig("sections.yaml", config.Options{})
	if err != nil || len(swept.Runs) != 6 {
		t.Errorf("with its sections: %v", err)
	}
}
