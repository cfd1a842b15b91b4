package judges

import (
	"maps"
	"slices"

	clusters "github.com/npgen/npgen/gen/world"
)

// shrink drops policies, fields, list elements, pods, labels and ports while a difference stays.
func shrink(w *world, p Probe, differs func(*world, Probe) bool) (*world, Probe) {
	for again := true; again; {
		again = false
		for _, smaller := range reductions(w, p) {
			if differs(smaller.world, smaller.probe) {
				w, p, again = smaller.world, smaller.probe, true
				break
			}
		}
	}
	return w, p
}

type reduction struct {
	world *world
	probe Probe
}

// reductions returns all worlds that are smaller by one thing, the largest steps first.
func reductions(w *world, p Probe) []reduction {
	var out []reduction
	for i := range w.policies {
		smaller := w.clone()
		smaller.policies = slices.Delete(smaller.policies, i, i+1)
		out = append(out, reduction{smaller, p})
	}
	for i := range w.pods {
		if i != p.From.Pod && i != p.To.Pod {
			smaller := w.clone()
			smaller.pods = slices.Delete(smaller.pods, i, i+1)
			out = append(out, reduction{smaller, Probe{without(p.From, i), without(p.To, i), p.Protocol, p.Port}})
		}
	}
	for i := range w.policies {
		for _, spec := range smallerTrees(w.policies[i]["spec"]) {
			smaller := w.clone()
			smaller.policies[i] = maps.Clone(smaller.policies[i])
			smaller.policies[i]["spec"] = spec
			out = append(out, reduction{smaller, p})
		}
	}
	return append(out, smallerPods(w, p)...)
}

func smallerPods(w *world, p Probe) []reduction {
	var out []reduction
	for i, pod := range w.pods {
		for k := range pod.Labels {
			smaller := w.clone()
			smaller.pods[i].Labels = maps.Clone(pod.Labels)
			delete(smaller.pods[i].Labels, k)
			out = append(out, reduction{smaller, p})
		}
		for n := range pod.Ports {
			smaller := w.clone()
			smaller.pods[i].Ports = slices.Delete(slices.Clone(pod.Ports), n, n+1)
			out = append(out, reduction{smaller, p})
		}
	}
	return out
}

func (w *world) clone() *world {
	out := *w
	out.policies, out.pods = slices.Clone(w.policies), append([]clusters.Pod{}, w.pods...)
	return &out
}

// without renumbers a side when the pod at an index goes.
func without(s Side, i int) Side {
	if s.Pod > i {
		s.Pod--
	}
	return s
}

// smallerTrees returns copies of a tree that lack one field or one list element, at any depth.
func smallerTrees(v any) []any {
	var out []any
	switch v := v.(type) {
	case tree:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			smaller := maps.Clone(v)
			delete(smaller, k)
			out = append(out, smaller)
			for _, e := range smallerTrees(v[k]) {
				smaller := maps.Clone(v)
				smaller[k] = e
				out = append(out, smaller)
			}
		}
	case []any:
		for i := range v {
			out = append(out, slices.Delete(slices.Clone(v), i, i+1))
			for _, e := range smallerTrees(v[i]) {
				smaller := slices.Clone(v)
				smaller[i] = e
				out = append(out, smaller)
			}
		}
	}
	return out
}
