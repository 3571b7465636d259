package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestManualPages looks for text that Markdown would swallow.
func TestManualPages(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := liptrack(t, "man", dir); err != nil {
		t.Fatal(err)
	}

	for _, cmd := range rootCommand().Commands() {
		if cmd.Hidden {
			continue
		}
		page, err := os.ReadFile(filepath.Join(dir, "liptrack-"+cmd.Name()+".1"))
		if err != nil {
			t.Error(err)
			continue
		}
		if strings.Contains(cmd.Long, "<experiment>") && !strings.Contains(string(page), "<experiment>") {
			t.Errorf("the page of %s lacks <experiment>", cmd.Name())
		}
	}
}
