package diag

import (
	"cmp"
	"iter"
	"maps"
	"math/bits"
	"slices"
	"strings"
)

// Nearest returns the candidate that differs least from a word, for a "did you mean", or "" where none is near: at
// most two edits, and fewer than half of the letters. Of equally near ones it returns the first in order.
func Nearest(word string, candidates iter.Seq[string]) string {
	best, limit := "", min(2, len(word)/2)
	w := newWord(word)
	for c := range candidates {
		if d := w.edits(c, limit); d < limit || d == limit && (best == "" || c < best) {
			best, limit = c, d
		}
	}
	return best
}

// ByDistance returns the candidates, the nearest to a word first, each once.
func ByDistance(word string, candidates iter.Seq[string]) []string {
	w := newWord(word)
	distance := map[string]int{}
	for c := range candidates {
		distance[c] = w.edits(c, max(len(word), len(c)))
	}
	return slices.SortedFunc(maps.Keys(distance), func(a, b string) int {
		return cmp.Or(cmp.Compare(distance[a], distance[b]), cmp.Compare(a, b))
	})
}

// word is a word that many others are compared with. Nearly all of them are far, so that is found out first.
type word struct {
	text    string
	letters uint64
	// rows is room for three rows of the table of distances.
	rows [3][]int
}

func newWord(s string) *word {
	s = strings.ToLower(s)
	return &word{text: s, letters: letters(s)}
}

// letters returns the set of a word's letters, more or less: each edit adds or removes one of them at most.
func letters(s string) uint64 {
	set := uint64(0)
	for i := range len(s) {
		set |= 1 << (s[i] % 64)
	}
	return set
}

// edits counts the insertions, deletions, replacements and swaps of neighbours that make b of a word; more than limit
// where it takes more.
func (w *word) edits(b string, limit int) int {
	b = strings.ToLower(b)
	a, theirs := w.text, letters(b)
	if max(len(a), len(b))-min(len(a), len(b)) > limit ||
		bits.OnesCount64(w.letters&^theirs) > limit || bits.OnesCount64(theirs&^w.letters) > limit {
		return limit + 1
	}
	for i := range w.rows {
		if len(w.rows[i]) <= len(b) {
			w.rows[i] = make([]int, len(b)+1)
		}
	}
	before, previous, row := w.rows[0], w.rows[1], w.rows[2]
	for j := range len(b) + 1 {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, previous, row = previous, row, before
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
