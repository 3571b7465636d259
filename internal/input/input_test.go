package input

import (
	"io"
	"math"
	"strings"
	"testing"
)

func TestElements(t *testing.T) {
	for _, c := range []struct {
		shape []int
		n     int
		ok    bool
	}{
		{nil, 1, true},
		{[]int{3, 4, 5}, 60, true},
		{[]int{0}, 0, true},
		{[]int{MaxElements}, MaxElements, true},
		{[]int{MaxElements, 2}, 0, false},
		{[]int{MaxElements + 1}, 0, false},
		{[]int{-1}, 0, false},
		{[]int{-2, -2}, 0, false},
		{[]int{math.MaxInt, math.MaxInt, 4}, 0, false}, // wraps to a small number
	} {
		if n, ok := Elements(c.shape); n != c.n || ok != c.ok {
			t.Errorf("Elements(%v) = %d, %v; want %d, %v", c.shape, n, ok, c.n, c.ok)
		}
	}
}

func TestReadAll(t *testing.T) {
	b, err := ReadAll(strings.NewReader("all of it"))
	if err != nil || string(b) != "all of it" {
		t.Errorf("%q, %v", b, err)
	}
	if _, err := ReadAll(io.MultiReader(strings.NewReader("half"), broken{})); err == nil {
		t.Error("no error from a reader that breaks")
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
