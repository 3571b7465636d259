package panics

import (
	"strings"
	"testing"
)

// caught calls f and returns its panic, nil if there is none.
func caught(f func()) (p *Panic) {
	defer func() { p = From(recover()) }()
	f()
	return nil
}

func TestPanicsKeepTheirPlace(t *testing.T) {
	if p := caught(func() {}); p != nil {
		t.Errorf("no panic is %v", p)
	}
	p := caught(func() { panic("mine") })
	if p == nil || p.Value != "mine" || !strings.Contains(p.Place, "panics_test.go:") {
		t.Errorf("%+v", p)
	}
	var none []int
	if p := caught(func() { none[3] = 1 }); p == nil || !strings.Contains(p.Error(), "index out of range") || !strings.Contains(p.Place, "TestPanicsKeepTheirPlace") {
		t.Errorf("%+v", p)
	}
}

// TestGroupsPanicWhereTheyAreWaitedFor checks that Wait panics after all other functions are done.
func TestGroupsPanicWhereTheyAreWaitedFor(t *testing.T) {
	done := false
	p := caught(func() {
		var g Group
		started := make(chan struct{})
		g.Go(func() { close(started); panic("theirs") })
		g.Go(func() { <-started; done = true })
		g.Wait()
	})
	if p == nil || p.Value != "theirs" || !strings.Contains(p.Place, "TestGroupsPanicWhereTheyAreWaitedFor") || !done {
		t.Errorf("%+v, done %v", p, done)
	}
}
