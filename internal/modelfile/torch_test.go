package modelfile

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/internal/npy"
	"github.com/liptrack/liptrack/network"
)

func torchArray(t testing.TB, file, name string) *npy.Array {
	t.Helper()
	archive, err := npy.ParseArchive(fixture(t, filepath.Join("torch", file)))
	if err != nil {
		t.Fatal(err)
	}
	a, err := archive.Array(name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestTorchFiles compares the outputs at 50 points with PyTorch's in float64.
func TestTorchFiles(t *testing.T) {
	for file, c := range map[string]struct {
		expected  string
		tolerance float64
	}{
		"state_dict.pt":   {"plain", outputTolerance},
		"legacy.pt":       {"plain", outputTolerance},
		"lightning.ckpt":  {"plain", outputTolerance},
		"dataparallel.pt": {"plain", outputTolerance},
		"compiled.pt":     {"plain", outputTolerance},
		"half.pt":         {"plain", 5e-3},
		"bfloat16.pt":     {"plain", 5e-2},
		"strided.pt":      {"strided", outputTolerance},
		"batchnorm.pt":    {"batchnorm", outputTolerance},
	} {
		t.Run(file, func(t *testing.T) {
			net, info, err := Load(filepath.Join("testdata/torch", file), relu)
			if err != nil {
				t.Fatal(err)
			}
			if info.Format != "PyTorch" {
				t.Errorf("format %s", info.Format)
			}
			x, want := torchArray(t, "data.npz", "x"), torchArray(t, "expected.npz", c.expected)
			points := x.Shape[0]
			got := network.NewPass[float64](net, points).Forward(x.Values, points)
			checkNear(t, got, want.Values, c.tolerance)
			if file == "batchnorm.pt" {
				checkNotes(t, info, "folded", "1e-05")
			}
		})
	}
}

func TestTorchContainersAreKnownByTheirContent(t *testing.T) {
	for _, file := range []string{"state_dict.pt", "legacy.pt"} {
		b := fixture(t, filepath.Join("torch", file))
		_, info, err := Load(write(t, "model.bin", b), relu)
		if err != nil || info.Format != "PyTorch" {
			t.Errorf("%s: format %q, %v", file, info.Format, err)
		}
	}
}

// rezipped returns state_dict.pt with an edited pickle or with other members.
func rezipped(t testing.TB, edit func(name string, content []byte) []byte) []byte {
	t.Helper()
	b := fixture(t, "torch/state_dict.pt")
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		content = edit(f.Name, content)
		if content == nil {
			continue
		}
		member, err := w.Create(f.Name)
		if err == nil {
			_, err = member.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}

	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// edited returns the pickle with one text, which it must contain, replaced by another.
func edited(t testing.TB, old, new string) []byte {
	return rezipped(t, func(name string, content []byte) []byte {
		if !strings.HasSuffix(name, torchPickle) {
			return content
		}
		if !bytes.Contains(content, []byte(old)) {
			t.Fatalf("no %q in the pickle %q", old, content)
		}
		return bytes.Replace(content, []byte(old), []byte(new), 1)
	})
}

func TestTorchRefuses(t *testing.T) {
	storage := func(name string) []byte {
		return rezipped(t, func(member string, content []byte) []byte {
			if strings.HasSuffix(member, name) {
				return nil
			}
			return content
		})
	}

	for _, c := range []struct {
		name    string
		content []byte
		words   []string
	}{
		{"a whole module", fixture(t, "torch/whole_model.pt"), []string{"class", "code is not run", "torch.save(model.state_dict(), PATH)"}},
		{"a missing storage", storage("data/0"), []string{`"0.weight"`, "lacks", "data/0"}},
		{"no pickle", storage(torchPickle), []string{"not written by torch.save"}},
		{"TorchScript", rezipped(t, func(name string, content []byte) []byte { return content }), nil},
		{"a size beyond the storage", edited(t, "K\x10K\x06\x86", "K\x7fK\x06\x86"), []string{`"0.weight"`, "extends beyond the 96"}},
		{"a claim of 4 GB of text", edited(t, "X\x08\x00\x00\x000.weight", "X\x08\x00\x00\xf00.weight"), []string{"pickle"}},
		{"complex tensors", edited(t, "FloatStorage", "ComplexFloatStorage"), []string{`"0.weight" is a tensor of an unsupported kind`, "complex"}},
		{"a sparse tensor", edited(t, "_rebuild_tensor_v2", "_rebuild_sparse_tensor"), []string{"sparse"}},
		{"an object among tensors", edited(t, "u}q6", "X\x01\x00\x00\x00xccollections\ndeque\n)Ru}q6"), []string{`"x" is an object of class "collections.deque"`, "code is not run"}},
		{"a spectral norm", edited(t, "X\x08\x00\x00\x000.weight", "X\x0d\x00\x00\x000.weight_orig"), []string{`"0.weight_orig"`, "spectral norm"}},
		{"neither container", []byte("hello, world"), []string{"not in either of the formats"}},
		{"cut within the older container", fixture(t, "torch/legacy.pt")[:900], []string{"pickle ends too early"}},
		{"cut within the storages", fixture(t, "torch/legacy.pt")[:1500], []string{"claims", "bytes follow"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := formatNamed("PyTorch").loadContent(c.content, relu)
			if c.words != nil {
				checkError(t, err, c.words...)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// A pickle that calls os.system gets an object that does nothing, and the file is refused for it.
func TestTorchRunsNoCode(t *testing.T) {
	program := "\x80\x02cposix\nsystem\nX\x06\x00\x00\x00exit 1\x85R."
	content := rezipped(t, func(name string, content []byte) []byte {
		if strings.HasSuffix(name, torchPickle) {
			return []byte(program)
		}
		return content
	})
	_, _, err := formatNamed("PyTorch").loadContent(content, relu)
	checkError(t, err, `"posix.system"`, "not run")
}

// A checkpoint that is cut short is still recognised as PyTorch's and not taken for an npz file.
func TestTornCheckpointsAreToldApart(t *testing.T) {
	whole := fixture(t, filepath.Join("torch", "state_dict.pt"))
	_, _, err := Load(write(t, "epoch5.pt", whole[:len(whole)/2]), relu)
	checkError(t, err, "epoch5.pt", "PyTorch", "damaged or cut short")
}

func TestPickleLength(t *testing.T) {
	for _, program := range []string{"\x80\x02N.", "cos\nsystem\n.", "X\x02\x00\x00\x00ab.", "\x95\x02\x00\x00\x00\x00\x00\x00\x00N."} {
		n, err := pickleLength([]byte(program + "rest"))
		if err != nil || n != len(program) {
			t.Errorf("%q: %d, %v", program, n, err)
		}
	}
	for _, program := range []string{"", "N", "X\xff\xff\xff\xff.", "\x8d\xff\xff\xff\xff\xff\xff\xff\xff.", "\x95\xff\xff\xff\xff\xff\xff\xff\x7f.", "cos\n.", "\x82\x01."} {
		n, err := pickleLength([]byte(program))
		if err == nil {
			t.Errorf("%q: %d bytes, want an error", program, n)
		}
	}
}

func TestKerasIsRefusedWithAWayOut(t *testing.T) {
	for _, name := range []string{"model.keras", "model.weights.h5", "model.dat"} {
		_, _, err := Load(write(t, name, []byte("\x89HDF\r\n\x1a\n")), relu)
		checkError(t, err, name, "HDF5", "numpy.savez", "ONNX")
	}
}

func FuzzTorch(f *testing.F) {
	var seeds [][]byte
	for _, name := range []string{"state_dict.pt", "legacy.pt", "lightning.ckpt", "batchnorm.pt", "whole_model.pt"} {
		seeds = append(seeds, fixture(f, filepath.Join("torch", name)))
	}
	fuzzFormat(f, "PyTorch", relu, seeds...)
}

// FuzzTorchPickle fuzzes the pickle within an archive, so that the archive's checksums stay valid.
func FuzzTorchPickle(f *testing.F) {
	rezipped(f, func(name string, content []byte) []byte {
		if strings.HasSuffix(name, torchPickle) {
			f.Add(content)
		}
		return content
	})

	f.Add([]byte(fmt.Sprintf("\x80\x02%s.", strings.Repeat("(", 100))))
	f.Fuzz(func(t *testing.T, program []byte) {
		content := rezipped(t, func(name string, content []byte) []byte {
			if strings.HasSuffix(name, torchPickle) {
				return program
			}
			return content
		})
		checkHostile(t, "PyTorch", content, relu)
	})
}

func TestCheckpointsSayHowFarTheyAre(t *testing.T) {
	_, info, err := Load("testdata/torch/lightning.ckpt", Options{Activation: "relu"})
	if err != nil {
		t.Fatal(err)
	}
	if info.Epoch == nil || *info.Epoch != 7 || info.Step == nil || *info.Step != 350 {
		t.Errorf("epoch %v, step %v, want 7 and 350", info.Epoch, info.Step)
	}
}
