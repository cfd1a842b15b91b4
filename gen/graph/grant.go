package graph

import (
	"slices"

	"github.com/npgen/npgen/gen/diag"
)

// ownedAlone refuses a second owner of a namespace whose owner says what others may open there: who may write what he
// likes into a namespace is an owner too, and a grant that anybody can get around protects nothing.
func (l *linker) ownedAlone(n *Namespace, p *Package) {
	first := n.Owner
	granting := first
	if !first.Grant.Set {
		granting = p
	}
	if !granting.Grant.Set {
		return
	}
	l.findings.Errorf(diag.PackageConflict, p.namespacePos(p.namespaceDecl(n.Name)), "namespace `%s` has two owners, and `grant` needs one: an owner may open what it likes", n.Name).
		WithHelp("let one package alone own the namespace; the other lists it with `owned: false`, or not at all").
		WithRelated(first.namespacePos(first.namespaceDecl(n.Name)), "the other owner").
		WithRelated(granting.Grant.Pos, "`grant`")
}

// ownGrant refuses a grant that says nothing of the namespaces that its package owns.
func (s *scope) ownGrant(d *EdgeDecl, pairs []*Edge) {
	for _, e := range pairs {
		if s.p.holds(e.From) || s.p.holds(e.To) {
			continue
		}
		s.l.findings.Errorf(diag.OwnerOnly, d.Pos, "the grant `%s` is for namespaces that this package does not own", e.Text(d.home(s))).
			WithHelp("one end is a workload or `*` of a namespace that this package owns; only an owner can grant")
	}
}

// holds reports whether a peer is a subject in a namespace that the package owns.
func (p *Package) holds(x *Peer) bool {
	switch {
	case x.Workload != nil || x.Kind == WholeNamespace:
		return p.Owns(x.Namespace.Name)
	case x.Kind == AllNamespaces:
		return p.Namespace.IsSet() || slices.ContainsFunc(p.Namespaces, func(d *NamespaceDecl) bool { return p.Owns(d.Name.Value) })
	}
	return false
}
