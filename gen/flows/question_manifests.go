package flows

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
	"github.com/npgen/npgen/gen/world"
)

// manifestAsker resolves a question among the pods of manifests.
type manifestAsker struct {
	*targets
	question *question
	findings diag.List
	// notes say what the question was taken for.
	notes []string
}

func (a *manifestAsker) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(a.notes, text) {
		a.notes = append(a.notes, text)
	}
}

func (in *Inquiry) askManifests(q *question) ([]Asked, diag.List) {
	a := &manifestAsker{targets: in.targets, question: q}
	from, to := a.side(q.decl.From[0]), a.side(q.decl.To[0])
	if len(a.findings) > 0 {
		return nil, a.findings
	}
	var out []Asked
	for _, t := range a.withPort(to) {
		ports, ok := a.ports(t)
		for _, f := range from {
			if ok && (f.Pod != nil || t.Pod != nil) {
				out = append(out, Asked{From: f, To: t, Ports: ports})
			}
		}
	}
	switch {
	case len(a.findings) > 0:
		return nil, a.findings.Sorted()
	case len(out) == 0:
		return nil, outsideBoth(q)
	}
	out[0].Notes = a.notes
	return out, nil
}

// outsideBoth reports a question that is about no pods.
func outsideBoth(q *question) diag.List {
	var findings diag.List
	findings.Errorf(diag.OutsideBoth, q.decl.Pos, "`%s` and `%s` are both outside of what policies select", q.decl.From[0], q.decl.To[0]).
		WithHelp("one side must be a pod")
	return findings
}

// side returns what a peer stands for.
func (a *manifestAsker) side(ref graph.PeerRef) []Target {
	switch ref.Kind {
	case graph.Named:
		return a.named(ref)
	case graph.WholeNamespace:
		namespace := ref.Namespace
		if namespace == "" {
			namespace = a.onlyNamespace(ref)
		}
		if _, known := a.cluster.Namespaces[namespace]; !known && namespace != "" {
			a.unknown(ref, maps.Keys(a.cluster.Namespaces), "the manifests speak of no namespace `%s`", namespace)
			return nil
		}
		return a.namespace(namespace)
	case graph.AllNamespaces, graph.Any:
		return a.of(&graph.Peer{Kind: ref.Kind})
	case graph.CIDR:
		return a.of(&graph.Peer{Kind: graph.CIDR, Blocks: []graph.Block{{CIDR: ref.CIDR}}})
	}
	a.findings.Errorf(diag.UnknownName, ref.Pos, "only a policy package says what `%s` is", ref.PeerExpr).
		WithHelp("write the pods by labels, such as `kube-system/{k8s-app=kube-dns}`, or the addresses")
	return nil
}

// named returns the pods of a name, or those that the question gives by labels.
func (a *manifestAsker) named(ref graph.PeerRef) []Target {
	for _, t := range a.question.pods {
		if t.Name.Value == ref.Name && ref.Namespace == "" {
			return a.stands(t, ref)
		}
	}
	if _, isNamespace := a.cluster.Namespaces[servicePrefix]; ref.Namespace == servicePrefix && !isNamespace {
		return a.service(ref, "", ref.Name)
	}
	var found []*world.Pod
	names := map[string]bool{}
	for i := range a.cluster.Pods {
		p := &a.cluster.Pods[i]
		names[p.Namespace+"/"+p.Name], names[p.Name] = true, true
		if p.Name == ref.Name && (ref.Namespace == "" || ref.Namespace == p.Namespace) {
			found = append(found, p)
		}
	}
	namespaces := map[string]bool{}
	var out []Target
	for _, p := range found {
		namespaces[p.Namespace] = true
		out = append(out, Target{Name: p.Namespace + "/" + p.Name, Pod: p})
	}
	if len(found) == 0 { // a workload of a package whose pods have other names
		for name := range a.pods {
			ns, base, _ := strings.Cut(name, "/")
			names[name], names[base] = true, true
			if base == ref.Name && (ref.Namespace == "" || ref.Namespace == ns) {
				namespaces[ns] = true
				out = append(out, a.workload(name)...)
			}
		}
	}
	switch {
	case len(out) == 0 && len(a.services(ref.Namespace, ref.Name)) > 0:
		return a.service(ref, ref.Namespace, ref.Name)
	case len(out) == 0 && len(a.ofBuilt(ref.Namespace, ref.Name)) == 1:
		return a.ofBuilt(ref.Namespace, ref.Name)
	case len(out) == 0 && a.labelled(ref.Name) != "":
		a.findings.Errorf(diag.UnknownName, ref.Pos, "the manifests have no workload `%s`", ref.PeerExpr).
			WithHelp("did you mean %s?", a.labelled(ref.Name))
	case len(out) == 0:
		a.unknown(ref, maps.Keys(names), "the manifests have no workload `%s`", ref.PeerExpr)
	case len(namespaces) > 1:
		a.findings.Errorf(diag.UnknownName, ref.Pos, "`%s` is in several namespaces: %s", ref.Name, strings.Join(slices.Sorted(maps.Keys(namespaces)), ", ")).
			WithHelp("write `%s/%s`", slices.Min(slices.Collect(maps.Keys(namespaces))), ref.Name)
	}
	return out
}

// labelled returns pods that have a label of some value, or "": those that there are, else those of which policies speak.
func (a *manifestAsker) labelled(value string) string {
	spoken := ""
	for _, p := range a.cluster.Pods {
		for _, v := range p.Labels {
			switch {
			case v != value:
			case !p.Implied:
				return "`" + p.Namespace + "/" + p.Name + "`"
			case spoken == "":
				spoken = "the pods `" + p.Namespace + "/" + p.Name + "`, of which policies speak"
			}
		}
	}
	return spoken
}

// stands returns what a name stands for that the question was given instead of a peer.
func (a *manifestAsker) stands(t *graph.TestPeer, ref graph.PeerRef) []Target {
	end, isSpecial := a.question.ends[t.Name.Value]
	_, known := a.cluster.Namespaces[end.namespace]
	switch {
	case isSpecial && end.service != "":
		return a.service(ref, end.namespace, end.service)
	case isSpecial && !known && end.namespace != "" && end.namespace != other:
		a.unknown(ref, maps.Keys(a.cluster.Namespaces), "the manifests speak of no namespace `%s`", end.namespace)
		return nil
	case isSpecial:
		return a.special(end)
	}
	namespace := t.Namespace.Value
	if namespace == "" {
		namespace = a.onlyNamespace(ref)
	}
	out := a.byLabels(t, namespace)
	if len(out) == 1 && out[0].IsHypothetical && a.hasPods(namespace) {
		a.note("no pod of the input has the labels of `%s`; the answer is for one that had these and no others", out[0].Name)
	}
	return out
}

// onlyNamespace returns the namespace of a name without one: the only one that has pods or policies.
func (a *manifestAsker) onlyNamespace(ref graph.PeerRef) string {
	if namespaces := a.ownNamespaces(); len(namespaces) == 1 {
		return namespaces[0]
	}
	a.findings.Errorf(diag.NoNamespace, ref.Pos, "the manifests have several namespaces, and the question does not say which").
		WithHelp("write `ns/name`, `ns/*` or `{app: web, ns: shop}`")
	return ""
}

// ownNamespaces returns the namespaces that have pods or policies, sorted.
func (a *manifestAsker) ownNamespaces() []string {
	namespaces := map[string]bool{}
	for _, p := range a.cluster.Pods {
		if !p.Implied {
			namespaces[p.Namespace] = true
		}
	}
	for _, p := range a.cluster.Policies {
		namespaces[p.Namespace] = true
	}
	return slices.Sorted(maps.Keys(namespaces))
}

func (a *manifestAsker) unknown(ref graph.PeerRef, names func(func(string) bool), format string, args ...any) {
	finding := a.findings.Errorf(diag.UnknownName, ref.Pos, format, args...)
	if near := diag.Nearest(ref.PeerExpr.String(), names); near != "" {
		finding.WithHelp("did you mean `%s`?", near)
		return
	}
	namespace := "shop"
	if own := a.ownNamespaces(); len(own) > 0 {
		namespace = own[0]
	}
	finding.WithHelp("write the pods by labels, as `{app: %s, ns: %s}`", cmp.Or(ref.Name, "web"), cmp.Or(ref.Namespace, namespace))
}

// withPort returns the targets that have one of the ports which the question names: of whole namespaces those alone, else
// all. Numbers are for every pod.
func (a *manifestAsker) withPort(to []Target) []Target {
	decl := a.question.decl
	if !a.namesPorts() {
		return to
	}
	var out []Target
	known := make([]bool, len(decl.Ports.Tokens))
	for _, t := range to {
		has := false
		for i, tok := range decl.Ports.Tokens {
			if _, ok := namedPort(tok, t); ok {
				has, known[i] = true, true
			}
		}
		if has {
			out = append(out, t)
		}
	}
	for i, tok := range decl.Ports.Tokens {
		if !known[i] {
			a.findings.Errorf(diag.UnknownPortName, decl.TokenPos[i], "no workload of `%s` has a port `%s`", decl.To[0], tok.Name).WithHelp("write the number")
		}
	}
	return out
}

// namesPorts reports whether the question is about ports by name at whole namespaces.
func (a *manifestAsker) namesPorts() bool {
	decl := a.question.decl
	if kind := decl.To[0].Kind; decl.Ports == nil || kind != graph.WholeNamespace && kind != graph.AllNamespaces {
		return false
	}
	return slices.ContainsFunc(decl.Ports.Tokens, func(t graph.PortToken) bool { return t.Name != "" })
}

// ports returns the ports of the question at a target.
func (a *manifestAsker) ports(to Target) (sets.Ports, bool) {
	decl := a.question.decl
	var set graph.PortSet
	switch {
	case to.service != nil && (decl.Ports == nil || len(decl.Ports.Tokens) > 0):
		return a.servicePorts(to)
	case decl.Ports == nil:
		if to.Pod != nil {
			for _, p := range to.Pod.Ports {
				set.Add(graph.Port{Range: graph.Range{Lo: p.Port, Hi: p.Port}, Protocol: p.Protocol})
			}
		}
		if set.IsEmpty() {
			a.findings.Errorf(diag.NoPorts, decl.Pos, "the question names no ports, and `%s` has none in the manifests", to.Name).
				WithHelp("write `%s:443` with the port, or `%s:*` for all ports", decl.To[0], decl.To[0])
			return nil, false
		}
	case decl.Ports.All:
		set.All = true
	case decl.Ports.AllOf != nil:
		set.AddAll(*decl.Ports.AllOf)
	default:
		for i, tok := range decl.Ports.Tokens {
			port, ok := namedPort(tok, to)
			if behind := a.behindServices(tok, to); len(behind) > 0 {
				for _, p := range behind {
					set.Add(p)
				}
				continue
			}
			if !ok && a.namesPorts() {
				continue
			}
			if !ok {
				a.findings.Errorf(diag.UnknownPortName, decl.TokenPos[i], "`%s` has no port `%s`", to.Name, tok.Name).WithHelp("write the number")
				return nil, false
			}
			set.Add(port)
		}
	}
	return set.Set(), true
}

func namedPort(tok graph.PortToken, to Target) (graph.Port, bool) {
	if tok.Name == "" {
		return tok.Port, true
	}
	if to.Pod != nil {
		for _, p := range to.Pod.Ports {
			if p.Name == tok.Name {
				return graph.Port{Range: graph.Range{Lo: p.Port, Hi: p.Port}, Protocol: p.Protocol}, true
			}
		}
	}
	return graph.Port{}, false
}
