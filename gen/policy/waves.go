package policy

import (
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/graph"
)

// wave is a step in which objects are applied.
type wave int

const (
	allowWave wave = iota
	denyWave
)

// setWave annotates an object with its wave, where its package asks for that.
//
// All allow objects are one wave, so that both halves of an edge and all that a workload may do come together, however
// the edges are grouped; the default denies are the next, which Argo CD starts when the first is done. What is deleted
// goes the other way (Argo CD, Sync Phases and Waves). A wave for each workload would take seconds each, and a new
// workload would change the annotations of all that come after it.
//
// The waves are 0, where everything without the annotation is, and 1: policies can stand beside their namespaces, which
// Argo CD applies first within a wave.
func setWave(p *networkingv1.NetworkPolicy, out graph.Output, w wave) {
	if out.Waves != graph.ArgoCD {
		return
	}
	if p.Annotations == nil {
		p.Annotations = map[string]string{}
	}
	p.Annotations[graph.ArgoCDWaveKey] = map[wave]string{allowWave: "0", denyWave: "1"}[w]
}
