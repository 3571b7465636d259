package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/internal/suggest"
)

// explainError adds a hint to an error: the likely command for an unknown one, the usage for a
// missing flag, and a file with a similar name for a missing file.
func explainError(cmd *cobra.Command, args []string, err error) error {
	if err == nil {
		return nil
	}

	// These errors of cobra have no types, so they are recognised by their texts.
	said := err.Error()
	flags, missing := strings.CutPrefix(said, "required flag(s) ")
	if missing {
		flags = strings.ReplaceAll(strings.TrimSuffix(flags, " not set"), `"`, "")
		needs := strings.ReplaceAll(flags, ", ", ", --")
		return withUsage(cmd, fmt.Sprintf("%s needs --%s", cmd.CommandPath(), needs))
	}

	if strings.HasPrefix(said, "unknown command ") && len(args) > 0 {
		var names []string
		for _, c := range cmd.Root().Commands() {
			names = append(names, c.Name())
		}
		hint := suggest.DidYouMean(args[0], names)
		return fmt.Errorf("unknown command %s%s\nfor all commands: %s",
			args[0], hint, "liptrack --help")
	}

	if hint := nearFile(args, err); hint != "" {
		return fmt.Errorf("%w%s", err, hint)
	}

	return err
}

// nearFile suggests a file or folder with a similar name if the error is about a path in the
// arguments that does not exist. It returns "" if there is none.
func nearFile(args []string, err error) string {
	var failed *fs.PathError
	if !errors.As(err, &failed) || !errors.Is(failed.Err, fs.ErrNotExist) {
		return ""
	}

	path := failed.Path
	if !slices.ContainsFunc(args, func(arg string) bool {
		return strings.Contains(arg, path)
	}) {
		// The path was not given as such; it may lie within a given folder.
		return ""
	}

	// The first part of the path that does not exist is the misspelt one.
	missing, rest := path, ""
	for {
		parent := filepath.Dir(missing)
		_, err := os.Stat(parent)
		if err == nil || parent == missing {
			break
		}
		rest = filepath.Join(filepath.Base(missing), rest)
		missing = parent
	}

	entries, err := os.ReadDir(filepath.Dir(missing))
	if err != nil {
		return ""
	}

	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}

	near := suggest.Nearest(filepath.Base(missing), names)
	if near == "" {
		return ""
	}
	return suggest.Question(filepath.Join(filepath.Dir(missing), near, rest))
}
