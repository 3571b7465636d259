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
	// folderFlags are the flags for folders that a command writes to and creates if necessary.
	folderFlags = []string{"dir", "keep", "png", "svg", "scratch"}
	// fileFlags are the flags for files that a command writes at its end. --output is listed by its
	// short name, since other flags called output mean something else.
	fileFlags = []string{"html", "csv", "o"}
)

// refusePlaces returns an error if a flag names a place where the command cannot write, so that no
// work is done in vain.
func refusePlaces(cmd *cobra.Command) error {
	// For TensorBoard, -o names a folder; for other formats, a file.
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

// checkFolder returns an error if a folder cannot exist at the path because the path or one of its
// parents is not a folder.
func checkFolder(path string) error {
	for {
		info, err := os.Stat(path)
		if err == nil && !info.IsDir() {
			return fmt.Errorf("%s is not a folder", path)
		}

		above := filepath.Dir(path)
		if err == nil || above == path {
			return nil
		}

		// No folder can be created at a dangling or circular link.
		_, isThere := os.Lstat(path)
		if isThere == nil {
			return err
		}

		path = above
	}
}
