// Package yamlnode reads the YAML that people write: whole documents with the lines of their
// faults, and numbers in one reading wherever they stand.
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

// SyntaxError says why text is not YAML. Line is 0 if it is unknown.
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

// Documents returns the roots of the documents in data, none if there is nothing but comments.
// Its error is a *SyntaxError.
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
// is an error, since nobody would read it.
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
	// yamlError is how the YAML package words a syntax error.
	yamlError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)
	// grammarError matches the messages of its parser; all others are of its scanner.
	grammarError = regexp.MustCompile(`^did not find expected (<|'|key|node)`)
)

// syntaxError finds the line at which data stops being YAML. The YAML package counts lines from 0
// in its parser and from 1 in its scanner, and leaves out a line 0; one more line before the data
// makes every line known, and one more than it is for the scanner.
func syntaxError(data []byte) *SyntaxError {
	decoder := yaml.NewDecoder(io.MultiReader(strings.NewReader("\n"), bytes.NewReader(data)))
	var err error
	for err == nil {
		err = decoder.Decode(new(yaml.Node))
	}

	// The package tells lines in the text of its errors only.
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

// decimal is an integer as people write it, zero-padded or not. The YAML package would take a
// leading zero for the mark of an octal number, as YAML 1.1 did.
var decimal = regexp.MustCompile(`^[-+]?[0-9][0-9_]*$`)

// Integer reads an integer: decimal, or after 0x, 0o and 0b of another base.
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
	// The package reads other bases, which the decimal form above has not matched.
	return v, n.ShortTag() == "!!int" && n.Decode(&v) == nil
}

// Number reads a number, an integer too; it may be infinite or NaN.
func Number(n *yaml.Node) (float64, bool) {
	if v, ok := Integer(n); ok {
		return float64(v), true
	}
	n = Resolve(n)
	var v float64
	return v, IsPlain(n) && slices.Contains([]string{"!!float", "!!int"}, n.ShortTag()) &&
		n.Decode(&v) == nil
}

// IsPlain reports whether a node is a scalar that may be a number: one without quotes.
func IsPlain(n *yaml.Node) bool {
	const quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	return n.Kind == yaml.ScalarNode && n.Style&quoted == 0
}

// Resolve returns the node that an alias stands for, any other node itself.
func Resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// IsNull reports whether a node holds nothing.
func IsNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

// Pairs ranges over the keys and values of a mapping.
func Pairs(mapping *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, value *yaml.Node) bool) {
		for i := 0; i < len(mapping.Content); i += 2 {
			if !yield(mapping.Content[i], mapping.Content[i+1]) {
				return
			}
		}
	}
}
