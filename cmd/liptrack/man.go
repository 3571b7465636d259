package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// manCommand returns the hidden command that writes manual pages for packagers ("make man").
func manCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "man FOLDER",
		Short:   "Write manual pages of all commands into a folder",
		Example: "  liptrack man man/man1",
		Hidden:  true,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}

			// The pages are generated through Markdown, where <name> would be a tag.
			for _, documented := range append(cmd.Root().Commands(), cmd.Root()) {
				documented.Long = strings.ReplaceAll(documented.Long, "<", `\<`)
			}

			header := &doc.GenManHeader{
				Title:   "LIPTRACK",
				Section: "1",
				Source:  "liptrack " + cmd.Root().Version,
				Manual:  "liptrack",
			}
			cmd.Root().DisableAutoGenTag = true // a date would make pages of the same version differ
			err := doc.GenManTree(cmd.Root(), header, args[0])
			if err != nil {
				return fmt.Errorf("manual pages in %s: %w", args[0], err)
			}
			return nil
		},
	}
}
