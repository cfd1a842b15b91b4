package gen

import (
	"bytes"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/manifest"
	"github.com/npgen/npgen/gen/reach"
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

// Rule returns where a rule stands.
func (p Place) Rule(r reach.RuleRef) diag.Pos {
	if p.policy == nil {
		return diag.Pos{}
	}
	field := "ingress"
	if r.Direction == graph.Egress {
		field = "egress"
	}
	return p.policy.Value("spec", field, r.Rule)
}

// Written returns the policy as it is written, without defaults.
func (p Place) Written() *networkingv1.NetworkPolicy {
	if p.policy == nil {
		return nil
	}
	return &p.policy.NetworkPolicy
}

// written is the files that a build writes, in documents, each read once somebody asks for its policy.
type written struct {
	byName map[string]document
	found  map[string]*inventory.Policy
}

// document is one document of a file; line is its first, from 1.
type document struct {
	file string
	line int
	text []byte
}

// written returns the files that a build writes.
func (r *Result) written() (*written, error) {
	files, err := manifest.Layout(r.PackageNames(), r.Policies)
	if err != nil {
		return nil, err
	}
	w := &written{byName: map[string]document{}, found: map[string]*inventory.Policy{}}
	for _, name := range files.PolicyFiles() {
		line := 1
		for text := range bytes.SplitSeq(files[name], []byte("\n---\n")) {
			d := document{name, line, text}
			w.byName[d.field("namespace")+"/"+d.field("name")] = d
			line += bytes.Count(text, []byte("\n")) + 2
		}
	}
	return w, nil
}

// field returns a text field of the metadata as npgen writes it, or "".
func (d document) field(name string) string {
	_, rest, _ := bytes.Cut(d.text, []byte("\n  "+name+": "))
	value, _, _ := bytes.Cut(rest, []byte("\n"))
	return strings.Trim(string(value), `"'`)
}

// place finds a policy.
func (w *written) place(p *networkingv1.NetworkPolicy) Place {
	key := p.Namespace + "/" + p.Name
	if found, known := w.found[key]; known {
		return Place{found}
	}
	w.found[key] = nil
	d := w.byName[key]
	inv, _, err := inventory.Read("", []string{"-"}, bytes.NewReader(d.text))
	if err == nil && len(inv.Policies) == 1 && inv.Policies[0].Namespace == p.Namespace && inv.Policies[0].Name == p.Name {
		inv.Policies[0].Move(d.file, d.line-1)
		w.found[key] = inv.Policies[0]
	}
	return Place{w.found[key]}
}
