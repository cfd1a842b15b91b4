package diag_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/npgen/npgen/gen/diag"
)

func TestNearest(t *testing.T) {
	for _, tt := range []struct{ word, candidates, want string }{
		{"apl", "api web", "api"},
		{"API", "api", "api"},
		{"api", "API", "API"},
		{"pai", "api", "api"},
		{"ab", "ba", "ba"},
		{"ab", "cd", ""},
		{"a", "b", ""},
		{"", "a", ""},
		{"abcd", "abxy", "abxy"},
		{"abcd", "axyz", ""},
		{"orders", "order ordres orders-db", "order"},
		{"orders", "ordres order", "order"},
		{"orders", "ordxxs order", "order"},
		{"orders", "order ordxxs", "order"},
		{"frontend", "frontned backend", "frontned"},
		{"abab", "baba", "baba"},
		{"payment", "paymentss", "paymentss"},
		{"payment", "paymentsss", ""},
		{"aaaa", "aabb", "aabb"},
		{"aaaa", "abbb", ""},
		{"müller", "muller", "muller"},
	} {
		if got := diag.Nearest(tt.word, slices.Values(strings.Fields(tt.candidates))); got != tt.want {
			t.Errorf("Nearest(%q, %q) = %q, want %q", tt.word, tt.candidates, got, tt.want)
		}
	}
}

// FuzzNearest compares with the plain recursive definition of the distance.
func FuzzNearest(f *testing.F) {
	f.Add("orders", "order", "ordres")
	f.Add("abc", "cba", "bac")
	f.Fuzz(func(t *testing.T, word, a, b string) {
		if len(word) > 12 || len(a) > 12 || len(b) > 12 || !slices.Equal([]string{strings.ToLower(word), strings.ToLower(a), strings.ToLower(b)}, []string{word, a, b}) {
			return
		}
		want, distance := "", min(2, len(word)/2)+1
		for _, c := range []string{a, b} {
			if d := distanceOf(word, c); d < distance || d == distance && want != "" && c < want {
				want, distance = c, d
			}
		}
		if got := diag.Nearest(word, slices.Values([]string{a, b})); got != want {
			t.Errorf("Nearest(%q, %q, %q) = %q, want %q", word, a, b, got, want)
		}
	})
}

// distanceOf is the least number of insertions, deletions, replacements and swaps of neighbours between two words.
func distanceOf(a, b string) int {
	memo := map[[2]int]int{}
	var from func(i, j int) int
	from = func(i, j int) int {
		if i == 0 || j == 0 {
			return i + j
		}
		at := [2]int{i, j}
		if d, known := memo[at]; known {
			return d
		}
		cost := 1
		if a[i-1] == b[j-1] {
			cost = 0
		}
		d := min(from(i-1, j)+1, from(i, j-1)+1, from(i-1, j-1)+cost)
		if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
			d = min(d, from(i-2, j-2)+1)
		}
		memo[at] = d
		return d
	}
	return from(len(a), len(b))
}
