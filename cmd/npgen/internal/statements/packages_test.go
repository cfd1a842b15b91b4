package statements

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/internal/oracle"
)

// talk is a policy package, and what its names mean.
type talk struct {
	spaces    []*space
	workloads []*workload
	// fields are declarations of the top level, lists what is asked of the package.
	fields, edges []string
	groups        []peer
	asked         []asked
}

// space is an entry of `namespaces`.
type space struct {
	name     string
	field    string
	owned    bool
	byLabel  bool
	selector metav1.LabelSelector
	// known is all labels besides the name, nil where they are not known.
	known map[string]string
}

type workload struct {
	space    *space
	name     string
	field    string
	selector metav1.LabelSelector
	ports    bool
	// known is all labels besides those that the selector speaks of, nil where they are not known.
	known map[string]string
}

// peer is an end of an edge and what it means.
type peer struct {
	text string
	set  oracle.Set
}

// asked is a guardrail or a claim. Its list is `forbid`, `allow` or `deny`.
type asked struct {
	list     string
	from, to peer
	ports    []string
	// except is the name of sources that a guardrail does not bind. They are not in the set of from.
	except string
}

// text is the question as an element of its list.
func (a *asked) text() string {
	if a.except == "" {
		return fmt.Sprintf("%q", a.edge())
	}
	ports, _ := json.Marshal(a.ports)
	if slices.Equal(a.ports, []string{"*"}) {
		ports = []byte(`"*"`)
	}
	return fmt.Sprintf("{from: %q, to: %q, ports: %s, except: [%q]}", a.from.text, a.to.text, ports, a.except)
}

func (a *asked) edge() string {
	return a.from.text + " -> " + a.to.text + ":" + strings.Join(a.ports, ",")
}

type talkGenerator struct {
	*rand.Rand
	*talk
	knows language
}

// language is which fields npgen knows. Of packages with others it says nothing but that.
type language struct{ knownLabels, except bool }

// languageOf asks npgen for the fields that it knows.
func languageOf(t testing.TB, dir string) language {
	knows := func(text string) bool {
		return npgen("vet", write(t, dir, "language.cue", "package policy\nnamespace: \"shop\"\n"+text+"\n")).status == 0
	}
	return language{
		knownLabels: knows(`namespaces: jobs: {owned: false, knownLabels: {}}`),
		except:      knows(`workloads: {a: {}, b: {}}` + "\n" + `forbid: [{from: "*", to: "b", ports: [8080], except: ["a"]}]`),
	}
}

func (g *talkGenerator) chance(n int) bool { return g.IntN(100) < n }

func one[T any](g *rand.Rand, of ...T) T { return of[g.IntN(len(of))] }

func randomTalk(seed uint64, knows language) *talk {
	g := &talkGenerator{rand.New(rand.NewPCG(seed, 21)), &talk{}, knows}
	g.declareSpaces()
	for _, name := range []string{"web", "api", "db", "job", "cache"}[:2+g.IntN(4)] {
		g.declareWorkload(name)
	}
	if g.chance(40) {
		g.fields = append(g.fields, `external: cdn: {cidrs: ["198.51.100.0/24"], except: ["198.51.100.128/25"]}`)
	}
	for range 1 + g.IntN(6) {
		g.edges = append(g.edges, g.edge())
	}
	if g.chance(25) {
		a, b := g.inside(), g.inside()
		group := peer{text: "some", set: union(a.set, b.set)}
		g.fields = append(g.fields, fmt.Sprintf("groups: some: [%q, %q]", a.text, b.text))
		g.groups = append(g.groups, group)
	}
	for _, list := range []string{"forbid", "forbid", "allow", "deny", "deny"} {
		if g.chance(70) {
			g.asked = append(g.asked, g.question(list))
		}
	}
	return g.talk
}

func union(a, b oracle.Set) oracle.Set {
	return oracle.Set{Pods: slices.Concat(a.Pods, b.Pods), Addresses: slices.Concat(a.Addresses, b.Addresses), Blocks: slices.Concat(a.Blocks, b.Blocks)}
}

func named(name string) metav1.LabelSelector {
	return metav1.LabelSelector{MatchLabels: map[string]string{oracle.NameLabel: name}}
}

func (g *talkGenerator) declareSpaces() {
	add := func(s *space, format string, args ...any) {
		s.field = fmt.Sprintf(format, args...)
		g.spaces, g.fields = append(g.spaces, s), append(g.fields, s.field)
	}
	isolate := func() string { return one(g.Rand, "both", "both", "both", "ingress", "egress", "none") }
	add(&space{name: "shop", owned: true, selector: named("shop")}, "namespace: %q\nisolate: %q\ndeny: %q", "shop", isolate(), one(g.Rand, "namespace", "workload"))
	if g.chance(30) {
		add(&space{name: "store", owned: true, selector: named("store")}, "namespaces: store: {isolate: %q, deny: %q}", isolate(), one(g.Rand, "namespace", "workload"))
	}
	if g.chance(35) {
		s := &space{name: "jobs", selector: named("jobs")}
		if g.knows.knownLabels && g.chance(50) {
			s.known = one(g.Rand, map[string]string{}, map[string]string{"tenant": "gold"}, map[string]string{"team": "x"})
			data, _ := json.Marshal(s.known)
			add(s, "namespaces: jobs: {owned: false, knownLabels: %s}", data)
		} else {
			add(s, "namespaces: jobs: owned: false")
		}
	}
	if g.chance(45) {
		s := &space{name: "tenants", byLabel: true}
		if g.chance(60) {
			s.selector.MatchLabels = map[string]string{"tenant": "gold"}
		} else {
			s.selector.MatchExpressions = []metav1.LabelSelectorRequirement{g.requirement("tenant", "gold", "silver")}
		}
		add(s, "namespaces: tenants: {%s}", selectorFields(s.selector))
	}
	if g.chance(25) {
		s := &space{name: "teams", byLabel: true, selector: metav1.LabelSelector{MatchLabels: map[string]string{"team": "x"}}}
		if g.chance(50) { // a namespace without labels may be of this entry, too
			s.selector = metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{g.requirement("team", "x", "y")}}
		}
		add(s, "namespaces: teams: {%s}", selectorFields(s.selector))
	}
	if g.chance(15) {
		add(&space{name: "everywhere", byLabel: true}, "namespaces: everywhere: labels: {}")
	}
	switch g.IntN(5) {
	case 0, 1:
		g.fields = append(g.fields, "dns: auto: false")
	case 2:
		g.fields = append(g.fields, `dns: profile: "node-local"`)
	}
}

func (g *talkGenerator) requirement(key string, values ...string) metav1.LabelSelectorRequirement {
	r := metav1.LabelSelectorRequirement{Key: key, Operator: one(g.Rand,
		metav1.LabelSelectorOpIn, metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn, metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist)}
	if r.Operator == metav1.LabelSelectorOpIn || r.Operator == metav1.LabelSelectorOpNotIn {
		r.Values = values[:1+g.IntN(len(values))]
	}
	return r
}

// selectorFields is a selector in CUE. JSON is CUE.
func selectorFields(s metav1.LabelSelector) string {
	var parts []string
	if len(s.MatchLabels) > 0 {
		data, _ := json.Marshal(s.MatchLabels)
		parts = append(parts, "labels: "+string(data))
	}
	if len(s.MatchExpressions) > 0 {
		data, _ := json.Marshal(s.MatchExpressions)
		parts = append(parts, "expressions: "+string(data))
	}
	return strings.Join(parts, ", ")
}

func (g *talkGenerator) declareWorkload(name string) {
	w := &workload{space: one(g.Rand, g.spaces...), name: name, ports: g.chance(60)}
	if g.chance(50) {
		w.space = g.spaces[0]
	}
	w.selector = metav1.LabelSelector{MatchLabels: map[string]string{"app": name}}
	var parts []string
	custom := true
	switch g.IntN(8) {
	case 0:
		w.selector.MatchLabels["tier"] = one(g.Rand, "x", "y")
	case 1:
		w.selector.MatchLabels = map[string]string{"tier": one(g.Rand, "x", "y")}
	case 2:
		w.selector = metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "app", Operator: metav1.LabelSelectorOpIn, Values: []string{name, one(g.Rand, "web", "old")}}}}
	case 3:
		w.selector.MatchExpressions = []metav1.LabelSelectorRequirement{g.requirement("tier", "x", "y")}
	default:
		custom = false
	}
	if custom {
		parts = append(parts, selectorFields(w.selector))
	}
	if w.ports {
		parts = append(parts, "ports: {http: 8080, sql: 5432}")
	}
	if w.space.owned && g.chance(20) {
		parts = append(parts, fmt.Sprintf("isolate: %q", one(g.Rand, "both", "both", "ingress", "egress", "none")))
	}
	if w.space.owned && g.chance(12) {
		parts = append(parts, fmt.Sprintf("dns: %t", g.chance(70)))
	}
	if g.knows.knownLabels && g.chance(20) {
		w.known = map[string]string{}
		if g.chance(40) {
			w.known = map[string]string{one(g.Rand, "tier", "track"): one(g.Rand, "x", "y")}
		}
		data, _ := json.Marshal(w.known)
		parts = append(parts, "knownLabels: "+string(data))
	}
	w.field = fmt.Sprintf("workloads: %q: {%s}", w.space.name+"/"+w.name, strings.Join(parts, ", "))
	g.workloads, g.fields = append(g.workloads, w), append(g.fields, w.field)
}

// inside is a peer of pods.
func (g *talkGenerator) inside() peer {
	if g.chance(70) {
		w := one(g.Rand, g.workloads...)
		return peer{w.space.name + "/" + w.name, oracle.Set{Pods: []oracle.Selection{{NamespaceSelector: w.space.selector, PodSelector: w.selector}}}}
	}
	if g.chance(15) {
		return peer{"*/*", oracle.Set{Pods: []oracle.Selection{{}}}}
	}
	s := one(g.Rand, g.spaces...)
	return peer{s.name + "/*", oracle.Set{Pods: []oracle.Selection{{NamespaceSelector: s.selector}}}}
}

// outside is a peer of addresses, or everyone.
func (g *talkGenerator) outside() peer {
	switch {
	case g.chance(50):
		return peer{"any", oracle.Set{Pods: []oracle.Selection{{}}, Addresses: []string{"0.0.0.0/0", "::/0"}}}
	case slices.ContainsFunc(g.fields, func(f string) bool { return strings.HasPrefix(f, "external") }) && g.chance(60):
		return peer{"cdn", oracle.Set{Blocks: []networkingv1.IPBlock{{CIDR: "198.51.100.0/24", Except: []string{"198.51.100.128/25"}}}}}
	}
	cidr := one(g.Rand, "10.0.0.0/8", "10.1.0.0/16", "198.51.100.0/26")
	return peer{cidr, oracle.Set{Addresses: []string{cidr}}}
}

func (g *talkGenerator) ports() []string {
	return one(g.Rand, []string{"8080"}, []string{"8080"}, []string{"5432"}, []string{"8080", "5432"}, []string{"*"}, []string{"80-9000"}, []string{"53/udp"}, []string{"*/udp"}, []string{"53"})
}

func (g *talkGenerator) ends() (from, to peer) {
	from, to = g.inside(), g.inside()
	switch g.IntN(7) {
	case 0:
		from = g.outside()
	case 1:
		to = g.outside()
	}
	return from, to
}

func (g *talkGenerator) edge() string {
	from, to := g.ends()
	if g.chance(8) {
		return fmt.Sprintf("%q", from.text+" -> dns")
	}
	return fmt.Sprintf("%q", from.text+" -> "+to.text+":"+strings.Join(g.ports(), ","))
}

// question asks for something near to what an edge says, or for anything.
func (g *talkGenerator) question(list string) asked {
	a := asked{list: list, ports: g.ports()}
	a.from, a.to = g.ends()
	if len(g.groups) > 0 && g.chance(30) {
		a.from = g.groups[0]
	}
	short := []string{"*/udp"} // only the short form says this
	if list == "forbid" && g.knows.except && g.chance(25) && !slices.Equal(a.ports, short) && !strings.Contains(a.to.text, ".") {
		but := g.inside()
		a.except, a.from.set.Except = but.text, but.set.Pods
	}
	return a
}

// source writes the package with the questions of some lists, each in a line that ends with a comment of its number.
func (x *talk) source(lists ...string) string {
	var b strings.Builder
	b.WriteString("package policy\n\n" + strings.Join(x.fields, "\n") + "\nallow: [\n\t" + strings.Join(x.edges, ",\n\t") + ",\n]\n")
	for _, list := range lists {
		field := list
		if list != "forbid" {
			field = "tests: " + list
		}
		fmt.Fprintf(&b, "%s: [\n", field)
		for i := range x.asked {
			if x.asked[i].list == list {
				fmt.Fprintf(&b, "\t%s, // asked %d.\n", x.asked[i].text(), i)
			}
		}
		b.WriteString("]\n")
	}
	return b.String()
}

// has reports whether the package still has a field.
func (x *talk) has(field string) bool { return slices.Contains(x.fields, field) }

// facts is what the package declares, and what is asked of it.
func (x *talk) facts() oracle.Facts {
	out := oracle.Facts{Namespaces: map[string]map[string]string{}, Known: map[int]map[string]string{}}
	for _, w := range x.workloads {
		if !x.has(w.field) {
			continue
		}
		if w.known != nil {
			out.Known[len(out.Workloads)] = w.known
		}
		out.Workloads = append(out.Workloads, oracle.Selection{NamespaceSelector: w.space.selector, PodSelector: w.selector})
	}
	for _, s := range x.spaces {
		switch {
		case !x.has(s.field):
		case s.byLabel:
			out.Entries = append(out.Entries, s.selector)
		case s.known != nil:
			out.Namespaces[s.name] = s.known
		default:
			out.Named = append(out.Named, s.name)
		}
	}
	for i := range x.asked {
		out.Sets = append(out.Sets, x.asked[i].from.set, x.asked[i].to.set)
		out.Ports = append(out.Ports, x.asked[i].ports...)
	}
	return out
}

// emitted reads the policies that npgen wrote.
func emitted(stream string) ([]networkingv1.NetworkPolicy, error) {
	var out []networkingv1.NetworkPolicy
	for document := range strings.SplitSeq(stream, "\n---\n") {
		if strings.TrimSpace(document) == "" {
			continue
		}
		var p networkingv1.NetworkPolicy
		if err := yaml.UnmarshalStrict([]byte(document), &p); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// finding is a finding in npgen's report.
type finding struct {
	Severity, Rule, Message string
	Line                    int
	Related                 []struct{ Line int }
}

// findings reads a report. What stands before it is not of it.
func findings(report string) ([]finding, error) {
	var out struct{ Findings []finding }
	at := strings.Index(report, "{")
	if at < 0 {
		return nil, fmt.Errorf("no report: %s", report)
	}
	err := json.Unmarshal([]byte(report[at:]), &out)
	return out.Findings, err
}
