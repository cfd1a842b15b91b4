package graph

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/diag"
)

// Link makes one graph of the packages of a build (docs/language.md, Several packages). The findings hold every name
// that does not resolve and every contradiction; the graph holds all that did resolve.
func Link(packages []*Package) (*Graph, diag.List) {
	return LinkWithin(packages, budget.Limits{})
}

// LinkWithin is Link with limits. Where groups multiply to more edges than those allow, a finding of rule over-budget
// says at which edge, and the graph is of no use.
func LinkWithin(packages []*Package, limits budget.Limits) (*Graph, diag.List) {
	l := &linker{
		g: &Graph{Packages: packages, Complete: true}, namespaces: map[string]*Namespace{},
		room: limits.Or(budget.Defaults()).Edges, most: limits.Or(budget.Defaults()).Edges,
	}
	l.linkCluster()
	l.linkNamespaces()
	l.linkWorkloads()
	l.g.number()
	l.linkEdges()
	l.g.linkDNS()
	return l.g, l.findings
}

type linker struct {
	g          *Graph
	findings   diag.List
	namespaces map[string]*Namespace
	// workloads is by ns/name; key is room for one.
	workloads map[string]*Workload
	key       []byte
	// edges is room for those to come.
	edges []Edge
	// room is how many edges may still be added of the most; below 0 one was refused.
	room, most int64
}

// linkNamespaces makes one Namespace of all entries of a name.
func (l *linker) linkNamespaces() {
	for _, p := range l.g.Packages {
		if p.Namespace.IsSet() {
			l.namespace(p.Namespace).own(p, p.namespaceDecl(p.Namespace.Value), l)
		}
		for _, d := range p.Namespaces {
			l.linkNamespace(p, d)
		}
	}
	l.g.Namespaces = slices.SortedFunc(maps.Values(l.namespaces), func(a, b *Namespace) int {
		return cmp.Compare(a.Name, b.Name)
	})
	for _, p := range l.g.Packages {
		l.secondOwner(p, p.Namespace.Value)
		for _, d := range p.Namespaces {
			if d.Name.Value != p.Namespace.Value {
				l.secondOwner(p, d.Name.Value)
			}
		}
	}
}

// secondOwner checks a package that owns a namespace after another one.
func (l *linker) secondOwner(p *Package, namespace string) {
	if n := l.namespaces[namespace]; n != nil && n.Owned() && n.Owner != p && p.Owns(namespace) {
		before := len(l.findings)
		l.ownersAgree(n, p)
		l.ownedAlone(n, p)
		if len(l.findings) == before {
			l.ownedApart(n, p)
		}
	}
}

// ownedApart says that a namespace has owners in different folders: so do the packages of two clusters that say nothing of
// it, which are one graph then.
func (l *linker) ownedApart(n *Namespace, p *Package) {
	if p.folder() == n.Owner.folder() {
		return
	}
	own, first := p.namespaceDecl(n.Name), n.Owner.namespaceDecl(n.Name)
	l.findings.Infof(diag.SharedNamespace, p.namespacePos(own), "namespace `%s` is owned here and by the package in `%s`, and what both say adds up", n.Name, n.Owner.folder()).
		WithHelp("packages of different clusters say so: `cluster: name: \"...\"`").
		WithRelated(n.Owner.namespacePos(first), "the other owner")
}

// folder returns the folder of the package as the user named it.
func (p *Package) folder() string {
	if path.Ext(p.Path) == ".cue" {
		return path.Dir(filepath.ToSlash(p.Path))
	}
	return path.Clean(filepath.ToSlash(p.Path))
}

func (l *linker) namespace(name Text) *Namespace {
	n := l.namespaces[name.Value]
	if n == nil {
		n = &Namespace{Name: name.Value, Pos: name.Pos}
		l.namespaces[name.Value] = n
	}
	return n
}

// own makes a package the owner of a namespace; d is the package's entry for it, if any.
func (n *Namespace) own(p *Package, d *NamespaceDecl, l *linker) {
	if n.Selector != nil {
		l.findings.Errorf(diag.PackageConflict, p.namespacePos(d), "namespace `%s` is owned here and selected by labels elsewhere", n.Name).
			WithHelp("a namespace selected by labels is never owned; give the selector another name").
			WithRelated(n.Pos, "selected by labels here")
		return
	}
	if n.Owner == nil {
		n.Owner = p
		n.Pos = p.namespacePos(d)
		n.Isolate, n.PerWorkload = p.isolation(d)
	}
}

func (l *linker) linkNamespace(p *Package, d *NamespaceDecl) {
	isDefault := d.Name.Value == p.Namespace.Value
	owned := isDefault || d.isOwned()
	switch {
	case d.Selector != nil && isDefault:
		l.findings.Errorf(diag.OwnedSelector, d.Name.Pos, "namespace `%s` is selected by labels and cannot be the default namespace, which is owned", d.Name.Value).
			WithHelp("policies are written into namespaces by name: remove `labels` and `expressions`, or give the selector another name")
	case d.Selector != nil && d.Owned.Is(true):
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
	l.knowNamespace(n, d.KnownLabels)
	switch {
	case owned:
		n.own(p, d, l)
	case d.Selector != nil && n.Owned():
		l.findings.Errorf(diag.PackageConflict, d.Name.Pos, "namespace `%s` is selected by labels here and owned elsewhere", d.Name.Value).
			WithHelp("a namespace selected by labels is never owned; give the selector another name").
			WithRelated(n.Pos, "owned here")
	case d.Selector != nil && n.Selector == nil && l.declaredByName(n, p):
		l.findings.Errorf(diag.PackageConflict, d.Name.Pos, "namespace `%s` is selected by labels here and by name elsewhere", d.Name.Value).
			WithHelp("give the selector another name").WithRelated(n.Pos, "selected by name here")
	case d.Selector != nil && n.Selector != nil && !equality.Semantic.DeepEqual(*n.Selector, d.Selector.LabelSelector):
		l.findings.Errorf(diag.PackageConflict, d.Name.Pos, "namespace `%s` is selected by other labels elsewhere", d.Name.Value).
			WithHelp("write the same labels in both packages, or give one selector another name").WithRelated(n.Pos, "selected here")
	case d.Selector != nil:
		n.Selector = &d.Selector.LabelSelector
	case n.Selector != nil:
		l.findings.Errorf(diag.PackageConflict, d.Name.Pos, "namespace `%s` is selected by name here and by labels elsewhere", d.Name.Value).
			WithHelp("give the selector another name").WithRelated(n.Pos, "selected by labels here")
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

// namespacePos returns where the package speaks of a namespace; d is its entry for it, if any.
func (p *Package) namespacePos(d *NamespaceDecl) diag.Pos {
	if d != nil {
		return d.Name.Pos
	}
	return p.Namespace.Pos
}

// isolation returns what the package says of an own namespace: the isolated directions, and whether each workload has
// its own default deny; d is the package's entry for it, if any.
func (p *Package) isolation(d *NamespaceDecl) (Directions, bool) {
	isolate, deny := p.Isolate.Directions, p.Deny.Value
	if d != nil {
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
	own, other := p.namespaceDecl(n.Name), first.namespaceDecl(n.Name)
	conflict := func(field string, mine, theirs any, minePos, theirsPos diag.Pos) {
		l.findings.Errorf(diag.PackageConflict, written(minePos, p.namespacePos(own), p.Pos), "the owners of namespace `%s` disagree on `%s`: `%v` here, `%v` elsewhere", n.Name, field, mine, theirs).
			WithHelp("write the same in both packages, or let one of them alone own the namespace").
			WithRelated(written(theirsPos, first.namespacePos(other), first.Pos), "the other owner")
	}
	isolate, perWorkload := p.isolation(own)
	mine, theirs := cmp.Or(own, &NamespaceDecl{}), cmp.Or(other, &NamespaceDecl{})
	if isolate != n.Isolate {
		conflict("isolate", isolate, n.Isolate, written(mine.Isolate.Pos, p.Isolate.Pos), written(theirs.Isolate.Pos, first.Isolate.Pos))
	}
	if perWorkload != n.PerWorkload {
		conflict("deny", denyWord(perWorkload), denyWord(n.PerWorkload), written(mine.Deny.Pos, p.Deny.Pos), written(theirs.Deny.Pos, first.Deny.Pos))
	}
	if p.DNS.describe() != first.DNS.describe() {
		conflict("dns", p.DNS.describe(), first.DNS.describe(), p.DNS.Pos, first.DNS.Pos)
	}
	for _, field := range p.Output.differences(first.Output) {
		conflict("output: "+field.name, field.mine, field.theirs, p.Output.Pos, first.Output.Pos)
	}
}

// written returns the first place that has a line, else the last of all.
func written(places ...diag.Pos) diag.Pos {
	for _, p := range places {
		if p.Line > 0 {
			return p
		}
	}
	return places[len(places)-1]
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
	add("waves", o.Waves.String(), other.Waves.String())
	add("target", o.Target.String(), other.Target.String())
	add("staged", fmt.Sprint(o.Staged.Value), fmt.Sprint(other.Staged.Value))
	add("omitNamespace", fmt.Sprint(o.OmitNamespace.Value), fmt.Sprint(other.OmitNamespace.Value))
	add("labels", mapText(o.Labels), mapText(other.Labels))
	add("annotations", mapText(o.Annotations), mapText(other.Annotations))
	return out
}

// mapText returns labels as CUE writes them, sorted.
func mapText(m map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%q: %q", k, m[k]))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
