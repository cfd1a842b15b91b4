package picture

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/npgen/npgen/gen/answer"
	"github.com/npgen/npgen/gen/flows"
	"github.com/npgen/npgen/gen/sets"
)

const before = `package policy
namespace: "shop"
workloads: {
	web: ports: http: 8080
	api: ports: {http: 8080, admin: 9090}
	db: ports: sql: 5432
}
allow: ["any -> web", "web -> api:8080", "api -> db"]
`

// What opens is green, what closes red, and what has other ports says first whether it opens any.
func TestChanges(t *testing.T) {
	after := strings.Replace(before, `"any -> web", "web -> api:8080", "api -> db"`, `"web -> api", "db -> api:admin"`, 1)
	p := change(t, before, after, false)
	var got []string
	for _, e := range p.Edges {
		got = append(got, fmt.Sprintf("%s %s -> %s: %s", e.State, p.Nodes[e.From].title(), p.Nodes[e.To].title(), e.Ports))
	}
	want := []string{
		"closed (outside) -> shop/web: 8080",
		"closed */* -> shop/web: 8080",
		"closed shop/api -> kube-system/{k8s-app=kube-dns}: 53,53/udp",
		"closed shop/api -> shop/db: 5432",
		"opened shop/db -> kube-system/{k8s-app=kube-dns}: 53,53/udp",
		"opened shop/db -> shop/api: 9090",
		"widened shop/web -> shop/api: opens 9090; 8080 becomes 8080,9090",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	links := map[string]string{}
	for _, m := range regexp.MustCompile(`linkStyle ([\d,]+) stroke:(#\w+)`).FindAllStringSubmatch(written(t, p, "mermaid"), -1) {
		links[m[2]] += m[1]
	}
	if want := (map[string]string{Opened.color(): "4,5", Closed.color(): "0,1,2,3", Widened.color(): "6"}); fmt.Sprint(links) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", links, want)
	}
	back := change(t, after, before, false)
	if n := len(back.Edges); n != len(p.Edges) || back.Summary() != "4 opened, 2 closed, 1 changed" {
		t.Errorf("%d edges, %s", n, back.Summary())
	}
}

// A page of a change has the flows that stay, too, but none between two ends twice.
func TestUnchanged(t *testing.T) {
	after := strings.Replace(before, `"web -> api:8080"`, `"web -> api"`, 1)
	p := change(t, before, after, true)
	states := map[string]State{}
	for _, e := range p.Edges {
		key := p.Nodes[e.From].title() + " -> " + p.Nodes[e.To].title()
		if other, twice := states[key]; twice {
			t.Errorf("%s is %s and %s", key, other, e.State)
		}
		states[key] = e.State
	}
	if states["shop/web -> shop/api"] != Widened || states["shop/api -> shop/db"] != Same || states["(outside) -> shop/web"] != Same {
		t.Error(states)
	}
}

// However it is folded, each change is counted, and what opens is seen to open.
func TestFoldedChanges(t *testing.T) {
	source := large(80, 200)
	after := regexp.MustCompile(`\n\t"ns0[01]/svc[^\n]*->[^\n]*`).ReplaceAllString(source, "")
	after = strings.Replace(after, "allow: [\n", "allow: [\n\t\"ns03/svc-003 -> ns05/svc-005:9\",\n", 1)
	p := change(t, source, after, false)
	total := Counts{}
	for _, e := range p.Edges {
		total[e.State]++
	}
	if total[Opened] != 1 || total[Closed] < 20 {
		t.Fatal(total)
	}
	for most := 4; most < 30; most++ {
		q := p.fold(most)
		got := Counts{}
		for _, n := range q.Nodes {
			for s, c := range n.Inside {
				got[s] += c
			}
		}
		for _, e := range q.Edges {
			for s, c := range e.Counts {
				got[s] += c
			}
			if opens := e.State == Opened || e.State == Widened; opens != (e.Counts[Opened]+e.Counts[Widened] > 0) {
				t.Errorf("%d nodes: %+v", most, e)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(total) || len(q.Nodes) > most {
			t.Errorf("%d nodes of at most %d: %v of %v", len(q.Nodes), most, got, total)
		}
	}
}

// A picture of a change about one end keeps what may be about it.
func TestConcerns(t *testing.T) {
	clusters := read(t, envOf(t, before), "-")
	s := (&builder{}).scene("", view{Inquiry: clusters[0].Inquiry})
	for _, c := range []struct {
		name, focus string
		want        bool
	}{
		{"shop/db", "shop/db", true},
		{"shop/db", "db", true},
		{"shop/*", "shop/db", true},
		{"shop/{app=x}", "db", true},
		{"*/*", "db", true},
		{"*/* but pay/*", "db", true},
		{"shop/api", "db", false},
		{"pay/*", "shop/db", false},
		{"(outside)", "db", false},
		{"(outside)", "10.0.0.1", true},
		{"internet", "(outside)", true},
		{"shop/api", "app=api", true},
	} {
		if got := s.concerns(c.name, c.focus); got != c.want {
			t.Errorf("%s of %s: %t", c.name, c.focus, got)
		}
	}
}

// What opens gives a fold its colour, whatever else is in it.
func TestStateOfFold(t *testing.T) {
	for _, c := range []struct {
		counts Counts
		want   State
	}{
		{Counts{Opened: 1, Closed: 5, Same: 9}, Widened},
		{Counts{Widened: 1, Changed: 1}, Widened},
		{Counts{Opened: 2}, Opened},
		{Counts{Closed: 2, Same: 1}, Changed},
		{Counts{Closed: 2}, Closed},
		{Counts{Same: 2}, Same},
	} {
		if got := c.counts.State(); got != c.want {
			t.Errorf("%v: %s, want %s", c.counts, got, c.want)
		}
	}
}

// Two rows of the same ends are one edge with the ports of both, and what is undecided stands in the picture.
func TestListing(t *testing.T) {
	clusters := read(t, envOf(t, before), "-")
	l := &clusters[0].Listing
	for _, r := range l.Rows {
		if r.To == "shop/db" {
			r.Ports = sets.PortRange(sets.TCP, 9, 9)
			l.Rows = append(l.Rows, r)
		}
	}
	l.Undecided = true
	p := OfFlows(clusters, "")
	var ports []string
	for _, e := range p.Edges {
		if p.Nodes[e.To].Name == "db" {
			ports = append(ports, e.Ports)
		}
	}
	if !slices.Equal(ports, []string{"5432,9"}) || len(p.Notes) == 0 || !strings.HasPrefix(p.Notes[0], "undecided: ") {
		t.Errorf("%q, %q", ports, p.Notes)
	}
	q, err := OfChanges([]Change{{Comparison: answer.Comparison{Comparison: flows.Comparison{Undecided: true}}, After: &clusters[0]}}, "", false)
	if err != nil || len(q.Notes) != 1 || !strings.HasPrefix(q.Notes[0], "undecided: ") {
		t.Errorf("%q, %v", q.Notes, err)
	}
}

// A change of more pairs than a picture can hold is refused.
func TestTooMany(t *testing.T) {
	names := make([]string, 400)
	for i := range names {
		names[i] = fmt.Sprintf("shop/w%d", i)
	}
	all := flows.Comparison{Changes: []flows.Change{{From: names, To: names, After: sets.AllPorts()}}}
	if _, err := OfChanges([]Change{{Comparison: answer.Comparison{Comparison: all}}}, "", false); err == nil || !strings.Contains(err.Error(), "160000 pairs of ends are too many for a picture") {
		t.Error(err)
	}
	p := &Picture{Nodes: make([]Node, 2), Edges: make([]Edge, mostInPage+1)}
	if err := p.Write(io.Discard, "html"); err == nil || !strings.Contains(err.Error(), "20001 flows are too many") {
		t.Error(err)
	}
}
