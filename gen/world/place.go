package world

import (
	"bytes"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/rule"
)

// Place is where a policy stands in YAML: in a file, or for a package in the file that `npgen build -o` writes.
type Place struct{ policy *inventory.Policy }

// Policy returns where the policy starts.
func (p Place) Policy() diag.Pos {
	if p.policy == nil {
		return diag.Pos{}
	}
	return p.policy.Pos
}

// Rule returns where a rule of a direction stands, by its index.
func (p Place) Rule(d graph.Directions, index int) diag.Pos {
	if p.policy == nil {
		return diag.Pos{}
	}
	field := "ingress"
	if d == graph.Egress {
		field = "egress"
	}
	return p.policy.Value("spec", field, index)
}

// Written returns the policy as it is written, without defaults.
func (p Place) Written() *networkingv1.NetworkPolicy {
	if p.policy == nil {
		return nil
	}
	return &p.policy.NetworkPolicy
}

// packageLabel is on every policy that a build writes.
const packageLabel = "npgen.dev/package"

// Package returns the name of the package that a build made the policy of, "" for one that somebody wrote.
func (p Place) Package() string {
	if p.policy == nil {
		return ""
	}
	return p.policy.Labels[packageLabel]
}

// Places is where the policies of a cluster stand.
type Places struct {
	// policies is those that somebody wrote, in the order of Cluster.Policies; nil is one that a build writes.
	policies []*inventory.Policy
	// byName is the documents of the files that a build writes, each read once somebody asks for its policy.
	byName map[string]document
	found  map[string]*inventory.Policy
}

// Places returns where the policies of the cluster stand: those of manifests where they are written, those of a build in the
// files that hold them, by their paths.
func (m Mixed) Places(names []string, files map[string][]byte) *Places {
	out := &Places{policies: m.Written, byName: map[string]document{}, found: map[string]*inventory.Policy{}}
	for _, name := range names {
		line := 1
		for text := range bytes.SplitSeq(files[name], []byte("\n---\n")) {
			d := document{name, line, text}
			out.byName[d.field("namespace")+"/"+d.field("name")] = d
			line += bytes.Count(text, []byte("\n")) + 2
		}
	}
	return out
}

// Of returns where a policy of the cluster stands, given with its index.
func (w *Places) Of(index int, p *rule.Policy) Place {
	if p := w.policies[index]; p != nil {
		return Place{p}
	}
	return w.inFiles(p)
}

// document is one document of a file; line is its first, from 1.
type document struct {
	file string
	line int
	text []byte
}

// field returns a text field of the metadata as npgen writes it, or "".
func (d document) field(name string) string {
	_, rest, _ := bytes.Cut(d.text, []byte("\n  "+name+": "))
	value, _, _ := bytes.Cut(rest, []byte("\n"))
	return strings.Trim(string(value), `"'`)
}

// inFiles finds a policy that a build writes.
func (w *Places) inFiles(p *rule.Policy) Place {
	key := p.Namespace + "/" + p.Name
	if found, known := w.found[key]; known {
		return Place{found}
	}
	w.found[key] = nil
	namespace := p.Namespace
	d, ok := w.byName[key]
	if !ok { // the build may leave it out
		namespace, d = "", w.byName["/"+p.Name]
	}
	inv, _, err := inventory.Read("", []string{"-"}, bytes.NewReader(d.text), budget.Limits{})
	if err == nil && len(inv.Policies) == 1 && inv.Policies[0].Namespace == namespace && inv.Policies[0].Name == p.Name {
		inv.Policies[0].Move(d.file, d.line-1)
		w.found[key] = inv.Policies[0]
	}
	return Place{w.found[key]}
}
