package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/internal/linalg"
)

// settings specify how to measure.
type settings struct {
	rounds  int
	seconds float64
	nets    string // regular expression of the networks to measure
	python  string
}

// packages are the packages with benchmarks; networks are the networks in their names, by hidden
// widths or name.
var (
	packages = []string{"trainer", "tracker"}
	networks = []string{
		"16",
		"64",
		"256",
		"1024",
		"4096",
		"64x64",
		"256x256",
		"1024x1024",
		"4096x4096",
		"ConvBase",
		"CNN_11-28",
		"CNN_11-32",
	}
)

// measureAll lets the sides take turns, network by network and round by round, so that other load
// on the machine affects all of them alike.
func (s settings) measureAll() (*results, error) {
	dir, err := os.MkdirTemp("", "liptrack-bench-")
	if err != nil {
		return nil, err
	}

	defer os.RemoveAll(dir)

	// Build the binaries first, so that no compiler runs during the measurements.
	for _, p := range packages {
		build := exec.Command("go", "test", "-c", "-o", filepath.Join(dir, p), "./"+p)
		out, err := build.CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("building the benchmarks of %s: %w\n%s", p, err, out)
		}
	}

	wanted, err := regexp.Compile("^(" + s.nets + ")$")
	if err != nil {
		return nil, err
	}

	r := newResults()
	threads := s.pytorchThreads()
	for round := range s.rounds {
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, s.rounds)
		for _, net := range networks {
			if !wanted.MatchString(net) {
				continue
			}
			err := s.measureNetwork(r, dir, net, threads)
			if err != nil {
				return nil, err
			}
		}
	}

	return r, nil
}

// measureNetwork adds one round of all sides on a network.
func (s settings) measureNetwork(r *results, dir, net string, threads []int) error {
	for _, p := range packages {
		for _, pattern := range []string{"Update/./net=" + net + "$", "(Epoch|Evaluate|Track)/net=" + net + "$"} {
			err := s.runGo(r, filepath.Join(dir, p), pattern)
			if err != nil {
				return err
			}
		}
	}

	for _, n := range threads {
		err := s.runPyTorch(r, "net="+net+"(/|$)", n)
		if err != nil {
			return err
		}
	}

	return nil
}

// runGo runs the benchmarks in a test binary whose names match pattern, and adds their times.
func (s settings) runGo(r *results, binary, pattern string) error {
	cmd := exec.Command(
		binary,
		"-test.run=^$",
		"-test.bench="+pattern,
		fmt.Sprintf("-test.benchtime=%gs", s.seconds),
	)
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("running %s: %w\n%s", filepath.Base(binary), err, out)
	}
	return parseGo(r, bytes.NewReader(out))
}

// benchmarkLine matches a line such as "BenchmarkUpdate/sgd/net=16/batch=128-2 5000 60000 ns/op".
var benchmarkLine = regexp.MustCompile(`^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op`)

func parseGo(r *results, in io.Reader) error {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		// go test prints the processor at the beginning of its output.
		if cpu, ok := strings.CutPrefix(lines.Text(), "cpu: "); ok {
			r.CPU = cpu
		}

		m := benchmarkLine.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}

		ns, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			return fmt.Errorf("%s: %w", lines.Text(), err)
		}

		// The benchmark of the bare step has the same name with the prefix "Bare".
		name, side := m[1], liptrackSide
		bare, ok := strings.CutPrefix(name, "Bare")
		if ok {
			name, side = bare, bareSide
		}

		r.addSeconds(name, side, ns/1e9)
	}

	return lines.Err()
}

// pytorchThreads returns the numbers of BLAS threads to try with PyTorch; the best result counts.
// It returns none if there is no torch.
func (s settings) pytorchThreads() []int {
	err := exec.Command(s.python, "-c", "import torch").Run()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s has no torch: measuring without PyTorch\n", s.python)
		return nil
	}
	return []int{1, 2}
}

// runPyTorch runs the benchmarks of bench/pytorch.py whose names match pattern, and adds their
// times. Debian's build takes the number of threads from OPENBLAS_NUM_THREADS, others from
// torch.set_num_threads; the two thread pools would compete, so OpenMP keeps one thread. An
// OpenBLAS is made to use the same kernels as liptrack's, even if it does not know the processor.
func (s settings) runPyTorch(r *results, pattern string, threads int) error {
	cmd := exec.Command(
		s.python,
		"bench/pytorch.py",
		"--rounds",
		"1",
		"--seconds",
		fmt.Sprint(s.seconds),
		pattern,
	)
	cmd.Env = append(
		os.Environ(),
		fmt.Sprintf("OPENBLAS_NUM_THREADS=%d", threads),
		"OMP_NUM_THREADS=1",
	)
	b := linalg.BLAS()
	if strings.HasPrefix(b.Name, "OpenBLAS") {
		core, _, _ := strings.Cut(b.Detail, ",")
		cmd.Env = append(cmd.Env, "OPENBLAS_CORETYPE="+core)
	}

	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return fmt.Errorf("bench/pytorch.py: %w\n%s", err, exit.Stderr)
		}

		return fmt.Errorf("bench/pytorch.py: %w", err)
	}

	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var line struct {
			Name    string    `json:"name"`
			Seconds []float64 `json:"seconds"`
		}

		err := dec.Decode(&line)
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("bench/pytorch.py: %w", err)
		}

		r.addSeconds(
			line.Name,
			fmt.Sprintf("%s, %d threads", pytorchSide, threads),
			line.Seconds...,
		)
	}
}
