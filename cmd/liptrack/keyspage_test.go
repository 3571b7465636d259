package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/experiments/config"
)

// TestKeysPageIsCurrent compares docs/keys.md with the keys; -update rewrites it.
func TestKeysPageIsCurrent(t *testing.T) {
	const path = "docs/keys.md"
	page := keysPage()
	if *update {
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}

	if text, err := os.ReadFile(path); err != nil || string(text) != page {
		t.Errorf("%s is not that of the keys (%v): make keys", path, err)
	}
}

// keysPage returns the document of all keys: a table for each section.
func keysPage() string {
	var page strings.Builder
	page.WriteString(`# Configuration keys

` + "`make keys` writes this page; `liptrack list keys` prints the same in a terminal, and `liptrack list keys data.` one section.\n" +
		"[experiments.md](experiments.md) explains how keys are given.\n")

	before := ""
	for _, k := range config.Keys() {
		section, _, nested := strings.Cut(k.Key, ".")
		if !nested && k.Key != "quick" {
			section = k.Key
		}
		if section != before {
			fmt.Fprintf(&page, "\n## %s\n\n| key | default | allowed | meaning |\n|---|---|---|---|\n", section)
			before = section
		}

		allowed := strings.TrimSpace(k.Type + " " + k.Allowed)
		fmt.Fprintf(&page, "| `%s` | `%s` | %s | %s |\n", k.Key, cell(k.Default), cell(allowed), cell(k.Doc))
	}

	return page.String()
}

// cell escapes a text for a cell of a Markdown table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "\n", " ").Replace(text)
}
