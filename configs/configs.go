// Package configs contains the configuration files of this folder.
package configs

import (
	"embed"
	"io/fs"
	"path"
	"strings"
)

// Files holds the configuration files, by their paths below this folder.
//
//go:embed *.yaml paper/*.yaml beyond/*.yaml conv/*.yaml
var Files embed.FS

// extension is the extension of every file.
const extension = ".yaml"

// Names lists the names of the configurations, such as "quick" and "paper/depth", in the order of
// their paths.
func Names() []string {
	var names []string
	err := fs.WalkDir(Files, ".", func(file string, _ fs.DirEntry, err error) error {
		if path.Ext(file) == extension {
			names = append(names, strings.TrimSuffix(file, extension))
		}
		return err
	})
	if err != nil {
		panic(err) // the files are part of the program
	}

	return names
}

// Path returns the path in Files of a configuration, given by its name ("paper/depth") or its path
// in the project ("configs/paper/depth.yaml"), and reports whether it exists.
func Path(name string) (file string, ok bool) {
	inProject, cut := strings.CutPrefix(name, "configs/")
	if cut {
		name = strings.TrimSuffix(inProject, extension)
	}

	file = name + extension
	if !fs.ValidPath(file) {
		return "", false
	}

	_, err := fs.Stat(Files, file)

	return file, err == nil
}

// BuiltIn is the prefix of the paths in BuiltInFiles. It shows in messages that a file is not on
// this machine.
const BuiltIn = "built-in configs/"

// BuiltInFiles is Files with the prefix BuiltIn on every path.
var BuiltInFiles fs.FS = builtIn{}

type builtIn struct{}

// Open opens a file whose path begins with BuiltIn.
func (builtIn) Open(name string) (fs.File, error) {
	return Files.Open(strings.TrimPrefix(name, BuiltIn))
}
