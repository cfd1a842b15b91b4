package statements

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/internal/oracle"
)

// guarded is a package that owns namespace `pay` and says what others may open there, and another package.
type guarded struct {
	owner, other []string // fields
	ownEdges     []string
	grants       []asked
	otherEdges   []string
}

func randomGuarded(seed uint64) *guarded {
	r := rand.New(rand.NewPCG(seed, 31))
	chance := func(n int) bool { return r.IntN(100) < n }
	x := &guarded{}
	isolate := func() string { return one(r, "both", "both", "ingress", "egress", "none") }
	deny := one(r, "namespace", "workload", "workload")
	x.owner = []string{`namespace: "pay"`, fmt.Sprintf("isolate: %q", isolate()), fmt.Sprintf("deny: %q", deny), "dns: auto: false", "namespaces: shop: owned: false"}
	x.other = []string{`namespace: "shop"`, fmt.Sprintf("isolate: %q", isolate()), "dns: auto: false"}
	var pays, shops []peer
	declare := func(fields *[]string, peers *[]peer, namespace, name string, labels map[string]string, more string) {
		s := metav1.LabelSelector{MatchLabels: labels}
		*fields = append(*fields, fmt.Sprintf("workloads: %q: {%s%s}", namespace+"/"+name, selectorFields(s), more))
		*peers = append(*peers, peer{namespace + "/" + name, oracle.Set{Pods: []oracle.Selection{oracle.In(namespace, s)}}})
	}
	for _, name := range []string{"api", "db", "vault"}[:1+r.IntN(3)] {
		labels := map[string]string{"app": name}
		switch r.IntN(3) {
		case 0:
			labels["tier"] = "x"
		case 1:
			labels = map[string]string{"tier": one(r, "x", "y"), "app": one(r, "api", "vault")}
		}
		more := ""
		if chance(40) {
			more = fmt.Sprintf(", isolate: %q", isolate())
		}
		declare(&x.owner, &pays, "pay", name, labels, more)
	}
	if chance(40) {
		declare(&x.owner, &pays, "pay", "front", map[string]string{"tier": "x"}, one(r, "", `, isolate: "none"`))
	}
	for _, name := range []string{"web", "spy"} {
		labels := map[string]string{"app": name}
		if name == "spy" && chance(50) {
			labels = map[string]string{"tier": "x"}
		}
		declare(&x.other, &shops, "shop", name, labels, "")
		x.owner = append(x.owner, x.other[len(x.other)-1])
	}
	pays = append(pays, peer{"pay/*", oracle.Set{Pods: []oracle.Selection{oracle.In("pay", metav1.LabelSelector{})}}})
	shops = append(shops, peer{"shop/*", oracle.Set{Pods: []oracle.Selection{oracle.In("shop", metav1.LabelSelector{})}}})
	anyone := peer{"any", oracle.Set{Pods: []oracle.Selection{{}}, Addresses: []string{"0.0.0.0/0", "::/0"}}}
	ports := func() []string {
		return one(r, []string{"8080"}, []string{"8080"}, []string{"8080", "5432"}, []string{"*"}, []string{"8000-9000"})
	}
	edge := func(owners bool) asked {
		a := asked{from: one(r, shops...), to: one(r, pays...), ports: ports()}
		switch r.IntN(6) {
		case 0:
			a.from, a.to = a.to, a.from
		case 1:
			a.from = one(r, pays...)
		case 2:
			a.from = anyone
		case 3:
			if owners {
				a.from, a.to = one(r, pays...), anyone
			}
		}
		return a
	}
	for range r.IntN(3) {
		e := edge(true)
		x.ownEdges = append(x.ownEdges, e.edge())
	}
	for range r.IntN(3) {
		x.grants = append(x.grants, edge(true))
	}
	if chance(35) { // a workload in the owner's namespace that the owner does not know
		x.other = append(x.other, "namespaces: pay: owned: false")
		declare(&x.other, &pays, "pay", "guest", map[string]string{"tier": one(r, "x", "z")}, "")
	}
	for range r.IntN(4) {
		e := edge(false)
		x.otherEdges = append(x.otherEdges, e.edge())
	}
	return x
}

func quoted(edges []string) string {
	var out []string
	for _, e := range edges {
		out = append(out, fmt.Sprintf("%q", e))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func (x *guarded) ownerSource(withGrant bool) string {
	out := "package pay\n\n" + strings.Join(x.owner, "\n") + "\nallow: " + quoted(x.ownEdges) + "\n"
	if withGrant {
		var grants []string
		for i := range x.grants {
			grants = append(grants, x.grants[i].edge())
		}
		out += "grant: " + quoted(grants) + "\n"
	}
	return out
}

func (x *guarded) otherSource() string {
	return "package shop\n\n" + strings.Join(x.other, "\n") + "\nallow: " + quoted(x.otherEdges) + "\n"
}

const (
	notOpened   = "not-granted: nothing is opened that is not granted"
	notIsolated = "not-granted: nothing is isolated that the owner did not"
	notGranted  = "not-granted: something is"
)

// held holds what vet says of the grants to the oracle.
func (x *guarded) held(t testing.TB, dir string) (made []string, found []wrong, legal bool, err error) {
	guard := filepath.Dir(write(t, dir, "guard/policy.cue", x.ownerSource(true)))
	pay := filepath.Dir(write(t, dir, "pay/policy.cue", x.ownerSource(false)))
	shop := filepath.Dir(write(t, dir, "shop/policy.cue", x.otherSource()))
	own, all, vet := npgen("build", "-q", pay), npgen("build", "-q", pay, shop), npgen("vet", guard, shop, "--format", "json")
	if own.status != 0 || all.status != 0 || vet.status > 1 {
		return nil, nil, false, nil
	}
	report, err := findings(vet.err)
	if err != nil {
		return nil, nil, false, err
	}
	refused := false
	for _, f := range report {
		switch {
		case f.Severity == "error" && f.Rule == "not-granted":
			refused = true
		case f.Severity == "error":
			return nil, nil, false, nil
		}
	}
	if !refused { // what is really written
		if all = npgen("build", "-q", guard, shop); all.status != 0 {
			return nil, nil, false, fmt.Errorf("vet passes, build does not: %s", all.err)
		}
	}
	opened, isolated, err := x.beyond(own.out, all.out)
	if err != nil {
		return nil, nil, false, err
	}
	if refused {
		if opened+isolated == "" {
			found = append(found, wrong{notGranted, "neither"})
		}
		return []string{notGranted}, found, true, nil
	}
	if opened != "" {
		found = append(found, wrong{notOpened, opened})
	}
	if isolated != "" {
		found = append(found, wrong{notIsolated, isolated})
	}
	return []string{notOpened, notIsolated}, found, true, nil
}

// beyond returns an example of what all policies open on the owner's pods that neither a grant nor the owner's own
// policies do, and of what they isolate, "" where there is nothing.
func (x *guarded) beyond(ownStream, allStream string) (opened, isolated string, err error) {
	own, err := emitted(ownStream)
	if err != nil {
		return "", "", err
	}
	all, err := emitted(allStream)
	if err != nil {
		return "", "", err
	}
	pay := oracle.Set{Pods: []oracle.Selection{oracle.In("pay", metav1.LabelSelector{})}}
	facts := oracle.Facts{Sets: []oracle.Set{pay}}
	for _, g := range x.grants {
		facts.Sets, facts.Ports = append(facts.Sets, g.from.set, g.to.set), append(facts.Ports, g.ports...)
	}
	w, err := oracle.New(facts, own, all)
	if err != nil {
		return "", "", err
	}
	owned, err := w.Members(&pay)
	if err != nil {
		return "", "", err
	}
	grants, err := x.grantsIn(w)
	if err != nil {
		return "", "", err
	}
	for from, to := range w.Pairs() {
		for direction, ends := range [][2]int{oracle.Ingress: {to, from}, oracle.Egress: {from, to}} {
			subject, peer := ends[0], ends[1]
			if !owned[subject] {
				continue
			}
			example := func(p oracle.Ports) string {
				return fmt.Sprintf("%s of %s", [...]string{"ingress", "egress"}[direction], w.Example(oracle.Flow{From: from, To: to, Ports: p}))
			}
			if !w.IsIsolated(0, direction, subject) {
				if w.IsIsolated(1, direction, subject) {
					isolated = example(w.Kinds(to))
				}
				continue // rules open nothing where nothing isolates
			}
			more := w.Emitted(1, direction, subject, peer).Minus(w.Emitted(0, direction, subject, peer)).And(w.Kinds(to))
			for _, g := range grants {
				if g.speaks[direction] && g.from[from] && g.to[to] {
					more = more.Minus(g.ports)
				}
			}
			if !more.IsEmpty() {
				opened = example(more)
			}
		}
	}
	return opened, isolated, nil
}

// grant is a grant in a world.
type grant struct {
	from, to []bool
	ports    oracle.Ports
	// speaks says for which directions: for an end that a policy can select.
	speaks [2]bool
}

func (x *guarded) grantsIn(w *oracle.World) ([]grant, error) {
	var out []grant
	for i := range x.grants {
		a := &x.grants[i]
		from, to, ports, err := a.in(w)
		if err != nil {
			return nil, err
		}
		out = append(out, grant{from, to, ports, [2]bool{oracle.Ingress: a.to.text != "any", oracle.Egress: a.from.text != "any"}})
	}
	return out, nil
}

// smaller returns the packages without some edges and grants, where the same is still wrong.
func (x *guarded) smaller(still func(*guarded) bool) *guarded {
	for again := true; again; {
		again = false
		for i := 0; ; i++ {
			y, at := *x, i
			isEnd := true
			for _, list := range []*[]string{&y.ownEdges, &y.otherEdges, &y.owner, &y.other} {
				if at < len(*list) {
					*list, isEnd = slices.Delete(slices.Clone(*list), at, at+1), false
					break
				}
				at -= len(*list)
			}
			if isEnd {
				if at >= len(y.grants) {
					break
				}
				y.grants = without(y.grants, at)
			}
			if still(&y) {
				*x, again = y, true
				i--
			}
		}
	}
	return x
}

// TestGrants holds not-granted to what others open and isolate of an owner's pods.
func TestGrants(t *testing.T) {
	packages[*guarded]{
		count: 1250, legal: 5, random: randomGuarded, smaller: (*guarded).smaller,
		held:   func(p *guarded, _ uint64, dir string) ([]string, []wrong, bool, error) { return p.held(t, dir) },
		source: func(p *guarded) string { return p.ownerSource(true) + "\n" + p.otherSource() },
	}.hold(t)
}
