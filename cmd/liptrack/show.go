package main

import (
	"encoding/json"
	"io"
	"os"
	"regexp"

	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/plots"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/plots/terminal"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

func showCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "show PATH…",
		ValidArgsFunction: completeRuns,
		Short:             "Show the results of one run or several in the terminal",
		Long: `Print a table with small curves: for one run, a line for each metric; for several, a line for each
run, with the keys in which they differ. A PATH is a series file, the folder of a run, or a folder
whose runs are all included: of one experiment or of several.

With --json each run is one line of JSON, whose field names never change; NaN and infinities are
strings. NO_COLOR turns off bold headings and coloured states; without a UTF-8 locale the output is
plain ASCII.`,
		Example: `  liptrack show runs/demo
  liptrack show runs/demo/64-seed42-*
  liptrack show runs/demo --json | jq -r '[.run, .lower_bound] | @tsv'`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var tables []*series.Table
			err := readRuns(cmd, args, func(r rundir.Record) error {
				tables = append(tables, r.Table)
				return nil
			})
			if err != nil {
				return err
			}
			if asJSON {
				return printDigests(cmd.OutOrStdout(), tables)
			}
			return terminal.Show(
				cmd.OutOrStdout(),
				tables,
				terminalOptions(cmd.OutOrStdout(), os.Getenv),
			)
		},
	}

	cmd.Flags().BoolVar(&asJSON, "json", false, "print a line of JSON for each run")

	return cmd
}

func printDigests(w io.Writer, tables []*series.Table) error {
	enc := json.NewEncoder(w)
	for _, t := range runset.Ordered(tables) {
		err := enc.Encode(plots.DigestOf(t))
		if err != nil {
			return err
		}
	}
	return nil
}

var utf8Locale = regexp.MustCompile(`(?i)utf-?8`)

// terminalOptions returns what the writer can display: its width if it is a terminal, Unicode
// depending on the locale, and styles unless NO_COLOR is set or the terminal is dumb.
func terminalOptions(w io.Writer, env func(string) string) terminal.Options {
	var o terminal.Options
	// The first variable that is set decides, as in setlocale of the C library.
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := env(name); locale != "" {
			o.Unicode = utf8Locale.MatchString(locale)
			break
		}
	}

	if !isTerminal(w) {
		return o
	}

	// By the convention of no-color.org, a non-empty NO_COLOR turns colours off.
	o.Styled = env("NO_COLOR") == "" && env("TERM") != "dumb"
	o.Width = terminalWidth(w)

	return o
}

// terminalWidth returns the number of columns of a terminal, and 0 for any other writer.
func terminalWidth(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}

	// GetSize fails if the file is not a terminal.
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}

	return width
}
