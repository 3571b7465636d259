package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/liptrack/liptrack/configs"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/suggest"
)

// loadConfig reads the configuration that a user names: a file, or else one that the program
// contains. Variables of the environment set keys.
func loadConfig(name string, o config.Options) (*config.Experiment, error) {
	file, builtIn, err := findConfig(name)
	if err != nil {
		return nil, err
	}

	if builtIn {
		file = configs.BuiltIn + file
		o.Files = configs.BuiltInFiles
	}

	o.Environment = os.Environ()

	return config.Load(file, o)
}

// readConfig returns the text of the configuration that a user names.
func readConfig(name string) ([]byte, error) {
	file, builtIn, err := findConfig(name)
	switch {
	case err != nil:
		return nil, err
	case builtIn:
		return fs.ReadFile(configs.Files, file)
	default:
		return input.ReadText(file)
	}
}

// findConfig returns the file of a configuration, and whether it is one that the program contains.
// A file of this machine comes first: it may be a changed copy.
func findConfig(name string) (file string, builtIn bool, err error) {
	info, statErr := os.Stat(name)
	// A folder named like a configuration of the program must not hide that one.
	if statErr == nil && !info.IsDir() {
		return name, false, nil
	}

	if file, found := configs.Path(name); found {
		return file, true, nil
	}

	// A folder, and what cannot be looked at, are explained by who reads it.
	if !os.IsNotExist(statErr) {
		return name, false, nil
	}

	return "", false, fmt.Errorf(
		"config %s: no such file, nor a configuration that the program contains%s\n"+
			"\"liptrack list configs\" lists those, \"liptrack init\" writes a file to begin with",
		name,
		nearConfig(name),
	)
}

// configFiles lists the files of this machine that a pattern fits but for their ending.
func configFiles(pattern string) []string {
	var files []string
	for _, ending := range []string{".yaml", ".yml"} {
		found, err := filepath.Glob(pattern + ending)
		if err == nil {
			files = append(files, found...)
		}
	}
	return files
}

// nearConfig proposes the configuration, of this machine or of the program, that a name may have
// meant.
func nearConfig(name string) string {
	files := configFiles(filepath.Join(filepath.Dir(name), "*"))
	// A slip in the whole name is likelier than another folder.
	near := suggest.Nearest(name, append(files, configs.Names()...))
	if near != "" {
		return suggest.Question(near)
	}

	// "depth" means paper/depth, as does "papers/depth.yml".
	last := path.Base(filepath.ToSlash(name))
	last = last[:len(last)-len(path.Ext(last))]
	byLast := map[string]string{}
	var lasts []string
	for _, known := range configs.Names() {
		byLast[path.Base(known)] = known
		lasts = append(lasts, path.Base(known))
	}

	return suggest.Question(byLast[suggest.Nearest(last, lasts)])
}
