package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestLinesEnd checks the limits of CONTRIBUTING.md: 120 columns for code and 100 for comments,
// with tabs of 4. Only raw strings and tests, which have tables, may have longer lines.
func TestLinesEnd(t *testing.T) {
	listed, err := exec.Command("git", "ls-files", "*.go", ":!*_test.go").Output()
	if err != nil {
		t.Skipf("git does not list the files: %v", err)
	}

	for _, file := range strings.Fields(string(listed)) {
		source, err := os.ReadFile(file)
		if err != nil {
			continue // deleted but not committed yet
		}
		if bytes.Contains(source, []byte("\n// Code generated")) || bytes.HasPrefix(source, []byte("// Code generated")) {
			continue
		}

		raw := false // whether the line begins within a raw string
		lines := bufio.NewScanner(bytes.NewReader(source))
		for number := 1; lines.Scan(); number++ {
			line := strings.ReplaceAll(lines.Text(), "\t", "    ")
			columns := utf8.RuneCountInString(line)
			limit := 120
			touchesRaw := raw || strings.Contains(line, "`")
			if strings.Count(line, "`")%2 == 1 {
				raw = !raw
			}

			switch {
			case strings.HasPrefix(line, "//go:"):
				continue
			case strings.HasPrefix(strings.TrimSpace(line), "//"):
				limit = 100
			case touchesRaw:
				continue
			}

			if columns > limit {
				t.Errorf("%s:%d has %d columns, more than %d", file, number, columns, limit)
			}
		}
	}
}
