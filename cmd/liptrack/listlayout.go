package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

const (
	columnGap   = 2  // between columns
	hangingStep = 4  // by which lines below a name are indented
	leastAbout  = 36 // columns that a sentence needs beside others
	leastWidth  = 30 // of a terminal that lines are fitted to
)

// printItems prints a list in lines of a width, or, for width 0, one line for each item.
func printItems(w io.Writer, headings []string, items []item, width int) error {
	rows := make([][]string, 0, len(items)+1)
	if len(headings) > 0 {
		rows = append(rows, headings)
	}

	// What is said below the sentence needs the stacked form for all items.
	hasMore := false
	for _, one := range items {
		row := append([]string{one.name}, one.cells...)
		if one.more != "" {
			hasMore = true
			row = append(row, one.more)
		}

		rows = append(rows, append(row, one.about))
	}

	// A narrower terminal gets lines of this width, which it breaks by itself.
	if width > 0 {
		width = max(width, leastWidth)
	}

	// Sentences stand beside the other columns where there is room for them, else below.
	switch about := width - startOfLast(rows); {
	case width == 0:
		return printTable(w, rows)
	case hasMore || about < leastAbout:
		return printStacked(w, headings, items, width)
	default:
		return printTable(w, wrapLast(rows, about))
	}
}

// printTable prints aligned rows.
func printTable(w io.Writer, rows [][]string) error {
	table := tabwriter.NewWriter(w, 0, 0, columnGap, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	return table.Flush()
}

// startOfLast returns the column at which the last cells of aligned rows begin.
func startOfLast(rows [][]string) int {
	start := 0
	for column := range len(rows[0]) - 1 {
		widest := 0
		for _, row := range rows {
			widest = max(widest, utf8.RuneCountInString(row[column]))
		}

		start += widest + columnGap
	}

	return start
}

// wrapLast breaks the last cell of each row into lines of a width, which are rows of their own.
func wrapLast(rows [][]string, width int) [][]string {
	var wrapped [][]string
	for _, row := range rows {
		last := len(row) - 1
		for i, line := range wrapWords(row[last], width) {
			cells := make([]string, last+1)
			if i == 0 {
				copy(cells, row[:last])
			}

			cells[last] = line
			wrapped = append(wrapped, cells)
		}
	}

	return wrapped
}

// printStacked prints each item as its name and cells, with the rest below.
func printStacked(w io.Writer, headings []string, items []item, width int) error {
	indent := strings.Repeat(" ", hangingStep)
	var lines []string
	for _, one := range items {
		head := one.name
		var cells []string
		for i, cell := range one.cells {
			if len(headings) > 0 {
				cell = headings[i+1] + " " + cell
			}

			cells = append(cells, cell)
		}

		if len(cells) > 0 {
			head += " (" + strings.Join(cells, ", ") + ")"
		}

		for i, line := range wrapWords(head, width-hangingStep) {
			if i > 0 {
				line = indent + line
			}
			lines = append(lines, line)
		}

		below := slices.Concat(
			wrapWords(one.about, width-hangingStep),
			wrapWords(one.more, width-hangingStep),
		)
		for _, line := range below {
			lines = append(lines, indent+line)
		}
	}

	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))

	return err
}

// wrapWords breaks a text between words into lines of at most a width; a longer word is broken. An
// empty text has no line.
func wrapWords(text string, width int) []string {
	// A word longer than a line has no blank to be broken at.
	var words []string
	for word := range strings.FieldsSeq(text) {
		for part := range slices.Chunk([]rune(word), width) {
			words = append(words, string(part))
		}
	}

	return joinWords(words, width)
}

// joinWords joins words by blanks to lines of at most a width; a longer word has a line of its own.
func joinWords(words []string, width int) []string {
	var lines []string
	length := 0 // of the last line, in characters: symbols as ‖ and × are of several bytes
	for _, word := range words {
		letters := utf8.RuneCountInString(word)
		if last := len(lines) - 1; last >= 0 && length+1+letters <= width {
			lines[last] += " " + word
			length += 1 + letters
			continue
		}

		lines = append(lines, word)
		length = letters
	}

	return lines
}
