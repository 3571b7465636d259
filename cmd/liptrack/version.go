package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/internal/linalg"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the versions of the program and its libraries, and the BLAS in use",
		Example: "  liptrack version",
		Args:    cobra.NoArgs,
		Run: func(cmd *cobra.Command, _ []string) {
			out := cmd.OutOrStdout()
			versions := experiments.Versions()
			for _, name := range slices.Sorted(maps.Keys(versions)) {
				fmt.Fprintf(out, "%-24s %s\n", name, versions[name])
			}

			blas := linalg.BLAS()
			fmt.Fprintf(out, "%-24s %s\n", "blas", blas)
			if blas.Path != "" {
				fmt.Fprintf(out, "%-24s %s\n", "blas library", blas.Path)
			}
			if blas.Hint != "" {
				fmt.Fprintf(out, "%-24s %s\n", "hint", blas.Hint)
			}
		},
	}
}
