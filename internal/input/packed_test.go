package input

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"io"
	"math"
	"runtime"
	"strings"
	"testing"
)

func TestCheckPacked(t *testing.T) {
	for _, c := range []struct {
		unpacked, packed int64
		ok               bool
	}{
		{0, 0, true},
		{packedFreely, 1, true},
		{packedFreely + mostPacked, 1, false},
		{100 * packedFreely, packedFreely, true},
		{mostPacked << 20, 1 << 20, true},
		{(mostPacked + 1) << 20, 1 << 20, false},
		{math.MaxInt64, 1 << 20, false},
	} {
		if err := CheckPacked(c.unpacked, c.packed); (err == nil) != c.ok {
			t.Errorf("%d bytes in %d: %v", c.unpacked, c.packed, err)
		}
	}
}

// zeros is a reader of a number of zeros that counts how many were taken.
type zeros struct{ left, taken int64 }

func (z *zeros) Read(b []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := int(min(z.left, int64(len(b))))
	clear(b[:n])
	z.left -= int64(n)
	z.taken += int64(n)
	return n, nil
}

// TestGunzipEndsABomb compresses twice as many zeros as may be decompressed freely, and checks how
// many come out and how much memory that takes.
func TestGunzipEndsABomb(t *testing.T) {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = io.Copy(w, &zeros{left: 2 * packedFreely}); err != nil {
		t.Fatal(err)
	}
	w.Close()

	r, err := Gunzip(&packed)
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n, err := io.Copy(io.Discard, r)
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "by a factor of 200 at most") {
		t.Errorf("error %v", err)
	}
	if n > packedFreely+1<<20 {
		t.Errorf("%d bytes came out", n)
	}
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 4<<20 {
		t.Errorf("%d bytes of memory", taken)
	}
}

func TestGunzipOfAll(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	io.WriteString(w, "all of it")
	w.Close()
	r, err := Gunzip(&packed)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r); err != nil || string(b) != "all of it" {
		t.Errorf("%q, %v", b, err)
	}
	if _, err := Gunzip(strings.NewReader("not packed")); err == nil {
		t.Error("no error for data that are not compressed")
	}
}

// TestQuotaAsksForMemory simulates a machine with memory for ten million numbers, twice.
func TestQuotaAsksForMemory(t *testing.T) {
	defer func(before func() int64) { available = before }(available)
	const room = 10_000_000
	available = func() int64 { return 2 * 8 * room }

	var q Quota
	if err := q.Take(room); err != nil {
		t.Error(err)
	}
	q = 0
	if err := q.Take(room + 1); err == nil || !strings.Contains(err.Error(), "are left") {
		t.Errorf("error %v", err)
	}

	rows := 0
	q = 0
	var err error
	for ; err == nil && rows < 1e6; rows++ {
		err = q.Take(100)
	}
	if rows < 2*room/100 || rows > 2*room/100+checkedEach/100+1 {
		t.Errorf("refused after %d rows of 100", rows)
	}
}
