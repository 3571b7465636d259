package main

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// submitted is a sweep on users' own data, which lie next to the configuration.
const submitted = `name: own
data: {name: csv, train: points.csv}
train: {optimizer: {name: sgd, lr: 0.1}}
stop: {epochs: 1}
sweep:
  parameters: {model.hidden: {values: [2, 3]}}
`

// putSbatch puts a fake sbatch first in the path, which accepts every job with a given answer and
// runs none.
func putSbatch(t *testing.T, answer string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Slurm's commands are a shell's")
	}

	folder := t.TempDir()
	for name, text := range map[string]string{
		"sbatch":   "#!/bin/sh\nprintf '" + answer + "'\n",
		"scontrol": "#!/bin/sh\necho 'MaxArraySize = 1001'\n",
	} {
		err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o755)
		if err != nil {
			t.Fatal(err)
		}
	}

	t.Setenv("PATH", folder+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// TestSubmittedShardsFindTheData checks that shards find the data next to the configuration,
// although they read a copy of it.
func TestSubmittedShardsFindTheData(t *testing.T) {
	putSbatch(t, `7\n`)
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"project/own.yaml":   submitted,
		"project/points.csv": "x,label\n" + strings.Repeat("1,a\n2,b\n", 10),
	} {
		err := writeFile(name, text)
		if err != nil {
			t.Fatal(err)
		}
	}

	out, _, err := liptrack(t, "submit", "slurm", "project/own.yaml", "--shards", "99999999999")
	if err != nil || !strings.Contains(out, "job 7") {
		t.Fatalf("submitting printed %q, error %v", out, err)
	}

	script, err := os.ReadFile("runs/own/submitted/slurm-from-0.sh")
	if err != nil {
		t.Fatal(err)
	}

	// Shards without runs would have nothing to do.
	line := regexp.MustCompile(`(?m)^\S+ (sweep .*) --shard .*/(\d+) &$`).FindSubmatch(script)
	if line == nil || string(line[2]) != "2" {
		t.Fatalf("no sweep in 2 shards in\n%s", script)
	}

	_, stderr, err := liptrack(t, append(strings.Fields(string(line[1])), "--shard", "1/2")...)
	if err != nil {
		t.Errorf("a shard ended with %v:\n%s", err, stderr)
	}
}

// TestAnswersOfSbatch checks that the output of sbatch is a job number or gives an error that is
// safe to print.
func TestAnswersOfSbatch(t *testing.T) {
	for answer, want := range map[string]string{
		`41;elsewhere\n`: "job 41;elsewhere, from",
		``:               `printed "", want the number of a job`,
		`\033[31mred`:    `printed "\x1b[31mred", want the number of a job`,
	} {
		putSbatch(t, answer)
		t.Chdir(t.TempDir())
		err := writeFile("own.yaml", strings.Replace(submitted, "points.csv", "own.csv", 1))
		if err == nil {
			err = writeFile("own.csv", "x,label\n"+strings.Repeat("1,a\n2,b\n", 10))
		}
		if err != nil {
			t.Fatal(err)
		}

		out, _, err := liptrack(t, "submit", "slurm", "own.yaml")
		if err != nil {
			out += err.Error()
		}
		if !strings.Contains(out, want) || (err == nil) != strings.HasPrefix(want, "job") {
			t.Errorf("%q: %q, error %v, want %q", answer, out, err, want)
		}
	}
}
