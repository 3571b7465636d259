package linalg

import (
	"runtime"
	"strings"
	"testing"
)

// eachBackend runs a test with gonum's BLAS and with the fastest BLAS of the machine, if there is
// another.
func eachBackend(t *testing.T, test func(t *testing.T)) {
	t.Cleanup(func() { UseBLAS(GonumBLAS) })
	UseBLAS(GonumBLAS)
	t.Run("gonum", test)
	if b := UseBLAS(AutoBLAS); b.Path != "" {
		t.Run(b.Name, test)
	} else {
		t.Log(b.Hint)
	}
}

func TestUseBLAS(t *testing.T) {
	t.Cleanup(func() { UseBLAS(GonumBLAS) })
	absent := "BLAS /nonexistent/blas.so"
	tests := []struct {
		choice, hint string
		linux        bool
	}{
		{choice: GonumBLAS},
		{choice: "/nonexistent/blas.so", hint: absent},
		{choice: "/etc/hostname", hint: "BLAS /etc/hostname"},
		{choice: "libm.so.6", hint: "BLAS libm.so.6 has no sgemm_ and dgemm_", linux: true},
	}

	for _, test := range tests {
		if test.linux && runtime.GOOS != "linux" {
			continue
		}
		got := UseBLAS(test.choice)
		if got.Name != "gonum" || got.Path != "" {
			t.Errorf("UseBLAS(%q) = %#v, want gonum's", test.choice, got)
		}
		if (got.Hint == "") != (test.hint == "") || !strings.Contains(got.Hint, test.hint) || strings.Contains(got.Hint, "\n") {
			t.Errorf("UseBLAS(%q) hints %q, want one line with %q", test.choice, got.Hint, test.hint)
		}
		if again := UseBLAS(test.choice); again != got {
			t.Errorf("UseBLAS(%q) again = %#v, before %#v", test.choice, again, got)
		}
		if BLAS() != got {
			t.Errorf("BLAS() = %#v, UseBLAS(%q) returned %#v", BLAS(), test.choice, got)
		}
	}
}

func TestUseBLASAuto(t *testing.T) {
	t.Cleanup(func() { UseBLAS(GonumBLAS) })
	auto := UseBLAS(AutoBLAS)
	if UseBLAS("") != auto {
		t.Errorf("the default is %v, auto is %v", BLAS(), auto)
	}
	if auto.Path == "" && auto.Hint == "" {
		t.Error("no library, and no hint on how to get one")
	}
	if auto.Path != "" {
		if b := UseBLAS(auto.Path); b != auto {
			t.Errorf("loaded by path: %#v, chosen automatically: %#v", b, auto)
		}
	}

	t.Log(auto)
}

func TestBackendString(t *testing.T) {
	b := Backend{Name: "OpenBLAS 0.3.21", Detail: "SkylakeX, 1 thread", Path: "libopenblas.so.0"}
	if got, want := b.String(), "OpenBLAS 0.3.21 (SkylakeX, 1 thread)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
