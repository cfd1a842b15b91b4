package graph

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/npgen/npgen/gen/diag"
)

// Link makes one graph of the packages of a build (docs/language.md, Several packages). The findings hold every name
// that does not resolve and every contradiction; the graph holds all that did resolve.
func Link(packages []*Package) (*Graph, diag.List) {
	l := &linker{
		g:          &Graph{Packages: packages, Complete: true},
		namespaces: map[string]*Namespace{},
		workloads:  map[string]*Workload{},
		scopes:     map[*Package]*scope{},
	}
	l.linkNamespaces()
	l.linkWorkloads()
	for _, p := range packages {
		l.scopes[p] = l.newScope(p)
	}
	for _, p := range packages {
		l.linkEdges(p)
	}
	return l.g, l.findings
}

type linker struct {
	g          *Graph
	findings   diag.List
	namespaces map[string]*Namespace
	workloads  map[string]*Workload
	scopes     map[*Package]*scope
}

// linkNamespaces makes one Namespace of all entries of a name.
func (l *linker) linkNamespaces() {
	for _, p := range l.g.Packages {
		if p.Namespace.IsSet() {
			l.namespace(p.Namespace).own(p, l)
		}
		for _, d := range p.Namespaces {
			l.linkNamespace(p, d)
		}
	}
	l.g.Namespaces = slices.SortedFunc(maps.Values(l.namespaces), func(a, b *Namespace) int {
		return cmp.Compare(a.Name, b.Name)
	})
	for _, p := range l.g.Packages {
		for _, n := range l.g.Namespaces {
			if n.Owned() && n.Owner != p && p.Owns(n.Name) {
				l.ownersAgree(n, p)
			}
		}
	}
}

func (l *linker) namespace(name Text) *Namespace {
	n := l.namespaces[name.Value]
	if n == nil {
		n = &Namespace{Name: name.Value, Pos: name.Pos}
		l.namespaces[name.Value] = n
	}
	return n
}

func (n *Namespace) own(p *Package, l *linker) {
	if n.Selector != nil {
		l.findings.Errorf(diag.PackageConflict, p.namespacePos(n.Name), "namespace `%s` is owned here and selected by labels elsewhere", n.Name).
			WithHelp("a namespace selected by labels is never owned; give the selector another name").
			WithRelated(n.Pos, "selected by labels here")
		return
	}
	if n.Owner == nil {
		n.Owner = p
		n.Pos = p.namespacePos(n.Name)
		n.Isolate, n.PerWorkload = p.isolation(n.Name)
	}
}

func (l *linker) linkNamespace(p *Package, d *NamespaceDecl) {
	isDefault := d.Name.Value == p.Namespace.Value
	owned := p.Owns(d.Name.Value)
	switch {
	case d.Selector != nil && (d.Owned.Is(true) || isDefault):
		l.findings.Errorf(diag.OwnedSelector, d.Name.Pos, "namespace `%s` is selected by labels and cannot be owned", d.Name.Value).
			WithHelp("policies are written into namespaces by name: remove `labels` and `expressions` to own it, or `owned` to use it as a peer")
	case isDefault && d.Owned.Is(false):
		l.findings.Errorf(diag.OwnedSelector, d.Owned.Pos, "`%s` is the default namespace and so owned", d.Name.Value).
			WithHelp("remove `owned: false`, or set another `namespace`")
	}
	if !owned && (d.Isolate.Set || d.Deny.IsSet()) {
		pos := d.Isolate.Pos
		if !d.Isolate.Set {
			pos = d.Deny.Pos
		}
		l.findings.Errorf(diag.OwnerOnly, pos, "namespace `%s` is only a peer here, so this package cannot isolate it", d.Name.Value).
			WithHelp("remove the field, or own the namespace")
	}
	n := l.namespace(d.Name)
	switch {
	case owned:
		n.own(p, l)
	case d.Selector != nil && n.Owned():
		l.findings.Errorf(diag.PackageConflict, d.Name.Pos, "namespace `%s` is selected by labels here and owned elsewhere", d.Name.Value).
			WithHelp("a namespace selected by labels is never owned; give the selector another name").
			WithRelated(n.Pos, "owned here")
	case d.Selector != nil && n.Selector == nil && l.declaredByName(n, p):
		l.findings.Errorf(diag.PackageConflict, d.Name.Pos, "namespace `%s` is selected by labels here and by name elsewhere", d.Name.Value).
			WithRelated(n.Pos, "selected by name here")
	case d.Selector != nil && n.Selector != nil && !equality.Semantic.DeepEqual(*n.Selector, d.Selector.LabelSelector):
		l.findings.Errorf(diag.PackageConflict, d.Name.Pos, "namespace `%s` is selected by other labels elsewhere", d.Name.Value).
			WithRelated(n.Pos, "selected here")
	case d.Selector != nil:
		n.Selector = &d.Selector.LabelSelector
	case n.Selector != nil:
		l.findings.Errorf(diag.PackageConflict, d.Name.Pos, "namespace `%s` is selected by name here and by labels elsewhere", d.Name.Value).
			WithRelated(n.Pos, "selected by labels here")
	}
}

// declaredByName reports whether an earlier package than p has an entry for the namespace.
func (l *linker) declaredByName(n *Namespace, p *Package) bool {
	for _, q := range l.g.Packages {
		if q == p {
			return false
		}
		if q.namespaceDecl(n.Name) != nil {
			return true
		}
	}
	return false
}

func (p *Package) namespaceDecl(name string) *NamespaceDecl {
	for _, d := range p.Namespaces {
		if d.Name.Value == name {
			return d
		}
	}
	return nil
}

func (p *Package) namespacePos(name string) diag.Pos {
	if d := p.namespaceDecl(name); d != nil {
		return d.Name.Pos
	}
	return p.Namespace.Pos
}

// isolation returns what the package says of an own namespace: the isolated directions, and whether each workload has
// its own default deny.
func (p *Package) isolation(name string) (Directions, bool) {
	isolate, deny := p.Isolate.Directions, p.Deny.Value
	if d := p.namespaceDecl(name); d != nil {
		if d.Isolate.Set {
			isolate = d.Isolate.Directions
		}
		if d.Deny.IsSet() {
			deny = d.Deny.Value
		}
	}
	return isolate, deny == "workload"
}

// ownersAgree checks that a second owner says the same of a namespace as the first.
func (l *linker) ownersAgree(n *Namespace, p *Package) {
	first := n.Owner
	conflict := func(field string, mine, theirs any, minePos, theirsPos diag.Pos) {
		l.findings.Errorf(diag.PackageConflict, cmp.Or(minePos, p.namespacePos(n.Name), p.Pos), "the owners of namespace `%s` disagree on `%s`: `%v` here, `%v` elsewhere", n.Name, field, mine, theirs).
			WithHelp("write the same in both packages, or let one of them set `namespaces: \"%s\": owned: false`", n.Name).
			WithRelated(cmp.Or(theirsPos, first.namespacePos(n.Name), first.Pos), "the other owner")
	}
	isolate, perWorkload := p.isolation(n.Name)
	if isolate != n.Isolate {
		conflict("isolate", isolate, n.Isolate, p.Isolate.Pos, first.Isolate.Pos)
	}
	if perWorkload != n.PerWorkload {
		conflict("deny", denyWord(perWorkload), denyWord(n.PerWorkload), p.Deny.Pos, first.Deny.Pos)
	}
	if p.DNS.describe() != first.DNS.describe() {
		conflict("dns", p.DNS.describe(), first.DNS.describe(), p.DNS.Pos, first.DNS.Pos)
	}
	for _, field := range p.Output.differences(first.Output) {
		conflict("output: "+field.name, field.mine, field.theirs, p.Output.Pos, first.Output.Pos)
	}
}

func denyWord(perWorkload bool) string {
	if perWorkload {
		return "workload"
	}
	return "namespace"
}

type outputDifference struct{ name, mine, theirs string }

func (o Output) differences(other Output) []outputDifference {
	var out []outputDifference
	add := func(name, mine, theirs string) {
		if mine != theirs {
			out = append(out, outputDifference{name, mine, theirs})
		}
	}
	grouping := map[bool]string{false: "workload", true: "edge"}
	add("name", o.Name, other.Name)
	add("grouping", grouping[o.PerEdge], grouping[other.PerEdge])
	add("labels", fmt.Sprint(o.Labels), fmt.Sprint(other.Labels))
	add("annotations", fmt.Sprint(o.Annotations), fmt.Sprint(other.Annotations))
	return out
}

// linkWorkloads makes one Workload of all entries of a name.
func (l *linker) linkWorkloads() {
	declared := map[*Workload]*WorkloadDecl{}
	owners := map[*Workload]*Package{}
	for _, p := range l.g.Packages {
		seen := map[string]Text{}
		for _, d := range p.Workloads {
			n, name, ok := l.workloadName(p, d)
			if !ok {
				continue
			}
			key := n.Name + "/" + name
			if other, twice := seen[key]; twice {
				l.findings.Errorf(diag.NameClash, d.Name.Pos, "the workload `%s` is declared twice, as `%s` and as `%s`", key, other.Value, d.Name.Value).
					WithHelp("keep one of the two").WithRelated(other.Pos, "the other declaration")
				continue
			}
			seen[key] = d.Name
			l.ownerFields(p, n, d)
			w := l.workloads[key]
			if w == nil {
				w = newWorkload(n, name, d)
				l.workloads[key], declared[w], owners[w] = w, d, p
				continue
			}
			l.mergeWorkload(w, d, p.Owns(n.Name), declared[w], owners[w].Owns(n.Name))
			if p.Owns(n.Name) && !owners[w].Owns(n.Name) {
				declared[w], owners[w] = d, p
			}
		}
	}
	l.g.Workloads = slices.SortedFunc(maps.Values(l.workloads), func(a, b *Workload) int {
		return cmp.Or(cmp.Compare(a.Namespace.Name, b.Namespace.Name), cmp.Compare(a.Name, b.Name))
	})
	for _, w := range l.g.Workloads {
		w.Namespace.Workloads = append(w.Namespace.Workloads, w)
	}
}

func (l *linker) workloadName(p *Package, d *WorkloadDecl) (*Namespace, string, bool) {
	ns, name, qualified := strings.Cut(d.Name.Value, "/")
	if !qualified {
		ns, name = p.Namespace.Value, d.Name.Value
	}
	if IsBuiltin(name) {
		l.findings.Errorf(diag.ReservedName, d.Name.Pos, "`%s` is the name of a built-in peer, so no workload can be called so", name).
			WithHelp("rename the workload and give its labels: `\"%s-pods\": labels: app: \"%s\"`", name, name)
		return nil, "", false
	}
	if ns == "" {
		l.findings.Errorf(diag.NoNamespace, d.Name.Pos, "the workload `%s` has no namespace, and the package sets no default `namespace`", name).
			WithHelp("set `namespace: \"...\"`, or write `\"ns/%s\"`", name)
		return nil, "", false
	}
	n := l.namespaces[ns]
	if n == nil {
		l.unknownNamespace(d.Name.Pos, ns, fmt.Sprintf("workload `%s`", d.Name.Value))
		return nil, "", false
	}
	return n, name, true
}

func (l *linker) unknownNamespace(pos diag.Pos, ns, where string) {
	help := fmt.Sprintf("declare it: `namespaces: \"%s\": {}` to own it, or `{owned: false}` for a peer only", ns)
	if near := diag.Nearest(ns, maps.Keys(l.namespaces)); near != "" {
		help = fmt.Sprintf("did you mean `%s`? else %s", near, help)
	}
	l.findings.Errorf(diag.UnknownNamespace, pos, "the namespace `%s` of %s is not declared", ns, where).WithHelp("%s", help)
}

// ownerFields refuses what only the owner of a namespace may say of a workload.
func (l *linker) ownerFields(p *Package, n *Namespace, d *WorkloadDecl) {
	if p.Owns(n.Name) {
		return
	}
	refuse := func(given bool, field string, pos diag.Pos) {
		if given {
			l.findings.Errorf(diag.OwnerOnly, pos, "`%s` of `%s` can only be set by a package that owns the namespace `%s`", field, d.Name.Value, n.Name).
				WithHelp("remove `%s`, or own the namespace", field)
		}
	}
	refuse(d.Isolate.Set, "isolate", d.Isolate.Pos)
	refuse(d.DNS.Set, "dns", d.DNS.Pos)
	refuse(d.Elsewhere.Set, "elsewhere", d.Elsewhere.Pos)
	if d.Service != nil {
		refuse(true, "service", d.Service.Pos)
	}
}

func newWorkload(n *Namespace, name string, d *WorkloadDecl) *Workload {
	w := &Workload{
		Namespace: n, Name: name, Pos: d.Name.Pos, IsolatePos: d.Name.Pos,
		Ports: d.Ports, Isolate: n.Isolate, DNS: d.DNS,
		Elsewhere: d.Elsewhere.Value, HostNetwork: d.HostNetwork.Value, Service: d.Service,
		Selector: workloadSelector(name, d),
	}
	w.setIsolate(d)
	return w
}

func (w *Workload) setIsolate(d *WorkloadDecl) {
	if d.Isolate.Set {
		w.Isolate, w.IsolatePos = d.Isolate.Directions, d.Isolate.Pos
	}
}

// mergeWorkload adds a second package's declaration of a workload.
func (l *linker) mergeWorkload(w *Workload, d *WorkloadDecl, owns bool, first *WorkloadDecl, firstOwns bool) {
	conflict := func(what string) {
		l.findings.Errorf(diag.PackageConflict, d.Name.Pos, "the workload `%s` is declared with other %s elsewhere", w, what).
			WithHelp("declare it alike in both packages").WithRelated(first.Name.Pos, "the other declaration")
	}
	if selector := workloadSelector(w.Name, d); !equality.Semantic.DeepEqual(selector, w.Selector) {
		conflict("labels or expressions")
	}
	if d.HostNetwork.Value != w.HostNetwork {
		conflict("`hostNetwork`")
	}
	l.mergePorts(w, d, owns, firstOwns, conflict)
	if !owns {
		return
	}
	switch {
	case !d.Isolate.Set:
	case first.Isolate.Set && firstOwns && first.Isolate.Directions != d.Isolate.Directions:
		conflict("`isolate`")
	default:
		w.setIsolate(d)
	}
	if d.DNS.Set && w.DNS.Set && d.DNS.Value != w.DNS.Value {
		conflict("`dns`")
	}
	if d.DNS.Set {
		w.DNS = d.DNS
	}
	if d.Service != nil && w.Service != nil && !d.Service.equal(w.Service) {
		conflict("`service`")
	}
	w.Service = cmp.Or(w.Service, d.Service)
	w.Elsewhere = w.Elsewhere || d.Elsewhere.Value
}

// mergePorts joins the ports of two declarations: those of equals must be equal, a package that does not own the
// namespace may list fewer than one that does.
func (l *linker) mergePorts(w *Workload, d *WorkloadDecl, owns, firstOwns bool, conflict func(string)) {
	switch {
	case owns && firstOwns:
		if !samePorts(w.Ports, d.Ports) {
			conflict("ports")
		}
	case owns:
		if !portsWithin(w.Ports, d.Ports) {
			conflict("ports")
		}
		w.Ports = d.Ports
		w.Pos = d.Name.Pos
	case firstOwns:
		if !portsWithin(d.Ports, w.Ports) {
			conflict("ports")
		}
	default:
		for _, p := range d.Ports {
			switch q := findPort(w.Ports, p.Name); {
			case q == nil:
				w.Ports = append(slices.Clone(w.Ports), p)
			case q.Port != p.Port:
				conflict("ports")
			}
		}
	}
}

func samePorts(a, b []NamedPort) bool { return len(a) == len(b) && portsWithin(a, b) }

func portsWithin(a, b []NamedPort) bool {
	for _, p := range a {
		if q := findPort(b, p.Name); q == nil || q.Port != p.Port {
			return false
		}
	}
	return true
}

func findPort(ports []NamedPort, name string) *NamedPort {
	for i := range ports {
		if ports[i].Name == name {
			return &ports[i]
		}
	}
	return nil
}

func (s *Service) equal(t *Service) bool {
	if s.Name != t.Name || len(s.Ports) != len(t.Ports) {
		return false
	}
	for i, p := range s.Ports {
		q := t.Ports[i]
		if p.Port != q.Port || p.Target.Port != q.Target.Port || p.Target.Name != q.Target.Name {
			return false
		}
	}
	return true
}
