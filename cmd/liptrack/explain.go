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

// explainError says of an error what may help: of an unknown command the one that was probably
// meant, of a flag that is missing the usage, of a file that is not there the one that is nearest.
func explainError(cmd *cobra.Command, args []string, err error) error {
	if err == nil {
		return nil
	}

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
		return fmt.Errorf("unknown command %s%s\n%q lists all",
			args[0], hint, "liptrack --help")
	}

	if hint := nearFile(args, err); hint != "" {
		return fmt.Errorf("%w%s", err, hint)
	}

	return err
}

// nearFile asks whether another file or folder was meant by a path among the arguments that leads
// nowhere; empty where none has a similar name.
func nearFile(args []string, err error) string {
	var failed *fs.PathError
	if !errors.As(err, &failed) || !errors.Is(failed.Err, fs.ErrNotExist) {
		return ""
	}

	path := failed.Path
	if !slices.ContainsFunc(args, func(arg string) bool {
		return strings.Contains(arg, path)
	}) {
		// Of the program's own, or within a folder that was given.
		return ""
	}

	// The first part of the path that is not there is the one that is misspelt.
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
