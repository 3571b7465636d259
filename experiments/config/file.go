package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/internal/yamlnode"
)

// readFile returns the contents of a file.
func readFile(files fs.FS, path string) ([]byte, error) {
	stat, read := os.Stat, input.ReadText
	if files != nil {
		stat = func(path string) (fs.FileInfo, error) {
			return fs.Stat(files, path)
		}
		read = func(path string) ([]byte, error) {
			return input.ReadTextIn(files, path)
		}
	}

	// The error for reading a folder would not say what to do.
	if info, err := stat(path); err == nil && info.IsDir() {
		return nil, fmt.Errorf("config %s is a folder, want a YAML file", path)
	}

	data, err := read(path)
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}

	return data, nil
}

// parseFile returns the mapping in the text of a YAML file. It returns Problems if the text is not
// YAML or is not exactly one mapping.
func parseFile(data []byte, path string) (*yaml.Node, error) {
	documents, err := yamlnode.Documents(data)
	var problem Problem
	var syntax *yamlnode.SyntaxError
	switch {
	case errors.As(err, &syntax):
		problem.Message, problem.from.line = "not YAML: "+syntax.Message, syntax.Line
	case len(documents) == 0 || yamlnode.IsNull(documents[0]):
		problem = Problem{Message: "the file is empty, want " + rootMapping}
	case len(documents) > 1:
		problem.Message, problem.from.line = "a second document begins here, want one", documents[1].Line
	case documents[0].Kind != yaml.MappingNode:
		problem.Message = "got " + settings.Clip(settings.Show(documents[0])) + ", want " + rootMapping
		problem.from.line = documents[0].Line
	default:
		return documents[0], nil
	}

	problem.from.source = path

	return nil, Problems{problem}
}

const rootMapping = "a mapping of keys such as name, data, model, train"
