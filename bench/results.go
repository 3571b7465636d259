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

// The sides that are measured. The names of PyTorch's sides also have the number of threads.
const (
	liptrackSide = "liptrack"
	bareSide     = "bare"
	pytorchSide  = "pytorch"
)

// results holds the seconds of each round of each side, by benchmark and side.
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

func (r *results) addSeconds(name, side string, seconds ...float64) {
	if r.Benchmarks[name] == nil {
		r.Benchmarks[name] = map[string][]float64{}
	}
	r.Benchmarks[name][side] = append(r.Benchmarks[name][side], seconds...)
}

// median returns the median of the rounds of a side. ok is false if the side was not measured.
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

// pytorch returns PyTorch's median with the number of threads that is fastest for the benchmark.
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

// relativeSpread returns half the difference between the slowest and the fastest round, relative to
// the median.
func (r *results) relativeSpread(name, side string) float64 {
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
			name, 1e3*ours, 100*r.relativeSpread(name, liptrackSide))
		// Not every benchmark has a bare step, and not every machine has torch.
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

func (r *results) writeFile(file string) error {
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

// slower is the factor by which a ratio to the bare step may grow.
const slower = 4.0 / 3

// compare returns an error for each benchmark whose ratio to the bare step grew by a third. Ratios
// depend less on the machine than times do.
func (r *results) compare(recorded *results) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(r.Benchmarks)) {
		now, ok := r.ratioToBare(name)
		then, known := recorded.ratioToBare(name)
		if ok && known && now > slower*then {
			errs = append(
				errs,
				fmt.Errorf("%s takes %.2f times as long as the bare step, recorded is %.2f",
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
