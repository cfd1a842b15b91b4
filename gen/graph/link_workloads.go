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
		Namespace: n, Name: name, full: n.Name + "/" + name, Pos: d.Name.Pos, IsolatePos: d.Name.Pos,
		Ports: d.Ports, Isolate: n.Isolate, DNS: d.DNS,
		Elsewhere: d.Elsewhere.Value, HostNetwork: d.HostNetwork.Value, Service: d.Service,
		Selector: workloadSelector(name, d),
	}
	w.setIsolate(d)
	w.peer = Peer{Namespace: n, Workload: w}
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
