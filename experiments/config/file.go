package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// readFile returns the mapping that a YAML file holds. A file that is not YAML, or is something
// else than one mapping, gives Problems.
func readFile(files fs.FS, path string) (*yaml.Node, error) {
	stat, read := os.Stat, os.ReadFile
	if files != nil {
		stat = func(path string) (fs.FileInfo, error) { return fs.Stat(files, path) }
		read = func(path string) ([]byte, error) { return fs.ReadFile(files, path) }
	}
	if info, err := stat(path); err == nil && info.IsDir() {
		return nil, fmt.Errorf("config %s is a folder, want a YAML file", path)
	}
	data, err := read(path)
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	documents, problem := readDocuments(data)
	switch {
	case problem.Message != "":
	case len(documents) == 0 || isNull(documents[0]):
		problem = Problem{Message: "the file is empty, want " + rootMapping}
	case len(documents) > 1:
		problem.Message, problem.from.line = "a second document begins here, want one", documents[1].Line
	case documents[0].Kind != yaml.MappingNode:
		problem.Message = "got " + clip(show(documents[0])) + ", want " + rootMapping
		problem.from.line = documents[0].Line
	default:
		return documents[0], nil
	}
	problem.from.source = path
	return nil, Problems{problem}
}

const rootMapping = "a mapping of keys such as name, data, model, train"

// readDocuments returns the roots of the documents of a file.
func readDocuments(data []byte) (roots []*yaml.Node, problem Problem) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var document yaml.Node
		switch err := decoder.Decode(&document); {
		case errors.Is(err, io.EOF):
			return roots, Problem{}
		case err != nil:
			return nil, syntaxProblem(data)
		}
		roots = append(roots, document.Content[0])
	}
}

var (
	// yamlError is how the YAML package words a syntax error.
	yamlError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)
	// grammarError matches the messages of its parser; all others are of its scanner.
	grammarError = regexp.MustCompile(`^did not find expected (<|'|key|node)`)
)

// syntaxProblem says what keeps data from being YAML. The YAML package counts lines from 0 in
// its parser and from 1 in its scanner, and leaves out a line 0; one more line before the data
// makes every line known, and one more than it is for the scanner.
func syntaxProblem(data []byte) (p Problem) {
	decoder := yaml.NewDecoder(io.MultiReader(strings.NewReader("\n"), bytes.NewReader(data)))
	var err error
	for err == nil {
		err = decoder.Decode(new(yaml.Node))
	}
	p.Message = "not YAML: " + err.Error()
	if m := yamlError.FindStringSubmatch(err.Error()); m != nil {
		p.Message = "not YAML: " + m[2]
		p.from.line, _ = strconv.Atoi(m[1])
		if p.from.line > 0 && !grammarError.MatchString(m[2]) {
			p.from.line--
		}
	}
	return p
}
