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

// declaration is what one package says of a workload.
type declaration struct {
	*WorkloadDecl
	by *Package
}

// linkWorkloads makes one Workload of all entries of a name.
func (l *linker) linkWorkloads() {
	most := 0
	for _, p := range l.g.Packages {
		most += len(p.Workloads)
	}
	l.workloads = make(map[string]*Workload, most)
	// Of each workload, the declaration that counts, which is the first of an owner or else the first, and the latest.
	workloads, counts, latest := make([]Workload, 0, most), make([]declaration, 0, most), make([]declaration, 0, most)
	for _, p := range l.g.Packages {
		l.withoutNamespace(p)
		for _, d := range p.Workloads {
			n, name, ok := l.workloadName(p, d)
			if !ok {
				continue
			}
			w := l.workload(n.Name, name)
			l.knownFit(name, d)
			if w == nil {
				l.ownerFields(p, n, d)
				workloads = append(workloads, newWorkload(n, name, d))
				w = &workloads[len(workloads)-1]
				w.number = len(counts)
				l.workloads[w.full] = w
				counts, latest = append(counts, declaration{d, p}), append(latest, declaration{d, p})
				continue
			}
			if other := latest[w.number]; other.by == p {
				l.findings.Errorf(diag.NameClash, d.Name.Pos, "the workload `%s` is declared twice, as `%s` and as `%s`", w, other.Name.Value, d.Name.Value).
					WithHelp("keep one of the two").WithRelated(other.Name.Pos, "the other declaration")
				continue
			}
			latest[w.number] = declaration{d, p}
			l.ownerFields(p, n, d)
			first := counts[w.number]
			owns, firstOwns := p.Owns(n.Name), first.by.Owns(n.Name)
			l.mergeWorkload(w, d, owns, first.WorkloadDecl, firstOwns)
			if owns && !firstOwns {
				counts[w.number] = declaration{d, p}
			}
		}
	}
	l.g.Workloads = make([]*Workload, len(workloads))
	for i := range workloads {
		l.g.Workloads[i] = &workloads[i]
	}
	slices.SortFunc(l.g.Workloads, func(a, b *Workload) int {
		if a.Namespace != b.Namespace {
			return strings.Compare(a.Namespace.Name, b.Namespace.Name)
		}
		return strings.Compare(a.Name, b.Name)
	})
	for i, w := range l.g.Workloads {
		n := w.Namespace
		n.Workloads = l.g.Workloads[i-len(n.Workloads) : i+1 : i+1]
	}
}

// workload returns a workload by its namespace and name; nil where there is none.
func (l *linker) workload(namespace, name string) *Workload {
	l.key = append(append(append(l.key[:0], namespace...), '/'), name...)
	return l.workloads[string(l.key)]
}

func (l *linker) workloadName(p *Package, d *WorkloadDecl) (*Namespace, string, bool) {
	ns, name, qualified := strings.Cut(d.Name.Value, "/")
	if !qualified {
		ns, name = p.Namespace.Value, d.Name.Value
	}
	if l.g.IsReserved(name) {
		l.findings.Errorf(diag.ReservedName, d.Name.Pos, "`%s` is the name of a built-in peer, so no workload can be called so", name).
			WithHelp("rename the workload and give its labels: `\"%s-pods\": labels: app: \"%s\"`", name, name)
		return nil, "", false
	}
	if ns == "" {
		return nil, "", false
	}
	n := l.namespaces[ns]
	if n == nil {
		l.unknownNamespace(d.Name.Pos, ns, fmt.Sprintf("workload `%s`", d.Name.Value))
		return nil, "", false
	}
	return n, name, true
}

// withoutNamespace reports the workloads without a namespace of a package, at the first: what is missing is one field.
func (l *linker) withoutNamespace(p *Package) {
	var first *WorkloadDecl
	n := 0
	for _, d := range p.Workloads {
		if p.Namespace.Value != "" || strings.Contains(d.Name.Value, "/") || IsBuiltin(d.Name.Value) {
			continue
		}
		if n++; first == nil || d.Name.Pos.Compare(first.Name.Pos) < 0 {
			first = d
		}
	}
	if first == nil {
		return
	}
	name := first.Name.Value
	who := fmt.Sprintf("the workload `%s` has", name)
	if n > 1 {
		who = fmt.Sprintf("the workload `%s` and %d more have", name, n-1)
	}
	l.findings.Errorf(diag.NoNamespace, first.Name.Pos, "%s no namespace, and the package sets no default `namespace`", who).
		WithHelp("set `namespace: \"...\"`, or write `\"ns/%s\"`", name)
}

func (l *linker) unknownNamespace(pos diag.Pos, ns, where string) {
	help := fmt.Sprintf("declare it: `namespaces: \"%s\": owned: false` for a peer only, or `{}` to own it", ns)
	if near := diag.Nearest(ns, maps.Keys(l.namespaces)); near != "" {
		help = fmt.Sprintf("did you mean `%s`? else %s", near, help)
	}
	l.findings.Errorf(diag.UnknownNamespace, pos, "the namespace `%s` of %s is not declared", ns, where).WithHelp("%s", help)
}

// ownerFields refuses what only the owner of a namespace may say of a workload.
func (l *linker) ownerFields(p *Package, n *Namespace, d *WorkloadDecl) {
	if n.Owner == p || p.Owns(n.Name) {
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

func newWorkload(n *Namespace, name string, d *WorkloadDecl) Workload {
	full := d.Name.Value
	if full == name {
		full = n.Name + "/" + name
	}
	w := Workload{
		Namespace: n, Name: name, full: full, Pos: d.Name.Pos, IsolatePos: d.Name.Pos,
		Ports: d.Ports, Isolate: n.Isolate, DNS: d.DNS,
		Elsewhere: d.Elsewhere.Value, HostNetwork: d.HostNetwork.Value, Service: d.Service,
		Selector: workloadSelector(name, d),
	}
	w.setIsolate(d)
	if k := d.KnownLabels; k != nil {
		w.KnownLabels, w.KnownLabelsPos = k.Labels, k.Pos
	}
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
	l.knowWorkload(w, d.KnownLabels)
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
				w.Ports = slices.SortedFunc(slices.Values(append(slices.Clone(w.Ports), p)), func(a, b NamedPort) int {
					return cmp.Compare(a.Name, b.Name)
				})
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
