package queue

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/liptrack/liptrack/cluster"
)

// location returns the host and process of a worker.
func (t tenant) location() string {
	return fmt.Sprintf("%s, process %d", t.Host, t.PID)
}

// attend records that a worker was heard from, and applies a change to its entry.
func (s *Server) attend(t tenant, change func(*cluster.Worker)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, known := s.workers[t.location()]
	if !known {
		a = &cluster.Worker{Worker: t.Worker, Kernels: t.Kernels}
		s.workers[t.location()] = a
	}
	a.Heard = time.Now()
	change(a)
}

// noteHolder records which worker has a run, if any. The caller holds the run's lock.
func (s *Server) noteHolder(l *lending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.lease == "" {
		delete(s.holders, keyOf(l.run))
		return
	}
	s.holders[keyOf(l.run)] = l.worker.location()
}

// Workers returns all workers seen so far, sorted by host and process.
func (s *Server) Workers() []cluster.Worker {
	s.mu.Lock()
	defer s.mu.Unlock()
	running := map[string]int{}
	for _, place := range s.holders {
		running[place]++
	}

	var all []cluster.Worker
	for place, a := range s.workers {
		known := *a
		known.Running = running[place]
		known.Silent = time.Since(a.Heard) > s.options.Hold
		all = append(all, known)
	}
	slices.SortFunc(all, func(a, b cluster.Worker) int {
		return cmp.Or(cmp.Compare(a.Host, b.Host), a.PID-b.PID)
	})
	return all
}

// told records that an answer has been sent.
func (s *Server) told(q question, a answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dismissed[q.From.location()] = a.Left == 0
}

// Dismiss waits, for a short time at most, until all present workers know that all runs have ended.
func (s *Server) Dismiss(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 3*takeFor)
	defer cancel()
	for ctx.Err() == nil {
		here := 0
		s.mu.Lock()
		for place, worker := range s.workers {
			// Silent workers may never come back, so nobody waits for them.
			if !s.dismissed[place] && time.Since(worker.Heard) < max(s.options.Hold, 2*takeFor) {
				here++
			}
		}
		s.mu.Unlock()
		if here == 0 {
			return
		}

		sleep(ctx, 100*time.Millisecond)
	}
}
