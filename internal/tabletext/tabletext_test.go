package tabletext

import (
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

// TestLineEnds compares reading in pieces with replacing line ends in the whole text.
func TestLineEnds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var text strings.Builder
		for range r.IntN(12) {
			text.WriteByte("ab\r\n,\""[r.IntN(6)])
		}

		const kept = "\x00"
		want := strings.ReplaceAll(text.String(), "\r\n", kept)
		want = strings.ReplaceAll(strings.ReplaceAll(want, "\r", "\n"), kept, "\r\n")

		for name, source := range map[string]io.Reader{
			"whole": strings.NewReader(text.String()), "byte by byte": iotest.OneByteReader(strings.NewReader(text.String())),
		} {
			decoded, err := decode(source)
			if err != nil {
				t.Fatal(err)
			}

			got, err := io.ReadAll(iotest.HalfReader(lineEnds{decoded}))
			if err != nil || string(got) != want {
				t.Fatalf("%s: %q becomes %q, want %q (%v)", name, text.String(), got, want, err)
			}
		}
	}
}

func TestSeparator(t *testing.T) {
	for header, want := range map[string]rune{
		"a": ',', "a,b": ',', "a;b": ';', "a\tb": '\t', "a|b": '|', "a,b;c": ',', "a;b;c,d": ';', `"x,y,z";b`: ';',
		"a|1,b,c": ',', "": ',',
	} {
		table, err := NewReader(strings.NewReader(header + "\n"))
		if header == "" {
			if err == nil || !strings.Contains(err.Error(), "the file is empty") {
				t.Errorf("an empty file: %v", err)
			}
			continue
		}

		if err != nil || table.records.Comma != want {
			t.Errorf("%q is separated by %q, want %q (%v)", header, table.records.Comma, want, err)
		}
	}
}
