package input

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits on text from a file in a message: the characters of a value and of a line, and the number
// of names.
const (
	longestValue = 60
	longestLine  = 1000
	mostNames    = 10
)

// Printable returns text with "?" in place of characters that could control a terminal or reorder
// other characters, such as escapes, line ends and direction marks.
func Printable(s string) string {
	return strings.Map(printable, s)
}

// PrintableLines is Printable for text with several lines and columns: it keeps line ends and tabs.
func PrintableLines(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		return printable(r)
	}, s)
}

func printable(r rune) rune {
	if unicode.IsGraphic(r) && r != utf8.RuneError {
		return r
	}
	return '?'
}

// Message makes a message of several lines safe for a terminal: each line is printable and is cut
// if it is too long.
func Message(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		// Leading tabs indent nested errors; they are the only control characters that are kept.
		indented := strings.TrimLeft(line, "\t")
		tabs := line[:len(line)-len(indented)]
		lines[i] = tabs + Printable(truncateText(indented, longestLine))
	}
	return strings.Join(lines, "\n")
}

// Quote quotes a value for an error and cuts it if it is long.
func Quote(s string) string {
	short := truncateText(s, longestValue)
	if short == s {
		return strconv.Quote(s)
	}
	return strconv.Quote(strings.TrimSuffix(short, "…")) + "…"
}

// QuoteNames quotes the first names of a list and states how many more there are.
func QuoteNames(names []string) string {
	shown := len(names)
	// "1 more" would take as much space as the name itself.
	if shown > mostNames+1 {
		shown = mostNames
	}

	var quoted []string
	for _, name := range names[:shown] {
		quoted = append(quoted, Quote(name))
	}

	text := strings.Join(quoted, ", ")
	if shown < len(names) {
		text += fmt.Sprintf(" and %d more", len(names)-shown)
	}
	return text
}

// truncateText returns a text, or its first characters followed by … if it has more than most.
func truncateText(s string, most int) string {
	count := 0
	for i := range s {
		if count == most {
			return s[:i] + "…"
		}
		count++
	}
	return s
}
