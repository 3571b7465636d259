package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/configs"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/reproduction"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// goesOn makes the shell append no blank to a word that the user continues, and propose no files.
const goesOn = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace

// completeFlags registers completions for the flags of all commands below root. Each command itself
// defines completions for its arguments.
func completeFlags(root *cobra.Command) {
	for _, cmd := range root.Commands() {
		for _, flag := range []string{"metrics", "best-by", "sweep"} {
			completeFlag(cmd, flag, completeMetrics)
		}

		completeFlag(cmd, "format", completeFrom(tableFormats()...))
		completeFlag(cmd, "names", completeFrom("own", "paper"))
	}
}

// tableFormats returns the names of the table formats.
func tableFormats() []string {
	var names []string
	for _, t := range tableWriters {
		names = append(names, t.name)
	}
	return names
}

// completeFrom proposes those words that begin with the typed text, or else files.
func completeFrom(words ...string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		return beginning(word, words), cobra.ShellCompDirectiveDefault
	}
}

// completeFlag registers the completion of a flag, if the command has the flag.
func completeFlag(cmd *cobra.Command, flag string, complete cobra.CompletionFunc) {
	if cmd.Flag(flag) != nil {
		cobra.CheckErr(cmd.RegisterFlagCompletionFunc(flag, complete))
	}
}

// completeConfig proposes a configuration, built in or a file, as the first argument, and key=value
// after it.
func completeConfig(
	_ *cobra.Command,
	args []string,
	word string,
) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return completeKey(word)
	}

	words := append(beginning(word, configs.Names()), configFiles(word+"*")...)
	if len(words) == 0 {
		return foldersWith(word, func(string) bool { return true })
	}

	return words, cobra.ShellCompDirectiveNoFileComp
}

// completeKey proposes keys and, after =, the choices of a key.
func completeKey(word string) ([]string, cobra.ShellCompDirective) {
	key, _, hasValue := strings.Cut(word, "=")
	if !hasValue {
		var words []string
		for _, k := range config.Keys() {
			// Shells show the text after a tab as a description.
			words = append(words, k.Key+"=\t"+k.Doc)
		}
		return beginning(word, words), goesOn
	}

	var words []string
	for _, choice := range config.Choices(key) {
		words = append(words, key+"="+choice)
	}

	return beginning(word, words), cobra.ShellCompDirectiveNoFileComp
}

// completeRuns proposes folders of runs and their parent folders.
func completeRuns(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	return foldersWith(word, func(folder string) bool {
		found, err := rundir.Find(folder)
		return err == nil && len(found) > 0
	})
}

// foldersWith proposes the folders that begin with the typed path and pass a test.
func foldersWith(
	word string,
	passes func(folder string) bool,
) ([]string, cobra.ShellCompDirective) {
	entries, err := filepath.Glob(word + "*")
	if err != nil {
		return nil, goesOn
	}

	var folders []string
	for _, entry := range entries {
		info, err := os.Stat(entry)
		hidden := strings.HasPrefix(filepath.Base(entry), ".")
		if err == nil && info.IsDir() && !hidden && passes(entry) {
			folders = append(folders, entry+string(filepath.Separator))
		}
	}

	return folders, goesOn
}

// completeExperiments proposes the arguments of reproduce.
func completeExperiments(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	return beginning(
		word,
		append([]string{"all"}, reproduction.Names()...),
	), cobra.ShellCompDirectiveNoFileComp
}

// completeList proposes the lists as the first argument, and the items of the list after it.
func completeList(
	_ *cobra.Command,
	args []string,
	word string,
) ([]string, cobra.ShellCompDirective) {
	var words []string
	for _, l := range lists {
		switch {
		case len(args) == 0:
			words = append(words, l.name+"\t"+l.about)
		case len(args) == 1 && l.name == args[0]:
			for _, one := range l.items() {
				words = append(words, one.name+"\t"+one.about)
			}
		}
	}

	return beginning(word, words), cobra.ShellCompDirectiveNoFileComp
}

// completeMetrics proposes the metrics of the first run among the arguments, or in the folder runs.
// In a comma-separated list it completes the last element.
func completeMetrics(
	_ *cobra.Command,
	args []string,
	word string,
) ([]string, cobra.ShellCompDirective) {
	// The user may complete a flag before typing a run.
	if len(args) == 0 {
		args = []string{"runs"}
	}

	found, err := rundir.Find(args...)
	if err != nil || len(found) == 0 {
		return nil, goesOn
	}

	record, err := rundir.ReadRecord(found[0])
	if err != nil {
		return nil, goesOn
	}

	// Shells replace the whole word, so the text before the last comma is repeated.
	before := word[:strings.LastIndex(word, ",")+1]
	var words []string
	for _, metric := range record.Table.Metrics() {
		words = append(words, before+metric)
	}

	return beginning(word, words), goesOn
}

// beginning returns the words that begin with a prefix.
func beginning(prefix string, words []string) []string {
	return slices.DeleteFunc(
		slices.Clone(words),
		func(word string) bool { return !strings.HasPrefix(word, prefix) },
	)
}
