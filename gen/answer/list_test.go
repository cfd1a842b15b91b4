package answer

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/sets"
)

// TestFolded sees that rows on a terminal say what those in a pipe do: each pair once, with its ports, and nothing else.
func TestFolded(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		var l Listing
		for from := range 6 {
			for to := range 6 {
				if r.IntN(3) > 0 {
					port := 80 + r.IntN(2)
					l.Rows = append(l.Rows, flows.Row{From: fmt.Sprintf("n/%d", from), To: fmt.Sprintf("n/%d", to), Ports: sets.PortRange(sets.TCP, port, port)})
				}
			}
		}
		var want, got []string
		for _, p := range l.pairs() {
			want = append(want, strings.Join(p[:], " "))
		}
		folded := l.folded(nil, false)
		for _, row := range folded {
			for from := range strings.SplitSeq(row[0], ", ") {
				for to := range strings.SplitSeq(row[1], ", ") {
					got = append(got, from+" "+to+" "+row[2])
				}
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: %q, to be %q", seed, got, want)
		}
		if len(folded) >= len(want) {
			t.Errorf("seed %d: %d pairs are %d rows", seed, len(want), len(folded))
		}
	}
}

// TestShortNames sees that a short name is that of one name alone.
func TestShortNames(t *testing.T) {
	names := []string{
		"shop/{app=web,tier=front}", "shop/{app=web,tier=back}", "shop/{app=db,tier=back,x=y}", "other/{app=web,tier=front}",
		"shop/{app=a,team in (x,y)} but {long-label=value,other-label=value}", "shop/{app=web}", "shop/web", "{team=a,zone=b}/*",
	}
	got := shortNames(names)
	for token, want := range map[string]string{
		"shop/{app=web,tier=front}":            "shop/{tier=front, …}",
		"shop/{app=web,tier=back}":             "",
		"shop/{app=db,tier=back,x=y}":          "shop/{app=db, …}",
		"other/{app=web,tier=front}":           "other/{app=web, …}",
		"shop/{app=a,team in (x,y)}":           "shop/{app=a, …}",
		"{long-label=value,other-label=value}": "{long-label=value, …}",
		"shop/{app=web}":                       "",
		"{team=a,zone=b}/*":                    "{team=a, …}/*",
	} {
		if got[token] != want {
			t.Errorf("%s: %q, to be %q", token, got[token], want)
		}
	}
}

// TestPageWidth sees that no line of a table is wider than the terminal, and that nothing is lost.
func TestPageWidth(t *testing.T) {
	rows := [][]string{{"FROM", "TO", "PORTS"}, {"shop/{app.kubernetes.io/name=" + strings.Repeat("x", 300) + "}, shop/web", "(outside)", "80,443,8080-8090,53/udp"}, {"é/ü", "a b c", "*"}}
	for _, width := range []int{30, 44, 80, 120} {
		var b bytes.Buffer
		Page{Width: width}.table(&b, rows, shape{gap: 2, hasHead: true})
		for line := range strings.Lines(b.String()) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > width {
				t.Errorf("width %d: a line of %d: %s", width, n, line)
			}
		}
		if got := strings.Count(b.String(), "x"); got != 300 {
			t.Errorf("width %d: %d of 300 letters", width, got)
		}
	}
}
