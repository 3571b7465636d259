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

// loadConfig reads the configuration with a given name: a file, or else a built-in one. Environment
// variables may set keys.
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

// readConfig returns the text of the configuration with a given name.
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

// findConfig returns the file of a configuration and whether it is built in. A file on disk takes
// precedence, since it may be a modified copy.
func findConfig(name string) (file string, builtIn bool, err error) {
	info, statErr := os.Stat(name)
	// A folder must not hide a built-in configuration of the same name.
	if statErr == nil && !info.IsDir() {
		return name, false, nil
	}

	if file, found := configs.Path(name); found {
		return file, true, nil
	}

	// The reader reports that the file is a folder or cannot be accessed.
	if !os.IsNotExist(statErr) {
		return name, false, nil
	}

	return "", false, fmt.Errorf(
		"config %s: no such file, and no built-in configuration of this name%s\n"+
			"\"liptrack list configs\" lists the built-in ones; \"liptrack init\" writes a file to start from",
		name,
		nearConfig(name),
	)
}

// configFiles returns the YAML files whose paths without the extension match a pattern.
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

// nearConfig suggests the configuration, on disk or built in, that a misspelt name may have meant.
func nearConfig(name string) string {
	files := configFiles(filepath.Join(filepath.Dir(name), "*"))
	// A typing error in the whole name is likelier than a wrong folder.
	near := suggest.Nearest(name, append(files, configs.Names()...))
	if near != "" {
		return suggest.Question(near)
	}

	// Both "depth" and "papers/depth.yml" stand for paper/depth.
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
