package picture

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// random makes a picture of nodes in some namespaces and in none, with edges of all kinds.
func random(r *rand.Rand) *Picture {
	b := &builder{}
	for i := range 2 + r.IntN(30) {
		n := Node{Namespace: fmt.Sprintf("ns%d", r.IntN(5)), Name: fmt.Sprintf("w%d", i), Kind: Workload, Isolation: Both}
		if r.IntN(6) == 0 {
			n = Node{Name: fmt.Sprintf("a%d", i), Kind: Outside, Isolation: Others, IsTarget: r.IntN(2) == 0}
		}
		b.Nodes = append(b.Nodes, n)
	}
	for range r.IntN(60) {
		from, to := r.IntN(len(b.Nodes)), r.IntN(len(b.Nodes))
		if b.Nodes[from].IsTarget || b.Nodes[to].column() == 0 {
			continue
		}
		b.Edges = append(b.Edges, Edge{From: from, To: to, State: []State{Same, Opened, Closed}[r.IntN(3)], Ports: "8080"})
	}
	return b.finish()
}

// No two nodes lie on each other, nor boxes, nor does an edge lie on a node or on the ports of another; all lie within the
// drawing, and each namespace within its box.
func TestLayout(t *testing.T) {
	for seed := range 200 {
		p := random(rand.New(rand.NewPCG(1, uint64(seed))))
		l := newLayout(p, true)
		for i := range l.items {
			x := &l.items[i]
			top, bottom := x.y-x.height/2, x.y-x.height/2+x.height
			if top < 0 || bottom > l.height || l.x[x.layer]+l.widths[x.layer] > l.width {
				t.Fatalf("%d: %+v is not within %d, %d", seed, *x, l.width, l.height)
			}
			for _, j := range l.layers[x.layer] {
				y := &l.items[j]
				if i != j && top < y.y-y.height/2+y.height && y.y-y.height/2 < bottom {
					t.Fatalf("%d: %+v lies on %+v", seed, *x, *y)
				}
			}
			if x.node >= 0 && x.band != free {
				bx, by, w, h := l.box(x.band)
				if left := l.x[x.layer]; left < bx || left+l.widths[x.layer] > bx+w || top < by || bottom > by+h {
					t.Fatalf("%d: %+v is not in its box", seed, *x)
				}
			}
		}
		for i := 1; i < len(l.bands); i++ {
			if l.bands[i].from-boxHead < l.bands[i-1].to+boxPad {
				t.Fatalf("%d: boxes %v", seed, l.bands)
			}
		}
		for i, route := range l.routes {
			if route[0] != p.Edges[i].From || route[len(route)-1] != p.Edges[i].To {
				t.Fatalf("%d: edge %d leads elsewhere", seed, i)
			}
			for j := 1; j < len(route); j++ {
				if step := l.items[route[j]].layer - l.items[route[j-1]].layer; p.Edges[i].From != p.Edges[i].To && step != 1 && step != -1 {
					t.Fatalf("%d: edge %d leaps over %d layers", seed, i, step)
				}
			}
		}
		elements(t, p.drawing(drawingCSS))
	}
}
