package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// firstConfig is the template of the configuration that init writes.
//
//go:embed first.yaml
var firstConfig string

func initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a first configuration, with comments",
		Long: `Write a configuration that trains a small network, with comments on what to change, to FILE (default
experiment.yaml). The experiment is named after the file. An existing file is not overwritten.`,
		Example: `  liptrack init
  liptrack init widths.yaml && liptrack train widths.yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file := "experiment.yaml"
			if len(args) == 1 {
				file = args[0]
			}

			err := writeFirstConfig(file)
			if err != nil {
				return err
			}

			cmd.PrintErrf(
				"wrote %s; to train it: %s\n",
				file,
				commandLine([]string{"liptrack", "train", file}),
			)

			return nil
		},
	}
}

// unfitForName matches characters that the name of an experiment cannot contain.
var unfitForName = regexp.MustCompile(`^[^A-Za-z0-9]+|[^A-Za-z0-9._-]+`)

// writeFirstConfig writes the first configuration to a new file. It fails if the file exists.
func writeFirstConfig(file string) error {
	ext := filepath.Ext(file)
	if ext != ".yaml" && ext != ".yml" {
		return fmt.Errorf("init %s: want a file name that ends in .yaml", file)
	}

	const longest = 100
	name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	name = unfitForName.ReplaceAllString(name, "")
	name = name[:min(len(name), longest)]
	// Nothing is left of a name without ASCII letters and digits.
	if name == "" {
		name = "first"
	}

	// O_EXCL prevents overwriting a file that may have been written by hand.
	text := strings.ReplaceAll(firstConfig, "FILE", filepath.Base(file))
	text = strings.Replace(text, "NAME", name, 1)

	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf(
			"init %s: the file already exists and is not overwritten; name another one",
			file,
		)
	}
	if err != nil {
		return fmt.Errorf("init: %w", err)
	}

	_, err = out.WriteString(text)
	// A partly written file would make the next attempt fail.
	if err = errors.Join(err, out.Close()); err != nil {
		return errors.Join(fmt.Errorf("init: %w", err), os.Remove(file))
	}

	return nil
}
