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
	hangingStep = 4  // indent of lines below a name
	leastAbout  = 36 // minimum width of a sentence next to other columns
	leastWidth  = 30 // minimum width of a terminal that lines are fitted to
)

// printItems prints a list in lines of a width or, if width is 0, one line per item.
func printItems(w io.Writer, headings []string, items []item, width int) error {
	rows := make([][]string, 0, len(items)+1)
	if len(headings) > 0 {
		rows = append(rows, headings)
	}

	// Text below the sentence requires the stacked form for all items.
	hasMore := false
	for _, one := range items {
		row := append([]string{one.name}, one.cells...)
		if one.more != "" {
			hasMore = true
			row = append(row, one.more)
		}

		rows = append(rows, append(row, one.about))
	}

	// A narrower terminal gets lines of the minimum width and breaks them itself.
	if width > 0 {
		width = max(width, leastWidth)
	}

	// Sentences go next to the other columns if there is enough space, else below.
	switch about := width - startOfLast(rows); {
	case width == 0:
		return printTable(w, rows)
	case hasMore || about < leastAbout:
		return printStacked(w, headings, items, width)
	default:
		return printTable(w, wrapLast(rows, about))
	}
}

// printTable prints rows in aligned columns.
func printTable(w io.Writer, rows [][]string) error {
	table := tabwriter.NewWriter(w, 0, 0, columnGap, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	return table.Flush()
}

// startOfLast returns the position at which the last column of aligned rows begins.
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

// wrapLast wraps the last cell of each row to a width and returns each line as a row.
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

// printStacked prints the name and cells of each item on a line, and the rest below.
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

// wrapWords breaks a text into lines of at most width characters, between words or within longer
// words. An empty text has no lines.
func wrapWords(text string, width int) []string {
	// A word longer than a line has to be broken within.
	var words []string
	for word := range strings.FieldsSeq(text) {
		for part := range slices.Chunk([]rune(word), width) {
			words = append(words, string(part))
		}
	}

	return joinWords(words, width)
}

// joinWords joins words with blanks into lines of at most width characters. A longer word gets its
// own line.
func joinWords(words []string, width int) []string {
	var lines []string
	length := 0 // of the last line in characters, as symbols such as ‖ and × have several bytes
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
