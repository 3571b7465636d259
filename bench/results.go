package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/liptrack/liptrack/internal/linalg"
)

// The sides that are measured; PyTorch's are followed by the number of threads.
const (
	liptrackSide = "liptrack"
	bareSide     = "bare"
	pytorchSide  = "pytorch"
)

// results are the seconds that each round of each side took, by benchmark.
type results struct {
	CPU        string                          `json:"cpu"`
	BLAS       string                          `json:"blas"`
	Benchmarks map[string]map[string][]float64 `json:"benchmarks"`
}

func newResults() *results {
	return &results{
		BLAS:       linalg.UseBLAS(linalg.AutoBLAS).String(),
		Benchmarks: map[string]map[string][]float64{},
	}
}

func (r *results) add(name, side string, seconds ...float64) {
	if r.Benchmarks[name] == nil {
		r.Benchmarks[name] = map[string][]float64{}
	}
	r.Benchmarks[name][side] = append(r.Benchmarks[name][side], seconds...)
}

// median of the rounds of a side; ok is false where it was not measured.
func (r *results) median(name, side string) (seconds float64, ok bool) {
	times := r.Benchmarks[name][side]
	if len(times) == 0 {
		return 0, false
	}
	return median(times), true
}

func median(times []float64) float64 {
	times = slices.Sorted(slices.Values(times))
	return (times[(len(times)-1)/2] + times[len(times)/2]) / 2
}

// pytorch returns the median of PyTorch at the number of threads that suits the benchmark best.
func (r *results) pytorch(name string) (best float64, ok bool) {
	for side := range r.Benchmarks[name] {
		if !strings.HasPrefix(side, pytorchSide) {
			continue
		}
		m, _ := r.median(name, side)
		if !ok || m < best {
			best, ok = m, true
		}
	}
	return best, ok
}

// spread returns half the distance from the fastest to the slowest round, relative to the median.
func (r *results) spread(name, side string) float64 {
	times := r.Benchmarks[name][side]
	m, _ := r.median(name, side)
	return (slices.Max(times) - slices.Min(times)) / 2 / m
}

// print writes the table.
func (r *results) print(out io.Writer) {
	fmt.Fprintf(out, "%s · %s\n\n", r.CPU, r.BLAS)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer w.Flush()
	fmt.Fprintln(w, "benchmark\tliptrack ms\t±\tbare ms\tratio\tPyTorch ms\tratio\t")
	for _, name := range slices.Sorted(maps.Keys(r.Benchmarks)) {
		ours, ok := r.median(name, liptrackSide)
		if !ok {
			continue
		}

		row := fmt.Sprintf("%s\t%.3f\t%.0f %%",
			name, 1e3*ours, 100*r.spread(name, liptrackSide))
		// Not every benchmark has a bare step, nor every machine torch.
		bare, hasBare := r.median(name, bareSide)
		row += versus(ours, bare, hasBare)
		theirs, hasTheirs := r.pytorch(name)
		fmt.Fprintln(w, row+versus(ours, theirs, hasTheirs)+"\t")
	}
}

// versus returns two cells: the time of another side, and ours as a multiple of it.
func versus(ours, other float64, ok bool) string {
	if !ok {
		return "\t\t"
	}
	return fmt.Sprintf("\t%.3f\t%.2f", 1e3*other, ours/other)
}

func (r *results) write(file string) error {
	b, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}

func readResults(file string) (*results, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r := newResults()
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return r, nil
}

// slower is how much a ratio to the bare step may grow.
const slower = 4.0 / 3

// compare reports the benchmarks whose ratio to the bare step, which does not depend on the
// machine as times do, grew by a third.
func (r *results) compare(recorded *results) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(r.Benchmarks)) {
		now, ok := r.ratioToBare(name)
		then, known := recorded.ratioToBare(name)
		if ok && known && now > slower*then {
			errs = append(
				errs,
				fmt.Errorf("%s takes %.2f times the bare step, recorded is %.2f",
					name, now, then),
			)
		}
	}
	return errors.Join(errs...)
}

func (r *results) ratioToBare(name string) (ratio float64, ok bool) {
	ours, measured := r.median(name, liptrackSide)
	bare, known := r.median(name, bareSide)
	return ours / bare, measured && known
}
