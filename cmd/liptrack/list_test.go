package main

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/liptrack/liptrack/configs"
)

// At every width, no line of a list is too long, and wrapping does not change the words.
func TestListsFitTheTerminal(t *testing.T) {
	for _, l := range lists {
		for _, width := range []int{30, 60, 80, 120, 200} {
			var out strings.Builder
			if err := list(&out, l.name, "", width); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(out.String()) {
				if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width {
					t.Errorf("%s at width %d: a line has %d columns: %s", l.name, width, n, line)
				}
			}

			items := l.items()
			letters := strings.Join(strings.Fields(out.String()), "")
			for _, one := range items {
				if !strings.Contains(letters, one.name) {
					t.Errorf("%s at width %d is without %s", l.name, width, one.name)
				}
				if width >= 80 && l.name == "keys" && !strings.Contains(letters, strings.Join(strings.Fields(one.about), "")) {
					t.Errorf("%s at width %d is without %q", l.name, width, one.about)
				}
			}
		}
	}
}

// If the output is not a terminal, each item is one line, so that grep finds all of it.
func TestListsForGrep(t *testing.T) {
	for _, l := range lists {
		out, _, err := liptrack(t, "list", l.name)
		if err != nil {
			t.Fatal(err)
		}
		items := l.items()
		want := len(items)
		if len(l.headings) > 0 {
			want++
		}
		if got := strings.Count(out, "\n"); got != want {
			t.Errorf("list %s has %d lines, want %d", l.name, got, want)
		}
	}
}

func TestListPrefix(t *testing.T) {
	out, _, err := liptrack(t, "list", "keys", "data.mnist1d.s")
	var names []string
	for line := range strings.Lines(out) {
		names = append(names, strings.Fields(line)[0])
	}
	want := []string{
		"data.mnist1d.samples", "data.mnist1d.scale", "data.mnist1d.shear",
		"data.mnist1d.shuffle_positions", "data.mnist1d.seed",
	}
	if err != nil || !slices.Equal(names, want) {
		t.Errorf("%v, %v, want %v", names, err, want)
	}

	for _, words := range [][]string{{"keys", "dta.seed"}, {"kyes"}, {}, {"keys", "a", "b"}} {
		if _, _, err := liptrack(t, append([]string{"list"}, words...)...); err == nil {
			t.Errorf("list %v: no error", words)
		}
	}
}

// A built-in configuration is printed unchanged.
func TestListPrintsConfigs(t *testing.T) {
	for _, name := range []string{"quick", "paper/depth", "configs/quick.yaml"} {
		out, _, err := liptrack(t, "list", "configs", name)
		file, _ := configs.Path(name)
		if want := readTexts(t, "configs/"+file); err != nil || out+"\n" != want {
			t.Errorf("list configs %s: %v", name, err)
		}
	}
}
