package queue

import (
	"context"
	"errors"
)

// reopen offers ended runs again whose folders have been reset.
func (s *Server) reopen(ctx context.Context) error {
	for _, run := range s.order {
		l := s.runs[keyOf(run)]
		l.mu.Lock()
		st, err := s.shelf.standing(run)
		again := l.ended && err == nil && !st.ended
		if again {
			err = s.takeUp(l)
		}

		l.mu.Unlock()
		if !again {
			continue
		}

		if err := errors.Join(err, s.offer(ctx, run)); err != nil {
			return err
		}
	}

	return nil
}

// errOver is the error of a request for more work after all runs have ended.
var errOver = errors.New("all runs have ended, and the server is stopping: use " +
	"\"liptrack status DIR --retry-failed\" and restart it")

// takeUp counts an ended run as open again. The caller holds its lock.
func (s *Server) takeUp(l *lending) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left == 0 {
		return errOver
	}
	s.left++
	l.ended = false
	return nil
}
