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
	guessed := s.assumed != "" && slices.Contains(s.names, s.assumed)
	if guessed && s.single() {
		s.comment("guessed: the manifests give none; write the one that they are applied to")
	}
	if s.single() {
		s.line("namespace: %s", strconv.Quote(s.names[0]))
	} else {
		s.line("namespaces: {")
		for _, n := range s.names {
			if guessed && n == s.assumed {
				s.comment("guessed, for the manifests that give none")
			}
			if s.owned(n) {
				s.line("%s: {}", FieldName(n))
			} else {
				s.comment("part of the cluster: a peer, not isolated by this package")
				s.line("%s: owned: false", FieldName(n))
			}
		}
		s.line("}")
	}
	if s.OpenShift {
		s.line("")
		s.comment("guessed: there are Routes, so this is OpenShift")
		s.line(`dns: profile: "openshift"`)
	}
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

func (s *starter) allow() {
	edges := s.edges()
	s.line("")
	s.comment("guessed from what the manifests name; traffic to addresses outside of the cluster is not: `name -> internet:443`")
	s.line("allow: [")
	for _, e := range edges {
		text := fmt.Sprintf("%s -> %s:%s", e.from, s.peer(e.to), e.ports)
		if e.possible() {
			s.line("%s, // %s", strconv.Quote(text), e.why())
		} else {
			s.comment("%s cannot be written, as no pod selector matches pods on the node's network; write its addresses (%s)", text, e.why())
		}
	}
	if open := s.unreached(edges); len(open) > 0 {
		if len(edges) > 0 {
			s.line("")
		}
		s.comment("found in no environment, command line or ConfigMap; who calls them?")
		for _, name := range open {
			s.comment("  %s", name)
		}
	}
	s.line("]")
}
