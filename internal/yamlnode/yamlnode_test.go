package yamlnode

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestIntegersAreReadAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]int64{
		"7":      7,
		"010":    10, // never octal
		"-08":    -8,
		"+3":     3,
		"1_000":  1000,
		"0x10":   16,
		"0o10":   8,
		"0b101":  5,
		"-0x10":  -16,
		"&a 12":  12,
		"0":      0,
		"000123": 123,
	} {
		n, err := Document([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got, ok := Integer(n); !ok || got != want {
			t.Errorf("Integer(%s) = %d, %v, want %d", text, got, ok, want)
		}
	}
}

func TestWhatIsNoIntegerIsRefused(t *testing.T) {
	for _, text := range []string{"'7'", `"7"`, "7.0", "1e3", "seven", "[7]", "{a: 7}", "true", "~", "9223372036854775808"} {
		n, err := Document([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got, ok := Integer(n); ok {
			t.Errorf("Integer(%s) = %d, want none", text, got)
		}
	}
}

func TestNumbers(t *testing.T) {
	for text, want := range map[string]float64{"1": 1, "010": 10, "1e-3": 1e-3, "-.5": -0.5, ".inf": math.Inf(1), "0x1F": 31} {
		n, err := Document([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got, ok := Number(n); !ok || got != want {
			t.Errorf("Number(%s) = %v, %v, want %v", text, got, ok, want)
		}
	}

	for _, text := range []string{"'1.5'", "x", "[1.5]", "null", "2020-01-01"} {
		n, err := Document([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got, ok := Number(n); ok {
			t.Errorf("Number(%s) = %v, want none", text, got)
		}
	}
}

func TestAliasesStandForWhatTheyName(t *testing.T) {
	n, err := Document([]byte("a: &w 64\nb: *w\n"))
	if err != nil {
		t.Fatal(err)
	}

	for key, value := range Pairs(n) {
		if got, ok := Integer(value); !ok || got != 64 {
			t.Errorf("%s is %d, %v, want 64", key.Value, got, ok)
		}
	}
}

func TestSyntaxErrorsNameTheirLine(t *testing.T) {
	_, err := Document([]byte("a: 1\nb: [2\nc: 3\n"))
	var syntax *SyntaxError
	if !errors.As(err, &syntax) {
		t.Fatalf("%v, want a SyntaxError", err)
	}
	if !strings.Contains(err.Error(), "line") {
		t.Errorf("%v names no line", err)
	}
}
