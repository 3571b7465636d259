// Package configs contains the configuration files of this folder.
package configs

import (
	"embed"
	"io/fs"
	"path"
	"strings"
)

// Files are the configuration files by their paths below this folder.
//
//go:embed *.yaml paper/*.yaml beyond/*.yaml conv/*.yaml
var Files embed.FS

// extension ends the name of every file.
const extension = ".yaml"

// Names lists the configurations, as "quick" and "paper/depth", in the order of their paths.
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

// Path returns the path in Files of a configuration, given by its name ("paper/depth") or by where
// it is in the project ("configs/paper/depth.yaml"), and whether there is one.
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

// BuiltIn begins the paths of BuiltInFiles, so that a message about one of them tells that it is
// no file of this machine.
const BuiltIn = "built-in configs/"

// BuiltInFiles has Files by paths that begin with BuiltIn.
var BuiltInFiles fs.FS = builtIn{}

type builtIn struct{}

// Open opens a file whose path begins with BuiltIn.
func (builtIn) Open(name string) (fs.File, error) {
	return Files.Open(strings.TrimPrefix(name, BuiltIn))
}
