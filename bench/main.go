// Command bench measures liptrack against the same step without Gorgonia (the bare step) and, if
// Python has torch, against PyTorch. The sides take turns for several rounds, and medians are
// compared. It prints a table and writes bench/results.json; with -check it compares the ratios
// with those recorded there.
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
	flag.IntVar(&s.rounds, "rounds", 5, "number of rounds in which the sides take turns")
	flag.Float64Var(&s.seconds, "seconds", 0.2, "seconds for each measurement of a round")
	flag.StringVar(
		&s.nets,
		"nets",
		".*",
		"regular expression of the networks to measure, by hidden widths or name, e.g. 256x256",
	)
	flag.StringVar(&s.python, "python", "python3", "Python interpreter, with or without torch")
	file := flag.String("results", "bench/results.json", "file with recorded results")
	check := flag.Bool(
		"check",
		false,
		"compare with the file instead of writing it; fail if a ratio to the bare step grew by a third",
	)
	scale := flag.Bool(
		"scaling",
		false,
		"instead print how the cost grows with width, points and parallel runs",
	)
	chart := flag.String(
		"chart",
		"docs/scaling.svg",
		"file in which -scaling draws the growth, SVG or PNG",
	)
	flag.Parse()
	var err error
	switch {
	case *scale:
		err = scaling(os.Stdout, s.seconds, *chart)
	case *check:
		err = s.checkRatios(*file)
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
	measured, err := s.measureAll()
	if err != nil {
		return err
	}
	measured.print(os.Stdout)

	// Benchmarks that were not measured this time keep their recorded rounds.
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

	return measured.writeFile(file)
}

// checkRatios measures, prints the table and compares it with the file.
func (s settings) checkRatios(file string) error {
	recorded, err := readResults(file)
	if err != nil {
		return err
	}
	measured, err := s.measureAll()
	if err != nil {
		return err
	}
	measured.print(os.Stdout)
	return measured.compare(recorded)
}
