// Command bench measures liptrack against itself without Gorgonia (the bare step) and, where
// Python has torch, against PyTorch: all sides in turn, several rounds, medians. It prints a
// table and writes bench/results.json; with -check it compares with what is recorded there.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
)

func main() {
	s := settings{}
	flag.IntVar(&s.rounds, "rounds", 5, "rounds in which the sides take turns")
	flag.Float64Var(&s.seconds, "seconds", 0.2, "time for each measurement of a round")
	flag.StringVar(
		&s.nets,
		"nets",
		".*",
		"regular expression of the hidden widths to measure, e.g. 256x256",
	)
	flag.StringVar(&s.python, "python", "python3", "interpreter that may have torch")
	file := flag.String("results", "bench/results.json", "file of results")
	check := flag.Bool(
		"check",
		false,
		"compare with the file instead of writing it: fail if a ratio to the bare step grew by a third",
	)
	scale := flag.Bool(
		"scaling",
		false,
		"print instead how cost grows with width, points and parallel runs",
	)
	chart := flag.String("chart", "docs/scaling.svg", "where -scaling draws the growth, SVG or PNG")
	flag.Parse()
	var err error
	switch {
	case *scale:
		err = scaling(os.Stdout, s.seconds, *chart)
	case *check:
		err = s.check(*file)
	default:
		err = s.record(*file)
	}

	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// record measures, prints the table and writes the file.
func (s settings) record(file string) error {
	measured, err := s.measure()
	if err != nil {
		return err
	}
	measured.print(os.Stdout)

	// What has not been measured this time keeps its rounds.
	recorded, err := readResults(file)
	if err == nil {
		for name, sides := range recorded.Benchmarks {
			if measured.Benchmarks[name] == nil {
				measured.Benchmarks[name] = sides
			}
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}

	return measured.write(file)
}

// check measures, prints the table and compares it with the file.
func (s settings) check(file string) error {
	recorded, err := readResults(file)
	if err != nil {
		return err
	}
	measured, err := s.measure()
	if err != nil {
		return err
	}
	measured.print(os.Stdout)
	return measured.compare(recorded)
}
