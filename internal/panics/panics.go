// Package panics turns panics into errors, so that a bug in one run does not end the runs next to
// it.
package panics

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
)

// A Panic is a recovered panic: its value and its place.
type Panic struct {
	Value any
	// Place is the innermost function of this module on the panicking stack, with file and line.
	Place string
}

// Error implements error.
func (p *Panic) Error() string {
	return fmt.Sprintf("panic: %v (in %s): this is a mistake in liptrack; please report it",
		p.Value, p.Place)
}

// From makes a Panic from the result of recover; it returns nil for nil. It must be called by the
// deferred function that recovers, since it inspects the stack.
func From(recovered any) *Panic {
	switch value := recovered.(type) {
	case nil:
		return nil
	case *Panic: // raised again from another goroutine; it has its place already
		return value
	default:
		return &Panic{value, panicPlace()}
	}
}

// Catch calls do and returns its error, or its panic as a *Panic.
func Catch(do func() error) (err error) {
	defer func() {
		if p := From(recover()); p != nil {
			err = p
		}
	}()
	return do()
}

// module is the prefix of the names of this module's functions.
const module = "github.com/liptrack/liptrack/"

// panicPlace finds the innermost function of this module below the panic.
func panicPlace() string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers)])

	// Skip the deferred functions and the runtime's panic; the panicking function is below them.
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

// A Group runs functions concurrently, as sync.WaitGroup does. If one of them panics, Wait raises
// its panic in the waiting goroutine.
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

// Wait waits until all functions have returned or panicked. It panics with the first *Panic, if
// any.
func (g *Group) Wait() {
	g.group.Wait()
	if g.panic != nil {
		panic(g.panic)
	}
}
