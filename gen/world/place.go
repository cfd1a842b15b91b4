package world

import (
	"bytes"
	"maps"
	"math"
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
	// files is what a build writes, by path, and fileOf the file of each policy there. One is read once somebody asks for a
	// policy of it, which is then found.
	files  map[string][]byte
	fileOf map[string]string
	found  map[string]*inventory.Policy
}

// Places returns where the policies of the cluster stand: those of manifests where they are written, those of a build in the
// files that hold them, by their paths.
func (m Mixed) Places(names []string, files map[string][]byte) *Places {
	out := &Places{policies: m.Written, files: maps.Clone(files), fileOf: map[string]string{}, found: map[string]*inventory.Policy{}}
	for _, name := range names {
		for text := range bytes.SplitSeq(files[name], []byte("\n---\n")) {
			out.fileOf[field(text, "namespace")+"/"+field(text, "name")] = name
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

// field returns a text field of the metadata of a policy as npgen writes it, or "".
func field(policy []byte, name string) string {
	_, rest, _ := bytes.Cut(policy, []byte("\n  "+name+": "))
	value, _, _ := bytes.Cut(rest, []byte("\n"))
	return strings.Trim(string(value), `"'`)
}

// inFiles finds a policy that a build writes.
func (w *Places) inFiles(p *rule.Policy) Place {
	key := p.Namespace + "/" + p.Name
	file, known := w.fileOf[key]
	if !known { // the build may leave it out
		key = "/" + p.Name
		file = w.fileOf[key]
	}
	if text, isUnread := w.files[file]; isUnread {
		delete(w.files, file)
		w.read(file, text)
	}
	return Place{w.found[key]}
}

// read finds the policies of a file.
func (w *Places) read(file string, text []byte) {
	inv, _, err := inventory.Read("", []string{"-"}, bytes.NewReader(text), budget.Limits{Objects: math.MaxInt64})
	if err != nil {
		return
	}
	for _, p := range inv.Policies {
		p.Move(file, 0)
		w.found[p.Namespace+"/"+p.Name] = p
	}
}
