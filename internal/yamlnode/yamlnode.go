// Package yamlnode reads YAML written by people: documents, with the line of every syntax error,
// and numbers, read in the same way everywhere.
package yamlnode

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// SyntaxError describes why text is not YAML. Line counts from 1; it is 0 if the line is unknown.
type SyntaxError struct {
	Line    int
	Message string
}

func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return "not YAML: " + e.Message
	}
	return fmt.Sprintf("line %d: not YAML: %s", e.Line, e.Message)
}

// Documents returns the roots of the documents in data, none if data has only comments. Its error
// is a *SyntaxError.
func Documents(data []byte) (roots []*yaml.Node, err error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var document yaml.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return roots, nil
		}
		if err != nil {
			return nil, syntaxError(data)
		}
		roots = append(roots, document.Content[0])
	}
}

// Document returns the root of the only document in data, nil if there is none. A second document
// is an error, since it would be ignored. The error is a *SyntaxError.
func Document(data []byte) (*yaml.Node, error) {
	roots, err := Documents(data)
	if err != nil || len(roots) == 0 {
		return nil, err
	}
	if len(roots) > 1 {
		return nil, &SyntaxError{
			Line:    roots[1].Line,
			Message: "a second document begins here, want one",
		}
	}
	return roots[0], nil
}

var (
	// yamlError matches a syntax error of the YAML package.
	yamlError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)
	// grammarError matches the messages of its parser; all others come from its scanner.
	grammarError = regexp.MustCompile(`^did not find expected (<|'|key|node)`)
)

// syntaxError returns the error with the line at which data stops being YAML. The YAML package
// counts lines from 0 in its parser and from 1 in its scanner, and does not print line 0. Parsing
// again with an empty line before the data makes it print every line; lines of the scanner are then
// one too large.
func syntaxError(data []byte) *SyntaxError {
	decoder := yaml.NewDecoder(io.MultiReader(strings.NewReader("\n"), bytes.NewReader(data)))
	var err error
	for err == nil {
		err = decoder.Decode(new(yaml.Node))
	}

	// The package gives the line only in the text of its errors.
	m := yamlError.FindStringSubmatch(err.Error())
	if m == nil {
		return &SyntaxError{Message: err.Error()}
	}

	line, _ := strconv.Atoi(m[1])
	if line > 0 && !grammarError.MatchString(m[2]) {
		line--
	}

	return &SyntaxError{Line: line, Message: m[2]}
}

// decimal matches an integer as people write it, zero-padded or not. The YAML package would read a
// leading zero as the prefix of an octal number, as in YAML 1.1.
var decimal = regexp.MustCompile(`^[-+]?[0-9][0-9_]*$`)

// Integer reads an integer: decimal, or with the prefix 0x, 0o or 0b in another base. It is not ok
// for quoted text.
func Integer(n *yaml.Node) (int64, bool) {
	n = Resolve(n)
	if !IsPlain(n) {
		return 0, false
	}
	if decimal.MatchString(n.Value) {
		v, err := strconv.ParseInt(strings.ReplaceAll(n.Value, "_", ""), 10, 64)
		return v, err == nil
	}
	var v int64
	// What is not decimal has another base, which the package can read.
	return v, n.ShortTag() == "!!int" && n.Decode(&v) == nil
}

// Number reads a number or an integer; it may be infinite or NaN.
func Number(n *yaml.Node) (float64, bool) {
	if v, ok := Integer(n); ok {
		return float64(v), true
	}
	n = Resolve(n)
	var v float64
	return v, IsPlain(n) && slices.Contains([]string{"!!float", "!!int"}, n.ShortTag()) &&
		n.Decode(&v) == nil
}

// IsPlain reports whether a node is a scalar without quotes, which may be a number.
func IsPlain(n *yaml.Node) bool {
	const quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	return n.Kind == yaml.ScalarNode && n.Style&quoted == 0
}

// Resolve returns the node that an alias refers to; it returns any other node unchanged.
func Resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// IsNull reports whether a node is null or empty.
func IsNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

// Pairs iterates over the keys and values of a mapping.
func Pairs(mapping *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, value *yaml.Node) bool) {
		for i := 0; i < len(mapping.Content); i += 2 {
			if !yield(mapping.Content[i], mapping.Content[i+1]) {
				return
			}
		}
	}
}
