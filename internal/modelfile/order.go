package modelfile

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/internal/input"
)

// numbered is a layer's name split into text and numbers.
type numbered struct {
	text    string   // with # in place of each number
	numbers []string // without leading zeros
}

var digits = regexp.MustCompile(`\d+`)

func takeNumbers(name string) numbered {
	n := numbered{text: digits.ReplaceAllString(name, "#")}
	for _, number := range digits.FindAllString(name, -1) {
		n.numbers = append(n.numbers, strings.TrimLeft(number, "0"))
	}
	return n
}

// compare orders names that differ only in their numbers.
func (n numbered) compare(other numbered) int {
	return slices.CompareFunc(n.numbers, other.numbers, func(a, b string) int {
		// Without leading zeros, a number with more digits is larger.
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
	})
}

// sortLayers sorts layers by the numbers in their names. It is an error if the names differ in
// anything else, since neither alphabetical order nor the order in the file is reliable.
func sortLayers(layers []*parameters) error {
	names := map[*parameters]numbered{}
	for _, p := range layers {
		names[p] = takeNumbers(p.layer)
	}

	firstNumber(layers, names)

	slices.SortStableFunc(layers, func(a, b *parameters) int {
		return names[a].compare(names[b])
	})
	for i := 1; i < len(layers); i++ {
		// The order is unknown if numbers are equal or the names differ in more than numbers.
		before, here := names[layers[i-1]], names[layers[i]]
		if before.text != here.text || before.compare(here) == 0 {
			return orderUnknown(layers)
		}
	}

	return nil
}

// firstNumber adds a number to the name of the only layer without one among numbered layers: fc,
// fc2, fc3 are 1, 2, 3, and the Keras names dense, dense_1, dense_2 are 0, 1, 2.
func firstNumber(layers []*parameters, names map[*parameters]numbered) {
	i := slices.IndexFunc(layers, func(p *parameters) bool {
		return !slices.ContainsFunc(layers, func(other *parameters) bool {
			return other != p && len(names[other].numbers) != len(names[p].numbers)+1
		})
	})

	if i < 0 || len(layers) < 2 {
		return
	}

	bare, others := layers[i], slices.Delete(slices.Clone(layers), i, i+1)
	common := names[others[0]]

	for k := range common.numbers {
		text, separated := withoutNumber(common.text, k)
		if text != names[bare].text {
			continue
		}

		// PyTorch users write fc, fc2, fc3; Keras writes dense, dense_1, dense_2.
		first := 2
		if separated && bare.inOut {
			first = 1
		}

		// If there were a gap, the bare name could belong there.
		if countsFrom(first, others, names, k) {
			number := strings.TrimLeft(fmt.Sprint(first-1), "0")
			names[bare] = numbered{
				common.text,
				slices.Insert(slices.Clone(names[bare].numbers), k, number),
			}
		}

		return
	}
}

// withoutNumber removes the k-th number of a name and the separator before it, if any.
func withoutNumber(text string, k int) (rest string, separated bool) {
	parts := strings.SplitN(text, "#", k+2)
	before := strings.Join(parts[:k+1], "#")
	trimmed := strings.TrimRight(before, "_-")
	return trimmed + parts[k+1], trimmed != before
}

// countsFrom reports whether the k-th numbers of the layers' names are first, first+1, … without a
// gap, and the names are equal up to them.
func countsFrom(first int, layers []*parameters, names map[*parameters]numbered, k int) bool {
	seen := map[string]bool{}
	for _, p := range layers {
		n := names[p]
		if n.text != names[layers[0]].text ||
			slices.Compare(n.numbers[:k], names[layers[0]].numbers[:k]) != 0 {
			return false
		}

		seen[n.numbers[k]] = true
	}

	for i := range layers {
		if !seen[fmt.Sprint(first+i)] {
			return false
		}
	}

	return true
}

// orderUnknown returns an error that asks the user for the order of the layers.
func orderUnknown(layers []*parameters) error {
	var names []string
	for _, p := range layers {
		names = append(names, p.name())
	}
	slices.Sort(names)
	return fmt.Errorf(
		"the order of the layers does not follow from their names: %s. "+
			"Specify it, first layer first, for example with --layers "+
			"%s",
		input.QuoteNames(names),
		input.Printable(strings.Join(names, ",")),
	)
}

// chooseLayers returns the layers that the user named, in that order. Others are left out with a
// note.
func (m *model) chooseLayers(layers []*parameters, names []string) ([]*parameters, error) {
	var chosen []*parameters
	for _, name := range names {
		i := slices.IndexFunc(layers, func(p *parameters) bool {
			// Users write fc1.weight or fc1.
			return p.name() == name || strings.TrimRight(p.layer, "./_- ") == name
		})

		if i < 0 {
			return nil, fmt.Errorf(
				"there is no layer %s: %w",
				input.Quote(name),
				orderUnknown(layers),
			)
		}

		if slices.Contains(chosen, layers[i]) {
			return nil, fmt.Errorf("layer %s is given twice", input.Quote(name))
		}

		chosen = append(chosen, layers[i])
	}

	var left []string
	for _, p := range layers {
		if !slices.Contains(chosen, p) {
			left = append(left, p.name())
		}
	}

	if left != nil {
		m.addNote("layers left out, since they were not given: %s",
			input.QuoteNames(left))
	}

	return chosen, nil
}

var errLayersGiven = errors.New("the order of layers was given, but the file specifies it itself")
