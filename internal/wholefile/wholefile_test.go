package wholefile

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// dying is the environment variable that makes this binary exit while it writes into the folder it
// names.
const dying = "TEST_DYING_IN"

func TestMain(m *testing.M) {
	if folder := os.Getenv(dying); folder != "" {
		Write(filepath.Join(folder, "page"), func(w io.Writer) error {
			io.WriteString(w, "half")
			os.Exit(3)
			return nil
		})
	}
	os.Exit(m.Run())
}

// left returns the temporary files in a folder.
func left(t *testing.T, folder string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, temporary+"*"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestWriteIsWholeOrNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page")
	for _, text := range []string{"one", "another"} {
		if err := Write(path, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
			t.Fatal(err)
		}
	}

	broken := errors.New("broken")
	err := Write(path, func(w io.Writer) error { io.WriteString(w, "half"); return broken })
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
	if got, err := os.ReadFile(path); string(got) != "another" || err != nil {
		t.Errorf("the file has %q, error %v", got, err)
	}
	if names := left(t, filepath.Dir(path)); len(names) > 0 {
		t.Errorf("left behind: %v", names)
	}
}

// TestLink checks that the second name has the bytes of the first, that linking again changes
// nothing, and that the second keeps its bytes when the first is replaced.
func TestLink(t *testing.T) {
	folder := t.TempDir()
	first, second := filepath.Join(folder, "first"), filepath.Join(folder, "second")
	for path, text := range map[string]string{first: "new", second: "old"} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}

	for range 2 {
		if err := Link(first, second); err != nil {
			t.Fatal(err)
		}
	}

	writeText := func(w io.Writer) error { _, err := io.WriteString(w, "newer"); return err }
	if err := Write(first, writeText); err != nil {
		t.Fatal(err)
	}

	if got, err := os.ReadFile(second); string(got) != "new" || err != nil {
		t.Errorf("the second name has %q, error %v", got, err)
	}
	if names := left(t, folder); len(names) > 0 {
		t.Errorf("left behind: %v", names)
	}
	if err := Link(filepath.Join(folder, "none"), second); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a link to no file: error %v", err)
	}
}

// Check refuses whatever Write would refuse, and leaves no files behind.
func TestCheckSaysWhetherAFileCouldBeWritten(t *testing.T) {
	dir := t.TempDir()
	err := os.WriteFile(filepath.Join(dir, "file"), []byte("kept"), 0o644)
	if err != nil {
		t.Fatal(err)
	}

	for name, want := range map[string]string{
		"file":     "",
		"new":      "",
		"":         "it is a folder, want a file",
		"no/file":  "its folder: no such file or directory",
		"file/new": "its folder: not a directory",
	} {
		path := filepath.Join(dir, name)
		err := Check(path)
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasSuffix(err.Error(), want)) {
			t.Errorf("Check of %q: %v, want %q", name, err, want)
		}

		written := Write(path, func(w io.Writer) error { return errors.New("nothing to write") })
		if want != "" && written.Error() != err.Error() {
			t.Errorf("Write of %q: %v, want %v", name, written, err)
		}
	}

	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("files left behind: %v, error %v", entries, err)
	}

	if Check(os.DevNull) != nil {
		t.Errorf("a device is refused")
	}
}

// After Write a link still points to its file, which is new, and a device is still a device.
func TestWriteLeavesNamesAsTheyAre(t *testing.T) {
	folder := t.TempDir()
	file, link := filepath.Join(folder, "file"), filepath.Join(folder, "link")
	if err := errors.Join(os.WriteFile(file, []byte("old"), 0o644), os.Symlink("file", link)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{link, os.DevNull} {
		if err := Write(path, func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err }); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}

	if target, err := os.Readlink(link); err != nil || target != "file" {
		t.Errorf("the link leads to %q, error %v", target, err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "new" {
		t.Errorf("the file has %q, error %v", got, err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("%s has become a file, error %v", os.DevNull, err)
	}
}

// TestSweepTellsTheDeadFromTheLiving sweeps a folder with the file of a process that died while
// writing, one that is being written, and files of other machines and releases, young and old.
func TestSweepTellsTheDeadFromTheLiving(t *testing.T) {
	folder := t.TempDir()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), dying+"="+folder)
	if err := child.Run(); err == nil || len(left(t, folder)) != 1 {
		t.Fatalf("error %v, left %v", err, left(t, folder))
	}
	young := filepath.Join(folder, temporary+"00000000-1")
	old := filepath.Join(folder, temporary+"12345")
	for _, path := range []string{young, old} {
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}

	yesterday := time.Now().Add(-abandoned - time.Hour)
	if err := os.Chtimes(old, yesterday, yesterday); err != nil {
		t.Fatal(err)
	}

	page := filepath.Join(folder, "page")
	err := Write(page, func(w io.Writer) error {
		if err := Sweep(folder); err != nil {
			return err
		}
		names := left(t, folder)
		if len(names) != 2 || names[0] != young && names[1] != young {
			t.Errorf("left %v: want %s and the file being written", names, young)
		}
		_, err := io.WriteString(w, "whole")
		return err
	})

	if got, e := os.ReadFile(page); err != nil || string(got) != "whole" {
		t.Errorf("the file has %q, errors %v, %v", got, err, e)
	}
	if err := Sweep(filepath.Join(folder, "absent")); err != nil {
		t.Error(err)
	}
}
