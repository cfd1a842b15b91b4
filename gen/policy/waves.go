package policy

import (
	"maps"

	"github.com/npgen/npgen/gen/graph"
)

// wave is a step in which objects are applied.
type wave int

const (
	allowWave wave = iota
	denyWave
	waves
)

// waveAnnotations returns the annotations that a package gives to its objects by their waves; with a wave where it asks
// for that.
//
// All allow objects are one wave, so that both halves of an edge and all that a workload may do come together, however
// the edges are grouped; the default denies are the next, which Argo CD starts when the first is done. What is deleted
// goes the other way (Argo CD, Sync Phases and Waves). A wave for each workload would take seconds each, and a new
// workload would change the annotations of all that come after it.
//
// The waves are 0, where everything without the annotation is, and 1: policies can stand beside their namespaces, which
// Argo CD applies first within a wave.
func waveAnnotations(out graph.Output) [waves]map[string]string {
	if out.Waves != graph.ArgoCD {
		return [waves]map[string]string{allowWave: out.Annotations, denyWave: out.Annotations}
	}
	with := func(wave string) map[string]string {
		annotations := maps.Clone(out.Annotations)
		if annotations == nil {
			annotations = map[string]string{}
		}
		annotations[graph.ArgoCDWaveKey] = wave
		return annotations
	}
	return [waves]map[string]string{allowWave: with("0"), denyWave: with("1")}
}
