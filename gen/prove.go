package gen

import (
	calico "github.com/npgen/npgen/gen/dialect/calico/write"
	cilium "github.com/npgen/npgen/gen/dialect/cilium/write"
	"github.com/npgen/npgen/gen/dialect/kubernetes/write"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/manifest"
	"github.com/npgen/npgen/gen/prove"
)

// isCilium reports whether what is written is CiliumNetworkPolicies.
func (r *Result) isCilium() bool { return r.Graph.Target() == graph.Cilium }

// Kind returns the kind of the objects that are written.
func (r *Result) Kind() string {
	switch {
	case r.isCilium():
		return cilium.Kind
	case r.Graph.Staged():
		return calico.Kind
	}
	return "NetworkPolicy"
}

// Count returns how many objects are written.
func (r *Result) Count() int { return len(r.objects()) }

// objects returns what is written, as far as its place in a folder depends on it.
func (r *Result) objects() []manifest.Object {
	if !r.isCilium() {
		return manifest.ObjectsOf(r.Policies)
	}
	out := make([]manifest.Object, len(r.Cilium))
	for i := range r.Cilium {
		p := &r.Cilium[i]
		out[i] = manifest.Object{Namespace: p.Metadata.Namespace, Name: p.Metadata.Name, DefaultDeny: p.IsDefaultDeny()}
	}
	return out
}

// Stream returns the policies as YAML, as it is to be written.
func (r *Result) Stream() ([]byte, error) { return r.write("", 0, r.Count()) }

// write returns some of the policies as YAML, behind a text.
func (r *Result) write(head string, from, to int) ([]byte, error) {
	isBare := r.Graph.OmitsNamespace() != nil
	if r.isCilium() {
		policies := r.Cilium[from:to]
		if isBare {
			policies = cilium.WithoutNamespace(policies)
		}
		return cilium.StreamBehind(head, policies)
	}
	policies := r.Policies[from:to]
	if isBare {
		policies = write.WithoutNamespace(policies)
	}
	if r.Graph.Staged() {
		return calico.StreamBehind(head, policies)
	}
	return write.StreamBehind(head, policies)
}

// Files returns the policies as the files of a folder, as they are to be written.
func (r *Result) Files(head manifest.Head) (manifest.Files, error) {
	return manifest.Layout(head, r.objects(), r.write)
}

// Prove reads YAML back, as it is about to be written, and compares it with what the packages declare. An error means
// that the YAML holds something else than policies.
func (r *Result) Prove(stream []byte) (prove.Proof, error) { return prove.Stream(stream, r.Graph) }

// ProveFiles is Prove for the files of a folder.
func (r *Result) ProveFiles(files manifest.Files) (prove.Proof, error) {
	return prove.Files(files, r.Graph)
}
