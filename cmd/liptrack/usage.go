package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/liptrack/liptrack/internal/suggest"
)

// explainUsage makes all commands below root show their usage after a wrong number of arguments,
// and suggest a flag in place of an unknown one.
func explainUsage(root *cobra.Command) {
	root.SetFlagErrorFunc(explainFlag)
	for _, cmd := range root.Commands() {
		if cmd.Args == nil {
			continue
		}

		check, known := cmd.Args, cmd.ValidArgs
		// ValidArgsFunction completes arguments, and cobra only calls it if ValidArgs is nil.
		cmd.ValidArgs = nil
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if check(cmd, args) == nil {
				return nil
			}
			return usageError(cmd, args, known)
		}
	}
}

// helpColumns is the width of help texts if the output is not a terminal.
const helpColumns = 100

// wrapFlags makes help wrap the descriptions of flags at the width of the terminal.
func wrapFlags(root *cobra.Command) {
	cobra.AddTemplateFunc("wrapped", func(flags *pflag.FlagSet) string {
		width := terminalWidth(root.OutOrStdout())
		if width == 0 {
			width = helpColumns
		}
		return flags.FlagUsagesWrapped(width)
	})

	// cobra's template does not wrap descriptions, so its calls are replaced.
	usage := root.UsageTemplate()
	for _, flags := range []string{".LocalFlags", ".InheritedFlags"} {
		usage = strings.ReplaceAll(usage, flags+".FlagUsages", "wrapped "+flags)
	}
	root.SetUsageTemplate(usage)
}

// usageError returns an error with the arguments given, the nearest known argument, and the usage.
func usageError(cmd *cobra.Command, args, known []string) error {
	got, hint := "no argument", ""
	if len(args) > 0 {
		got = strings.Join(args, " ")
		hint = suggest.DidYouMean(args[0], known)
	}
	return withUsage(cmd, fmt.Sprintf("got %s%s", got, hint))
}

// withUsage returns an error that describes what is wrong and shows the usage of the command.
func withUsage(cmd *cobra.Command, wrong string) error {
	return fmt.Errorf("%s\nusage: %s\nfor details: %s",
		wrong, cmd.UseLine(), cmd.CommandPath()+" --help")
}

// explainFlag adds a suggestion to an error about an unknown flag.
func explainFlag(cmd *cobra.Command, err error) error {
	name, unknown := strings.CutPrefix(err.Error(), "unknown flag: --")
	if !unknown {
		return err
	}

	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			known = append(known, "--"+f.Name)
		}
	})
	return fmt.Errorf(
		"unknown flag --%s of %s%s",
		name,
		cmd.CommandPath(),
		suggest.DidYouMean("--"+name, known),
	)
}
