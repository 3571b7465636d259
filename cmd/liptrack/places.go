package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/liptrack/liptrack/internal/wholefile"
)

var (
	// folderFlags name folders that a command writes to, and makes if they are not there.
	folderFlags = []string{"dir", "keep", "png", "svg", "scratch"}
	// fileFlags name files that a command writes at its end. Others say something else by
	// --output, so that this one goes by its short name.
	fileFlags = []string{"html", "csv", "o"}
)

// refusePlaces returns an error for a flag that names a place where the command could not write,
// before it works for what it would then have to give up.
func refusePlaces(cmd *cobra.Command) error {
	// TensorBoard has a folder of files, of a name that other formats take for a file's.
	format, _ := cmd.Flags().GetString("format")

	var refused error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		var err error
		switch value := f.Value.String(); {
		case slices.Contains(folderFlags, f.Name):
			err = checkFolder(value)
		case f.Name == "html" && value == noPage, f.Shorthand == "o" && format == tensorboard:
		case slices.Contains(fileFlags, f.Name), slices.Contains(fileFlags, f.Shorthand):
			err = wholefile.Check(value)
		}

		if err != nil && refused == nil {
			refused = fmt.Errorf("--%s: %w", f.Name, err)
		}
	})

	return refused
}

// checkFolder returns an error if something else than a folder stands where one is to be, or where
// one above it is to be.
func checkFolder(path string) error {
	for {
		info, err := os.Stat(path)
		if err == nil && !info.IsDir() {
			return fmt.Errorf("%s is no folder", path)
		}

		above := filepath.Dir(path)
		if err == nil || above == path {
			return nil
		}

		// Of a link that leads nowhere, or in a circle, no folder can be made.
		_, isThere := os.Lstat(path)
		if isThere == nil {
			return err
		}

		path = above
	}
}
