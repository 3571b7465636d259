package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// turns are phrases that CONTRIBUTING.md rules out: each has a plainer form that names its subject.
var turns = regexp.MustCompile(`\b(?:that of which|is that of|says whether|tells whether|lest)\b`)

// TestProseIsPlain looks for the turns in comments and documents.
func TestProseIsPlain(t *testing.T) {
	listed, err := exec.Command("git", "ls-files", "*.go", "*.md", ":!docs/reproduction.md").Output()
	if err != nil {
		t.Skipf("git does not list the files: %v", err)
	}

	for _, file := range strings.Fields(string(listed)) {
		source, err := os.ReadFile(file)
		if err != nil || strings.HasSuffix(file, "prose_test.go") {
			continue // deleted and not committed yet, or this file
		}

		for i, line := range strings.Split(string(source), "\n") {
			_, comment, isComment := strings.Cut(line, "//")
			if strings.HasSuffix(file, ".go") && !isComment {
				continue
			}
			if !isComment {
				comment = line
			}
			if turn := turns.FindString(comment); turn != "" {
				t.Errorf("%s:%d: %q: name the subject instead", file, i+1, turn)
			}
		}
	}
}
