package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A place where a command cannot write is rejected before the command does any work.
func TestPlacesAreCheckedFirst(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	err := os.WriteFile(file, []byte("kept"), 0o644)
	if err != nil {
		t.Fatal(err)
	}

	below, missing := filepath.Join(file, "x"), filepath.Join(dir, "no", "x")
	audit := []string{"audit", "no.npz", "--data", "no.csv"}

	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"train", "quick", "--dir", file}, "--dir: " + file + " is not a folder"},
		{[]string{"sweep", "demo", "--dir", below}, "--dir: " + file + " is not a folder"},
		{[]string{"reproduce", "all", "--judge-only", "--dir", file}, "--dir: " + file + " is not a folder"},
		{[]string{"serve", "demo", "--dir", file}, "--dir: " + file + " is not a folder"},
		{[]string{"submit", "slurm", "demo", "--dry-run", "--dir", file}, "--dir: " + file + " is not a folder"},
		{[]string{"work", "--scratch", file}, "--scratch: " + file + " is not a folder"},
		{[]string{"report", dir, "--svg", file}, "--svg: " + file + " is not a folder"},
		{[]string{"report", dir, "-o", dir}, "--output: writing " + dir + ": it is a folder"},
		{[]string{"summary", dir, "-o", missing}, "--output: writing " + missing + ": its folder: no such file"},
		{[]string{"export", dir, "-o", below}, "--output: writing " + below + ": its folder: not a directory"},
		{append(audit, "--html", missing), "--html: writing " + missing + ": its folder: no such file"},
		{append(audit, "--html", "none", "--csv", dir), "--csv: writing " + dir + ": it is a folder"},
	} {
		out, _, err := liptrack(t, test.args...)
		if err == nil || !strings.Contains(err.Error(), test.want) || out != "" {
			t.Errorf("%v: printed %q, error %v, want %s", test.args, out, err, test.want)
		}
	}

	text, err := os.ReadFile(file)
	if err != nil || string(text) != "kept" {
		t.Errorf("the file holds %q, %v", text, err)
	}
}

// An audit may take hours, so its findings are printed even if its page cannot be written.
func TestAuditIsPrintedWhateverComesOfItsPage(t *testing.T) {
	const full = "/dev/full"
	if _, err := os.Stat(full); err != nil {
		t.Skip(err)
	}

	for _, more := range [][]string{{"--html", full}, {"--html", "none", "--csv", full}, {"--html", full, "--json"}} {
		out, _, err := auditPump(t, append(more, "--quiet")...)
		if err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("%v: error %v", more, err)
		}

		if !strings.Contains(out, "leak") || strings.Contains(out, full) {
			t.Errorf("%v: printed %q", more, out)
		}
	}
}
