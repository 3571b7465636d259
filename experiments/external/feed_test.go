package external

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/liptrack/liptrack/internal/modelfile"
)

// TestEpochsInside reads a file whose name gives no epoch and that is rewritten for every epoch,
// like Lightning's last.ckpt.
func TestEpochsInside(t *testing.T) {
	content, err := os.ReadFile("../../internal/modelfile/testdata/torch/lightning.ckpt")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "last.ckpt")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}

	feed, err := NewFeed(Options{Paths: []string{path}, Model: modelfile.Options{Activation: "relu"}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := feed.Next(context.Background(), -1)
	if err != nil || c.Epoch != 7 || c.Step != 350 || c.Net.In() != 6 {
		t.Fatalf("%+v, error %v", c, err)
	}
	if _, err := feed.Next(context.Background(), 7); !errors.Is(err, io.EOF) {
		t.Errorf("after the last: error %v", err)
	}
}

// TestFilesAreReadWhenTheyAreWhole writes a file in two halves; neither half is read on its own.
func TestFilesAreReadWhenTheyAreWhole(t *testing.T) {
	content, err := os.ReadFile("testdata/training/mlp_epoch_3.pt")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "mlp_3.pt")
	if err := os.WriteFile(path, content[:len(content)/2], 0o600); err != nil {
		t.Fatal(err)
	}

	feed, err := NewFeed(Options{
		Paths: []string{filepath.Dir(path)}, Model: modelfile.Options{Activation: "relu"}, Follow: true,
		Settle: 20 * time.Millisecond, Patience: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	brief, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if c, err := feed.Next(brief, -1); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("half a file: %+v, error %v", c, err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := feed.Next(context.Background(), -1)
	if err != nil || c.Epoch != 3 {
		t.Fatalf("%+v, error %v", c, err)
	}
}
