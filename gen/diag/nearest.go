package diag

import (
	"iter"
	"strings"
)

// Nearest returns the candidate that differs least from a word, for a "did you mean", or "" where none is near: at
// most two edits, and fewer than half of the letters. Of equally near ones it returns the first in order.
func Nearest(word string, candidates iter.Seq[string]) string {
	best, distance := "", min(2, len(word)/2)+1
	lower := strings.ToLower(word)
	for c := range candidates {
		if d := edits(lower, strings.ToLower(c)); d < distance || d == distance && best != "" && c < best {
			best, distance = c, d
		}
	}
	return best
}

// edits counts the insertions, deletions, replacements and swaps of neighbours that make b of a.
func edits(a, b string) int {
	previous, row := make([]int, len(b)+1), make([]int, len(b)+1)
	var before []int
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, previous, row = previous, row, make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(previous[j]+1, row[j-1]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
