package input

import (
	"strings"
	"testing"
)

func TestPrintable(t *testing.T) {
	for s, want := range map[string]string{
		"plain ±σ₁ 漢":             "plain ±σ₁ 漢",
		"\x1b[31mred\x1b]0;t\x07": "?[31mred?]0;t?",
		"a\nb\tc\r":               "a?b?c?",
		"\u202egnp.exe":           "?gnp.exe",
		"\x9b31m\xff":             "?31m?",
	} {
		if got := Printable(s); got != want {
			t.Errorf("Printable(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestMessageKeepsLinesAndCutsLongOnes(t *testing.T) {
	if got, want := Message("a\x1b\n\tb\x07"), "a?\n\tb?"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := Message(strings.Repeat("é", 5000)); got != strings.Repeat("é", 1000)+"…" {
		t.Errorf("a long line: %d bytes", len(got))
	}
}

func TestQuote(t *testing.T) {
	if got, want := Quote("a\x1b\"b"), `"a\x1b\"b"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := Quote(strings.Repeat("x", 1<<20)), `"`+strings.Repeat("x", 60)+`"…`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := QuoteNames([]string{"a", "b"}), `"a", "b"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := QuoteNames(strings.Split("a b c d e f g h i j k l", " ")), `"a", "b", "c", "d", "e", "f", "g", "h", "i", "j" and 2 more`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
