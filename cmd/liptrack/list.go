package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/audit"
	"github.com/liptrack/liptrack/configs"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/internal/suggest"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker"
	"github.com/liptrack/liptrack/trainer"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// item is one entry of a list.
type item struct {
	name  string
	cells []string // short values such as a default
	about string   // a sentence, wrapped in a terminal
	more  string   // shown below that in a terminal, such as choices
}

// listing is a list that the command can print.
type listing struct {
	name, about string
	headings    []string // of the columns; nil if they are self-explanatory
	items       func() []item
}

// lists holds all lists that the command can print.
var lists = []listing{
	{"metrics", "what the tracker measures, and how the cost grows", nil, metricItems},
	{"datasets", "data sets and file formats", nil, datasetItems},
	{
		"configs",
		"built-in configurations; with a full name, the text of that configuration",
		nil,
		configItems,
	},
	{"keys", "every configuration key: type, default, allowed values, meaning", nil, keyItems},
	{"activations", "activation functions and the range of their slopes", nil, activationItems},
	{"schedules", "the paper's learning-rate schedules by name", nil, scheduleItems},
	{"checks", "the checks of an audit, and the limits beyond which they need attention or fail",
		[]string{"check", "good if", "attention", "fail", "meaning"}, checkItems},
}

func listCommand() *cobra.Command {
	var names, about []string
	for _, l := range lists {
		names = append(names, l.name)
		about = append(about, fmt.Sprintf("  %-12s %s", l.name, l.about))
	}

	return &cobra.Command{
		Use:               "list {" + strings.Join(names, "|") + "} [PREFIX]",
		ValidArgsFunction: completeList,
		Short:             "List metrics, data sets, configurations, configuration keys, …",
		Long: "List one of:\n" + strings.Join(about, "\n") + `

The costs of metrics grow with
` + tracker.GrowthLetters + `.

PREFIX selects the items whose names begin with it. On a terminal, lines are wrapped to its width;
elsewhere each item is one line, for grep.`,
		Example: `  liptrack list metrics
  liptrack list keys data.
  liptrack list keys | grep schedule
  liptrack list configs quick > mine.yaml`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 || !slices.Contains(names, args[0]) {
				return errors.New("want the name of a list and at most one prefix")
			}
			return nil
		},
		ValidArgs: names,
		RunE: func(cmd *cobra.Command, args []string) error {
			prefix := ""
			if len(args) == 2 {
				prefix = args[1]
			}
			return list(cmd.OutOrStdout(), args[0], prefix, terminalWidth(cmd.OutOrStdout()))
		},
	}
}

// list prints the items of a list that begin with a prefix, in lines of a width; 0 means unlimited.
func list(w io.Writer, name, prefix string, width int) error {
	// A full name prints the text, as in liptrack list configs quick > mine.yaml.
	file, found := configs.Path(prefix)
	if found && name == "configs" {
		text, err := fs.ReadFile(configs.Files, file)
		if err != nil {
			return err
		}

		_, err = w.Write(text)

		return err
	}

	i := slices.IndexFunc(lists, func(l listing) bool {
		return l.name == name
	})

	var some []item
	var names []string
	for _, one := range lists[i].items() {
		names = append(names, one.name)
		if strings.HasPrefix(one.name, prefix) {
			some = append(some, one)
		}
	}

	// A prefix without matches is probably misspelt.
	if len(some) == 0 {
		return fmt.Errorf(
			"none of the %s begins with %s%s",
			name,
			prefix,
			suggest.DidYouMean(prefix, names),
		)
	}

	return printItems(w, lists[i].headings, some, width)
}

func metricItems() (items []item) {
	for _, m := range slices.Concat(config.TrainerMetrics, tracker.Metrics) {
		by := "on request"
		if m.Default {
			by = "default"
		}
		items = append(
			items,
			item{
				name:  m.Name,
				cells: []string{by},
				about: m.About + ". Cost grows as " + m.Growth,
			},
		)
	}
	return items
}

func datasetItems() (items []item) {
	for _, s := range dataset.Sources {
		items = append(items, item{name: s.Name, about: s.About})
	}
	return items
}

func keyItems() (items []item) {
	for _, k := range config.Keys() {
		byDefault := "default " + k.Default
		if k.Default == "required" {
			byDefault = k.Default
		}
		items = append(items, item{
			name:  k.Key,
			cells: []string{byDefault},
			about: k.Doc,
			more:  strings.TrimSpace(k.Type + " " + k.Allowed),
		})
	}
	return items
}

func activationItems() (items []item) {
	const exampleSlope = 0.01
	for _, name := range network.ActivationNames() {
		a, _ := network.ParseActivation(name, exampleSlope) // the name is known
		low, high := a.SlopeRange()
		items = append(
			items,
			item{name: a.String(), about: fmt.Sprintf("slope in [%.4g, %.4g]", low, high)},
		)
	}

	return items
}

func checkItems() (items []item) {
	for _, c := range audit.Checks() {
		good := "large"
		if c.AtMost {
			good = "small"
		}
		cells := []string{good, limitOrOff(c.Attention), limitOrOff(c.Fail)}
		items = append(items, item{name: c.Name, cells: cells, about: c.About})
	}
	return items
}

func limitOrOff(v float64) string {
	if math.IsNaN(v) {
		return "off"
	}
	return fmt.Sprint(v)
}

func scheduleItems() (items []item) {
	for _, name := range trainer.PaperScheduleNames() {
		s, _ := trainer.PaperSchedule(name)
		items = append(items, item{name: name, about: s.String()})
	}
	return items
}

// configItems describes each configuration by the beginning of its leading comment.
func configItems() (items []item) {
	for _, name := range configs.Names() {
		text, _ := fs.ReadFile(configs.Files, name+".yaml") // it is embedded
		items = append(items, item{name: name, about: subject(string(text))})
	}
	return items
}

// subject returns the beginning of the leading comment of a configuration, up to the end of a
// sentence, a colon or a parenthesis.
func subject(text string) string {
	var words []string
	// The comment ends at the first line that is not a comment.
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
