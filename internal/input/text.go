package input

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The longest that text from a file may be in a message, in characters.
const (
	longestValue = 60
	longestLine  = 1000
	mostNames    = 10
)

// Printable returns text with "?" for each character that a terminal could take for a command or
// that reorders others, such as escapes, line ends and marks of direction.
func Printable(s string) string {
	return strings.Map(printable, s)
}

// PrintableLines is Printable for text of several lines and columns: it keeps line ends and tabs.
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

// Message returns a message of several lines as a terminal may show it: each line printable, and
// cut where it is longer than a terminal is of use for.
func Message(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		// Tabs indent continued errors and are the one control character that is kept.
		indented := strings.TrimLeft(line, "\t")
		tabs := line[:len(line)-len(indented)]
		lines[i] = tabs + Printable(cut(indented, longestLine))
	}
	return strings.Join(lines, "\n")
}

// Quote quotes a value for an error, and cuts a long one.
func Quote(s string) string {
	short := cut(s, longestValue)
	if short == s {
		return strconv.Quote(s)
	}
	return strconv.Quote(strings.TrimSuffix(short, "…")) + "…"
}

// QuoteNames quotes the first of many names, and says how many more there are.
func QuoteNames(names []string) string {
	shown := len(names)
	// "1 more" would take as much room as its name.
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

// cut returns the first characters of a text, with … in place of what follows them.
func cut(s string, most int) string {
	count := 0
	for i := range s {
		if count == most {
			return s[:i] + "…"
		}
		count++
	}
	return s
}
