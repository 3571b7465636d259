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

// numbered is a layer's name with its numbers taken out.
type numbered struct {
	text    string   // with # for each number
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

// compare orders names that differ in numbers alone.
func (n numbered) compare(other numbered) int {
	return slices.CompareFunc(n.numbers, other.numbers, func(a, b string) int {
		// Without leading zeros the longer number is the larger one, however many digits it has.
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
	})
}

// sortLayers brings layers into the order of the numbers in their names, which must be all in
// which the names differ. Nothing else tells the order: neither that of the alphabet nor that in
// which a file was written.
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
		// Equal numbers, or names that differ in more than numbers, leave the order open.
		before, here := names[layers[i-1]], names[layers[i]]
		if before.text != here.text || before.compare(here) == 0 {
			return orderUnknown(layers)
		}
	}

	return nil
}

// firstNumber gives its number to the one layer that has none beside numbered ones: fc, fc2, fc3
// are 1, 2, 3; and of Keras's names for kernels, dense, dense_1, dense_2 are 0, 1, 2.
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

		// PyTorch users count fc, fc2, fc3; Keras counts dense, dense_1, dense_2.
		first := 2
		if separated && bare.inOut {
			first = 1
		}

		// A gap may hide a layer, so the bare name could belong there.
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

// withoutNumber leaves out the k-th number of a name and a separator before it.
func withoutNumber(text string, k int) (rest string, separated bool) {
	parts := strings.SplitN(text, "#", k+2)
	before := strings.Join(parts[:k+1], "#")
	trimmed := strings.TrimRight(before, "_-")
	return trimmed + parts[k+1], trimmed != before
}

// countsFrom says whether the k-th numbers of names that differ in nothing else are first,
// first+1, … without a gap.
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

// orderUnknown returns the error that asks for the order of the layers.
func orderUnknown(layers []*parameters) error {
	var names []string
	for _, p := range layers {
		names = append(names, p.name())
	}
	slices.Sort(names)
	return fmt.Errorf(
		"the names of the layers do not say in which order they follow each other: %s. "+
			"Give the order, first layer first, as in --layers "+
			"%s",
		input.QuoteNames(names),
		input.Printable(strings.Join(names, ",")),
	)
}

// chooseLayers returns the layers that the user names, in that order. Others are left out.
func (m *model) chooseLayers(layers []*parameters, names []string) ([]*parameters, error) {
	var chosen []*parameters
	for _, name := range names {
		i := slices.IndexFunc(layers, func(p *parameters) bool {
			// Users name a layer as fc1.weight or fc1.
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
		m.note("layers left out, as they are not among those given: %s",
			input.QuoteNames(left))
	}

	return chosen, nil
}

var errLayersGiven = errors.New("the order of layers is given, but the file says it itself")
