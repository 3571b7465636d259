// Package suggest suggests corrections for misspelt words.
package suggest

import (
	"strings"
)

// DidYouMean suggests the candidate nearest to a misspelt word, as "; did you mean x?". It returns
// "" if none is near. The last part of a dotted candidate also matches on its own.
func DidYouMean(word string, candidates []string) string {
	return Question(Nearest(word, candidates))
}

// Question returns "; did you mean x?" for a candidate x, and "" for "".
func Question(candidate string) string {
	if candidate == "" {
		return ""
	}
	return "; did you mean " + candidate + "?"
}

// Nearest returns the candidate nearest to a misspelt word, or "" if none is near. The last part of
// a dotted candidate also matches on its own.
func Nearest(word string, candidates []string) string {
	word = strings.ToLower(word)
	// One letter in four may be wrong, and at least one in every word.
	best := nearestWithin(1+len(word)/4, word, candidates)
	if best == "" {
		best = sameLastPart(word, candidates)
	}

	return best
}

// Slip returns the candidate that differs from a word by a typing slip, one letter or two in a long
// word, or "" if there is none.
func Slip(word string, candidates []string) string {
	const long = 8
	slips := 1
	if len(word) >= long {
		slips = 2
	}

	return nearestWithin(slips, strings.ToLower(word), candidates)
}

// nearestWithin returns the candidate nearest to a lower-case word at a distance of at most most,
// or "" if there is none. Among equally near ones it returns the first.
func nearestWithin(most int, word string, candidates []string) string {
	best, least := "", most
	for _, c := range candidates {
		d := distance(word, strings.ToLower(c))
		if d <= least && (best == "" || d < least) {
			best, least = c, d
		}
	}

	return best
}

// sameLastPart returns the candidate nearest to a word among those with the same last dotted part,
// or "" if there is none.
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

// distance returns the Levenshtein distance: the least number of bytes to insert, delete or
// replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}

	for i := range len(a) {
		// Compute the matrix one row at a time; diagonal is the entry above and to the left.
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
