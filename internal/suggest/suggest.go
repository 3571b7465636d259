// Package suggest proposes what a misspelt word may have meant.
package suggest

import (
	"strings"
)

// DidYouMean proposes the candidate nearest to a misspelt word, as "; did you mean x?", or
// nothing if none is near. Of dotted candidates it also knows the last part alone.
func DidYouMean(word string, candidates []string) string {
	return Question(Nearest(word, candidates))
}

// Question asks whether a candidate was meant, as "; did you mean x?"; it is empty for none.
func Question(candidate string) string {
	if candidate == "" {
		return ""
	}
	return "; did you mean " + candidate + "?"
}

// Nearest returns the candidate nearest to a misspelt word, or "" if none is near. Of dotted
// candidates it also knows the last part alone.
func Nearest(word string, candidates []string) string {
	word = strings.ToLower(word)
	// One letter in four may be wrong, and one in any word.
	best := within(1+len(word)/4, word, candidates)
	if best == "" {
		best = sameLastPart(word, candidates)
	}

	return best
}

// Slip returns the candidate that a word differs from by a slip of the keyboard, or "": by a
// letter, or by two in a long word.
func Slip(word string, candidates []string) string {
	const long = 8
	slips := 1
	if len(word) >= long {
		slips = 2
	}

	return within(slips, strings.ToLower(word), candidates)
}

// within returns the first of the nearest candidates within a distance of a word in small letters,
// or "" if there is none.
func within(most int, word string, candidates []string) string {
	best, least := "", most
	for _, c := range candidates {
		d := distance(word, strings.ToLower(c))
		if d <= least && (best == "" || d < least) {
			best, least = c, d
		}
	}

	return best
}

// sameLastPart returns the candidate nearest to a dotted word among those that end alike.
func sameLastPart(word string, candidates []string) string {
	best, least := "", 0
	for _, c := range candidates {
		if c[strings.LastIndex(c, ".")+1:] != word[strings.LastIndex(word, ".")+1:] {
			continue
		}
		d := distance(word, c)
		if best == "" || d < least {
			best, least = c, d
		}
	}
	return best
}

// distance returns Levenshtein's distance: the least number of bytes inserted, deleted or replaced.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}

	for i := range len(a) {
		// One row of the matrix at a time; diagonal is the entry above to the left.
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, diagonal+1, row[j]+1)
		}
	}

	return row[len(b)]
}
