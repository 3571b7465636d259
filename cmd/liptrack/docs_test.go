package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/configs"
	"github.com/liptrack/liptrack/experiments/config"
)

// readTexts returns the concatenated text of the files that match the patterns.
func readTexts(t *testing.T, patterns ...string) string {
	t.Helper()
	var all strings.Builder
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no file matches %s (%v)", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
			all.WriteByte('\n')
		}
	}

	return all.String()
}

// yamlExample returns the first block of YAML in a document.
func yamlExample(t *testing.T, document string) []byte {
	t.Helper()
	example := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(readTexts(t, document))
	if example == nil {
		t.Fatalf("%s has no YAML example", document)
	}
	return []byte(example[1])
}

// commandsIn returns the liptrack command lines in a document, without comments, in order.
func commandsIn(text string) []string {
	text = strings.ReplaceAll(text, "\\\n", " ")
	var commands []string
	for _, match := range regexp.MustCompile(`(?m)^(?:bin/|  )liptrack ([^#\n]*)`).FindAllStringSubmatch(text, -1) {
		commands = append(commands, strings.TrimSpace(match[1]))
	}
	return commands
}

// TestConfigsInTextsExist checks that every configuration file mentioned in help texts and
// documents exists.
func TestConfigsInTextsExist(t *testing.T) {
	texts := rootCommand().Example + trainCommand().Example + sweepCommand().Example
	texts += readTexts(t, "*.md", "docs/*.md", "Makefile")
	for _, path := range regexp.MustCompile(`configs/[\w/-]+\.yaml`).FindAllString(texts, -1) {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%s is mentioned and does not exist", path)
		}
	}
}

// TestLinksInDocumentsLead checks that every file linked from a document exists.
func TestLinksInDocumentsLead(t *testing.T) {
	documents, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	documents = append(documents, "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")
	for _, document := range documents {
		for _, link := range regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`).FindAllStringSubmatch(readTexts(t, document), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(document), link[1])); err != nil {
				t.Errorf("%s links to %s, which does not exist", document, link[1])
			}
		}
	}
}

// TestDocumentedSweepRuns runs the YAML in docs/experiments.md for one epoch.
func TestDocumentedSweepRuns(t *testing.T) {
	file := filepath.Join(t.TempDir(), "widths.yaml")
	if err := os.WriteFile(file, yamlExample(t, "docs/experiments.md"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := liptrack(t, "sweep", file, "--dir", t.TempDir(), "stop.epochs=1", "seed=1"); err != nil {
		t.Error(err)
	}
}

// TestDocumentedLayersRun runs the YAML in docs/layers.md for one epoch.
func TestDocumentedLayersRun(t *testing.T) {
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(readTexts(t, "docs/layers.md"), -1)
	for _, example := range examples {
		file := filepath.Join(t.TempDir(), "layers.yaml")
		if err := os.WriteFile(file, []byte(example[1]), 0o644); err != nil {
			t.Fatal(err)
		}
		_, _, err := liptrack(t, "sweep", file, "--dir", t.TempDir(), "data.name=tinyMNIST1D", "stop.epochs=1", "seed=1")
		if err != nil {
			t.Errorf("%s\n%v", example[1], err)
		}
	}
	if len(examples) < 2 {
		t.Error("there are no examples")
	}
}

// TestDocumentedCommandsParse checks that training commands in documents and help texts name valid
// configurations and settings.
func TestDocumentedCommandsParse(t *testing.T) {
	commands := commandsIn(readTexts(t, "README.md", "docs/*.md") + trainCommand().Example + "\n" + sweepCommand().Example)
	checked := 0
	for _, command := range commands {
		words := strings.Fields(command)
		if len(words) < 2 || words[0] != "train" && words[0] != "sweep" {
			continue
		}
		if _, builtIn := configs.Path(words[1]); !builtIn {
			continue // a file of the reader's own
		}

		var overrides []string
		for _, word := range regexp.MustCompile(`([\w.]+=)(?:'([^']*)'|(\S+))`).FindAllStringSubmatch(command, -1) {
			overrides = append(overrides, word[1]+word[2]+word[3])
		}
		if _, err := loadConfig(words[1], config.Options{Arguments: overrides}); err != nil {
			t.Errorf("%s: %v", command, err)
		}
		checked++
	}
	if checked < 5 {
		t.Fatalf("found %d commands", checked)
	}
}

func TestReadmeIsShort(t *testing.T) {
	const most = 900
	if words := len(strings.Fields(readTexts(t, "README.md"))); words > most {
		t.Errorf("README.md has %d words, more than %d", words, most)
	}
}

// TestReadmeCommandsRun runs the README's example with own data and all its commands in order, as a
// user would after building the program and running the demo. Training is cut short, and a model
// and data stand in for the user's.
func TestReadmeCommandsRun(t *testing.T) {
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	readme := readTexts(t, "README.md")
	example := yamlExample(t, "README.md")

	home := t.TempDir()
	write := func(name string, text []byte) {
		if err := os.WriteFile(filepath.Join(home, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	model, err := os.ReadFile("internal/modelfile/testdata/relu.onnx")
	if err != nil {
		t.Fatal(err)
	}
	write("model.onnx", model)
	write("sensors.yaml", example)
	if err := os.Mkdir(filepath.Join(home, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"sensors.csv", "data/sensors-train.csv", "data/sensors-test.csv"} {
		write(name, sensorRows())
	}
	if err := os.Symlink(filepath.Join(root, "configs"), filepath.Join(home, "configs")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(home)

	commands := append([]string{"sweep configs/demo.yaml model.hidden=4,8 seed=1"}, commandsIn(readme)...)
	commands = append(commands, "train sensors.yaml")
	ran := 0
	for _, command := range commands {
		name, _, _ := strings.Cut(command, " ")
		switch name {
		case "watch": // serves until it is stopped; it has its own tests
			continue
		case "track": // follows another program's training; docs/your-own.md covers it
			continue
		case "train", "sweep":
			command += " stop.epochs=3"
		}

		// The shell expands patterns and removes quotes.
		words, err := exec.Command("sh", "-c", `printf '%s\n' `+command).Output()
		if err != nil {
			t.Fatal(err)
		}
		_, stderr, err := liptrack(t, strings.Split(strings.TrimSpace(string(words)), "\n")...)

		// After three epochs a network may well fail its audit.
		var failed failedChecks
		if err != nil && !errors.As(err, &failed) {
			t.Errorf("%s: %v\n%s", command, err, stderr)
		}
		ran++
	}
	if ran < 8 {
		t.Errorf("the README has %d commands", ran)
	}
}

// sensorRows returns a CSV table with two classes and the number of features that relu.onnx takes.
func sensorRows() []byte {
	const features, rows = 3, 12
	var table strings.Builder
	for i := range features {
		fmt.Fprintf(&table, "f%d,", i)
	}
	table.WriteString("label\n")
	for row := range rows {
		for i := range features {
			fmt.Fprintf(&table, "%g,", float64((row*7+i*3)%11)/11)
		}
		fmt.Fprintf(&table, "%d\n", row%2)
	}

	return []byte(table.String())
}
