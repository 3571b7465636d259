package series

import (
	"path/filepath"
	"testing"
)

func TestFolderStaysBelow(t *testing.T) {
	for _, test := range []struct{ experiment, run, want string }{
		{"demo", "64-seed42-abc", filepath.Join("demo", "64-seed42-abc")},
		{"", "r", "r"},
		{"demo", "", "demo"},
		{"..a", "b..", filepath.Join("..a", "b..")},
		{"Größe 1", "…", filepath.Join("Größe 1", "…")},
		{"..", "../../left", ""},
		{"..", "r", ""},
		{"demo", "..", ""},
		{"demo", ".", ""},
		{"demo", "/etc/passwd", ""},
		{"demo", `a\..\..\b`, ""},
		{"C:", "r", ""},
		{"demo", "a/b", ""},
		{"demo", "a\x00b", ""},
		{"demo", "\x1b[2J", ""},
	} {
		got, err := Header{Experiment: test.experiment, Run: test.run}.Folder()
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%q and %q: folder %q, error %v; want %q", test.experiment, test.run, got, err, test.want)
		}
	}
}
