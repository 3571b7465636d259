// Package panics makes errors of panics, so that one run's mistake does not end what runs beside
// it.
package panics

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
)

// A Panic is what somebody panicked with, and where.
type Panic struct {
	Value any
	// Place is the function of this module that panicked or called what did, with file and line.
	Place string
}

// Error implements error.
func (p *Panic) Error() string {
	return fmt.Sprintf("panic: %v (in %s): this is a mistake in liptrack; please report it",
		p.Value, p.Place)
}

// From makes a Panic of what recover returned; nil stays nil. It is to be called by the deferred
// function that recovers.
func From(recovered any) *Panic {
	switch value := recovered.(type) {
	case nil:
		return nil
	case *Panic: // of another goroutine, which knows the place
		return value
	default:
		return &Panic{value, place()}
	}
}

// Catch returns the error of a function, or its panic.
func Catch(do func() error) (err error) {
	defer func() {
		if p := From(recover()); p != nil {
			err = p
		}
	}()
	return do()
}

// module begins the names of this module's functions.
const module = "github.com/liptrack/liptrack/"

// place finds the innermost function of this module below the panic.
func place() string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers)])

	// Below this function stands the runtime's panic, and below that who called it.
	panicked := false
	for {
		frame, more := frames.Next()
		if panicked && strings.HasPrefix(frame.Function, module) {
			function := strings.TrimPrefix(frame.Function, module)
			return fmt.Sprintf("%s, %s:%d", function, shortFile(frame.File), frame.Line)
		}

		panicked = panicked || strings.HasPrefix(frame.Function, "runtime.")
		if !more {
			return "an unknown place"
		}
	}
}

// shortFile returns the last two parts of a path.
func shortFile(path string) string {
	parts := strings.Split(path, "/")
	return strings.Join(parts[max(0, len(parts)-2):], "/")
}

// A Group runs functions side by side, as sync.WaitGroup does. If one of them panics, Wait does, in
// the goroutine that can tell whose fault it is.
type Group struct {
	group sync.WaitGroup
	first sync.Once
	panic *Panic
}

// Go calls a function in a goroutine.
func (g *Group) Go(f func()) {
	g.group.Go(func() {
		defer func() {
			if p := From(recover()); p != nil {
				g.first.Do(func() { g.panic = p })
			}
		}()
		f()
	})
}

// Wait waits until all functions have returned or panicked.
func (g *Group) Wait() {
	g.group.Wait()
	if g.panic != nil {
		panic(g.panic)
	}
}
