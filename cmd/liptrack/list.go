package main

import (
	"fmt"
	"io"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/audit"
	"github.com/liptrack/liptrack/configs"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker"
	"github.com/liptrack/liptrack/trainer"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// lists are what can be listed: name, what it is, and a function that prints rows of
// tab-separated cells.
var lists = []struct {
	name, about string
	rows        func(w io.Writer) error
}{
	{"metrics", "what the tracker measures", listMetrics},
	{"datasets", "data sets and file formats", listDatasets},
	{"configs", "the configuration files of configs/, which the program contains", listConfigs},
	{"keys", "every configuration key: type, default, allowed values, meaning", listKeys},
	{"activations", "activation functions and the range of their slopes", listActivations},
	{"schedules", "the paper's learning-rate schedules by name", listSchedules},
	{"checks", "the checks of an audit, and beyond which values they ask for attention and fail", listChecks},
}

func listCommand() *cobra.Command {
	var names, about []string
	for _, l := range lists {
		names = append(names, l.name)
		about = append(about, fmt.Sprintf("  %-12s %s", l.name, l.about))
	}

	return &cobra.Command{
		Use:       "list {" + strings.Join(names, "|") + "}",
		Short:     "List metrics, data sets, configurations, configuration keys, …",
		Long:      "List one of:\n" + strings.Join(about, "\n"),
		Example:   "  liptrack list metrics\n  liptrack list keys | grep track",
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: names,
		RunE: func(cmd *cobra.Command, args []string) error {
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, l := range lists {
				if l.name == args[0] {
					if err := l.rows(w); err != nil {
						return err
					}
				}
			}
			return w.Flush()
		},
	}
}

func listMetrics(w io.Writer) error {
	for _, m := range slices.Concat(config.TrainerMetrics, tracker.Metrics) {
		by := "on request"
		if m.Default {
			by = "default"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", m.Name, by, m.About)
	}
	return nil
}

func listDatasets(w io.Writer) error {
	for _, s := range dataset.Sources {
		fmt.Fprintf(w, "%s\t%s\n", s.Name, s.About)
	}
	return nil
}

func listKeys(w io.Writer) error {
	for _, k := range config.Keys() {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", k.Key, k.Type, k.Default, k.Allowed, k.Doc)
	}
	return nil
}

func listActivations(w io.Writer) error {
	const exampleSlope = 0.01
	for _, name := range network.ActivationNames() {
		a, err := network.ParseActivation(name, exampleSlope)
		if err != nil {
			return err
		}
		low, high := a.SlopeRange()
		fmt.Fprintf(w, "%s\tslope in [%.4g, %.4g]\n", a, low, high)
	}
	return nil
}

func listChecks(w io.Writer) error {
	fmt.Fprintln(w, "check\tgood if\tattention\tfail\tmeaning")
	for _, c := range audit.Checks() {
		good := "large"
		if c.AtMost {
			good = "small"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", c.Name, good, limitOrOff(c.Attention), limitOrOff(c.Fail), c.About)
	}
	return nil
}

func limitOrOff(v float64) string {
	if math.IsNaN(v) {
		return "off"
	}
	return fmt.Sprint(v)
}

func listSchedules(w io.Writer) error {
	for _, name := range trainer.PaperScheduleNames() {
		s, _ := trainer.PaperSchedule(name)
		fmt.Fprintf(w, "%s\t%s\n", name, s)
	}
	return nil
}

// listConfigs prints the first line of the comment that heads each file.
func listConfigs(w io.Writer) error {
	return fs.WalkDir(configs.Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		data, err := fs.ReadFile(configs.Files, path)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "configs/%s\t%s\n", path, subject(string(data)))
		return nil
	})
}

// subject is what the comment at the head of a configuration begins with, up to the end of a
// sentence, a colon or a parenthesis.
func subject(text string) string {
	var words []string
	for line := range strings.Lines(text) {
		comment, ok := strings.CutPrefix(strings.TrimSpace(line), "#")
		if !ok || comment == "" {
			break
		}

		words = append(words, strings.Fields(comment)...)
	}

	head := strings.Join(words, " ") + " "
	for _, end := range []string{". ", ": ", " ("} {
		head, _, _ = strings.Cut(head, end)
	}

	return strings.TrimSpace(head)
}
