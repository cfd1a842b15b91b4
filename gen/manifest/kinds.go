package manifest

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"
)

// kindsOf returns the kinds of the objects in a file that npgen wrote, sorted, each once.
func kindsOf(content []byte) []string {
	var out []string
	for line := range bytes.Lines(content) {
		if kind, ok := bytes.CutPrefix(line, []byte("kind: ")); ok {
			out = append(out, string(bytes.TrimSpace(kind)))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// isDryRun reports whether objects of a kind are reported on, and not enforced.
func isDryRun(kind string) bool { return strings.HasPrefix(kind, "Staged") }

// kinds returns the kinds of the objects that are to be written.
func (files Files) kinds() []string {
	var out []string
	for _, name := range files.PolicyFiles() {
		out = append(out, kindsOf(files[name])...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// held returns npgen's own files in the folder that hold objects, each with their kinds.
func (p *plan) held() map[string][]string {
	out := map[string][]string{}
	for name, e := range p.disk {
		if e.own && path.Base(name) != kustomization && !p.isOtherOutput(path.Dir(name)) && !isTemporary(name) {
			out[name] = kindsOf(e.content)
		}
	}
	return out
}

// goneKinds returns the kinds of objects that the folder holds and that are not to be written: what was applied of them
// stays in the cluster.
func (p *plan) goneKinds() []string {
	var out []string
	now := p.files.kinds()
	if len(now) == 0 {
		return nil
	}
	for _, kinds := range p.held() {
		out = append(out, slices.DeleteFunc(kinds, func(kind string) bool { return slices.Contains(now, kind) })...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// enforced returns a sentence where a dry run is to be written over objects that are enforced: who applies the folder
// would end their enforcement.
func (p *plan) enforced() []string {
	if !slices.ContainsFunc(p.files.kinds(), isDryRun) {
		return nil
	}
	var out []string
	for name, kinds := range p.held() {
		if i := slices.IndexFunc(kinds, func(kind string) bool { return !isDryRun(kind) }); i >= 0 {
			out = append(out, fmt.Sprintf("`%s` holds objects of the kind %s, which are enforced, and a dry run is to be written", p.show(name), kinds[i]))
		}
	}
	slices.Sort(out)
	return out
}

// Resource returns the resource and group of a kind that npgen writes, as kubectl takes them.
func Resource(kind string) string {
	switch kind {
	case "CiliumNetworkPolicy":
		return "ciliumnetworkpolicies.cilium.io"
	case "StagedKubernetesNetworkPolicy":
		return "stagedkubernetesnetworkpolicies.projectcalico.org"
	}
	return "networkpolicies.networking.k8s.io"
}
