package draft

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue/ast"

	"github.com/npgen/npgen/gen/graph"
)

func (s *starter) line(text string, args ...any) {
	fmt.Fprintf(&s.out, text+"\n", args...)
}

func (s *starter) comment(text string, args ...any) {
	for line := range strings.Lines(fmt.Sprintf(text, args...)) {
		s.line("// %s", strings.TrimSuffix(line, "\n"))
	}
}

func (s *starter) head(name string) {
	if name == "" || ast.StringLabelNeedsQuoting(name) || name[0] == '_' || name[0] == '#' {
		name = "policy"
	}
	s.comment("A first policy package, made from manifests. The edges are guesses: read each one before you apply the policies.")
	s.comment("`npgen vet` shows what is wrong or missing; with --manifests it compares the package with the manifests.")
	s.line("package %s\n", name)
}

// owned reports whether the package writes policies for a namespace. Those of the cluster itself it only talks to.
func (s *starter) owned(namespace string) bool {
	return !strings.HasPrefix(namespace, "kube-") && !strings.HasPrefix(namespace, "openshift-")
}

func (s *starter) namespaces() {
	if s.mostUnknown(s.guesses) {
		s.comment("guessed: whom these workloads call stands in their code, so this draft does not close egress")
		s.line(`isolate: "ingress"`)
	}
	guessed := s.assumed != "" && slices.Contains(s.names, s.assumed)
	comment := "guessed, for the manifests that give none"
	if s.homeNamed {
		comment = "guessed for manifests that give none, as others give it"
	}
	if s.single() {
		if guessed && !s.homeNamed {
			s.comment("guessed: the manifests give none; write the one that they are applied to")
		} else if guessed {
			s.comment("%s", comment)
		}
		s.line("namespace: %s", strconv.Quote(s.names[0]))
	}
	if !s.single() || len(s.aliases) > 0 {
		s.line("namespaces: {")
	}
	for _, n := range s.names {
		if s.single() {
			break
		}
		if guessed && n == s.assumed {
			s.comment("%s", comment)
		}
		if s.owned(n) {
			s.line("%s: {}", FieldName(n))
		} else {
			s.comment("part of the cluster: a peer, not isolated by this package")
			s.line("%s: owned: false", FieldName(n))
		}
	}
	for _, a := range s.aliases {
		if a.comment != "" {
			s.comment("%s", a.comment)
		}
		s.line("%s: {%s}", FieldName(a.name), a.fields)
	}
	if !s.single() || len(s.aliases) > 0 {
		s.line("}")
	}
	if s.OpenShift {
		s.line("")
		s.comment("guessed: there are Routes, so this is OpenShift")
		s.line(`dns: profile: "openshift"`)
	}
}

func (s *starter) externalsField() {
	if len(s.externals) == 0 {
		return
	}
	s.line("\nexternal: {")
	for _, e := range s.externals {
		s.line("%s: {%s}", FieldName(e.name), e.fields)
	}
	s.line("}")
}

// single reports whether names need no qualifier.
func (s *starter) single() bool { return len(s.names) == 1 && s.owned(s.names[0]) }

// peer returns a workload as an edge names it.
func (s *starter) peer(u *unit) string {
	if s.single() {
		return u.name
	}
	return u.namespace + "/" + u.name
}

// FieldName returns a field name, in quotes where CUE needs them.
func FieldName(name string) string {
	if ast.StringLabelNeedsQuoting(name) {
		return strconv.Quote(name)
	}
	return name
}

func (s *starter) workloads() {
	s.line("\nworkloads: {")
	for _, u := range s.units {
		var makers []string
		for _, w := range u.members {
			makers = append(makers, w.Kind+" "+w.Name)
		}
		slices.Sort(makers)
		s.comment("%s", OneLine(strings.Join(makers, ", ")))
		s.workload(u)
	}
	for _, w := range s.loose {
		s.comment("%s has no labels, so no policy can select it", OneLine(w.Kind+" "+w.Name))
	}
	s.line("}")
}

func (s *starter) workload(u *unit) {
	var fields []string
	if !u.byDefault {
		var labels []string
		for _, k := range slices.Sorted(maps.Keys(u.labels)) {
			labels = append(labels, FieldName(k)+": "+strconv.Quote(u.labels[k]))
		}
		fields = append(fields, field("labels", labels))
	}
	if len(u.ports) > 0 {
		var ports []string
		for _, p := range u.ports {
			ports = append(ports, FieldName(p.Name)+": "+PortValue(p.Port))
		}
		fields = append(fields, field("ports", ports))
	}
	if u.hostNetwork() {
		fields = append(fields, "hostNetwork: true")
	}
	if u.members[0].Made {
		fields = append(fields, "elsewhere: true")
	}
	if s.owned(u.namespace) && len(u.services) > 0 {
		fields = append(fields, u.service())
	}
	s.line("%s", field(FieldName(s.peer(u)), fields))
}

// service returns the field `service` of a workload.
func (u *unit) service() string {
	var ports, fields []string
	if u.serviceName != "" {
		fields = append(fields, "name: "+strconv.Quote(u.serviceName))
	}
	for _, p := range u.services {
		ports = append(ports, strconv.Quote(p.port.String())+": "+PortValue(p.target))
	}
	return field("service", append(fields, field("ports", ports)))
}

// PortValue returns a port as CUE: a number for TCP, else text.
func PortValue(p graph.Port) string {
	if p.Protocol == graph.TCP {
		return p.String()
	}
	return strconv.Quote(p.String())
}

// field returns a field with the fields it holds, on one line where that is short.
func field(name string, fields []string) string {
	body := strings.Join(fields, ", ")
	switch {
	case len(fields) == 1:
		return name + ": " + body
	case len(body) > 60 || strings.Contains(body, "\n"):
		return name + ": {\n" + strings.Join(fields, "\n") + "\n}"
	}
	return name + ": {" + body + "}"
}

// quoteEdge returns an edge as CUE.
func quoteEdge(text string) string { return strconv.Quote(text) }

// edgeLine returns a guessed edge with its evidence; one that lacks something is a comment.
func (s *starter) edgeLine(e *guessed) string {
	text := quoteEdge(fmt.Sprintf("%s -> %s:%s", e.from, s.peer(e.to), e.ports))
	if e.lacks != "" {
		return "// " + text + " (" + e.why() + ")"
	}
	return text + ", // " + e.why()
}

func (s *starter) allow() {
	var sure, unsure []string
	for _, e := range s.guesses {
		if e.sure {
			sure = append(sure, s.edgeLine(e))
		} else {
			unsure = append(unsure, s.edgeLine(e))
		}
	}
	if needs := s.needs(); len(needs) > 0 {
		if !s.knowsAPI {
			sure = append(sure, "", "// these need the API server, and are cut off from it until the package says where that is:", "// `apiserver: {cidrs: [...], ports: [...]}`, see `kubectl get endpointslices kubernetes`")
		}
		sure = append(sure, needs...)
	}
	s.line("")
	s.comment("guessed from what the manifests name; traffic to addresses outside of the cluster is not: `name -> internet:443`")
	policies := s.policyEdges()
	if len(policies) == 0 && len(unsure) == 0 {
		s.line("allow: [")
		s.lines(sure)
		s.line("]")
	} else {
		s.line("allow: {")
		s.topic("named", "addresses that one workload is given", sure)
		s.topic("policies", "what the NetworkPolicies that lie here open; `npgen import` makes a package that means just what they mean", policies)
		s.topic("unsure", "addresses that several are given and of which each may use a part, and ports that are one of several", unsure)
		s.line("}")
	}
	s.strangers()
}

func (s *starter) lines(all []string) {
	for _, line := range all {
		s.line("%s", line)
	}
}

func (s *starter) topic(name, comment string, edges []string) {
	if len(edges) > 0 {
		s.comment("%s", comment)
		s.line("%s: [", name)
		s.lines(edges)
		s.line("]")
	}
}

// strangers writes whom nobody calls.
func (s *starter) strangers() {
	names, ports := s.unreached(s.guesses)
	if len(names) > 0 {
		s.line("")
	}
	for _, name := range names {
		if slices.ContainsFunc(slices.Collect(maps.Keys(s.told)), func(t string) bool { return strings.HasPrefix(t, name+":") }) {
			continue
		}
		s.comment("nobody calls %s:%s: who should?", name, strings.Join(ports[name], ","))
	}
}
