package doctor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/compare"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/sets"
)

// Coverage counts the pods of an owned namespace that run.
type Coverage struct {
	Namespace string `json:"namespace"`
	Pods      int    `json:"pods"`
	// Covered is those that some workload of the package selects, OnNode those on the node's network, which no policy
	// governs.
	Covered int `json:"covered"`
	OnNode  int `json:"hostNetwork"`
}

const running = "Running"

// compare holds the graph to what runs, as to manifests.
func (e *examiner) compare() {
	if !e.part["pods"] {
		e.compareRest()
		return
	}
	inv, err := e.inventory()
	if err != nil {
		e.err = err
		return
	}
	e.take(compare.Cluster(e.Graph, inv))
	e.coverage()
}

// compareRest holds the graph to what else is known, where pods may not be read.
func (e *examiner) compareRest() {
	inv, err := e.inventory()
	if err != nil {
		e.err = err
		return
	}
	found := compare.Cluster(e.Graph, inv)
	e.take(slices.DeleteFunc(found, func(d diag.Diagnostic) bool { return d.Rule != diag.APIServerDiffers && d.Rule != diag.KnownLabels }))
}

// take adds findings; objects of the cluster are in no file.
func (e *examiner) take(found diag.List) {
	inCluster := func(p *diag.Pos) {
		if p.Object != nil {
			p.File, p.Line, p.Col = "", 0, 0
		}
	}
	for _, d := range found {
		inCluster(&d.Pos)
		for i := range d.Related {
			inCluster(&d.Related[i].Pos)
		}
		e.d.Findings = append(e.d.Findings, d)
	}
}

// inventory returns the answers as manifests are read: of pods, those that make them.
func (e *examiner) inventory() (*inventory.Inventory, error) {
	items := e.controllers()
	for _, v := range e.services {
		items = append(items, typed("v1", "Service", v))
	}
	for _, v := range e.spaces {
		items = append(items, typed("v1", "Namespace", v))
	}
	for _, v := range e.slicesOf("default", inventory.APIService) {
		items = append(items, typed("discovery.k8s.io/v1", "EndpointSlice", v))
	}
	for _, v := range e.policies {
		items = append(items, v)
	}
	list, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": items})
	if err != nil {
		return nil, err
	}
	inv, _, err := inventory.Read("", []string{"-"}, bytes.NewReader(list), e.Limits)
	return inv, err
}

// typed returns an object with its kind, which lists may leave out.
func typed(version, kind string, v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	out := map[string]any{}
	if json.Unmarshal(text, &out) != nil {
		return nil
	}
	out["apiVersion"], out["kind"] = version, kind
	return out
}

// controllers returns an object for each controller and set of labels that has pods which run, and for each that has
// none. Pods are what counts: what admission adds to them stands in no controller.
func (e *examiner) controllers() []any {
	var out []any
	seen, alike := map[string]bool{}, map[string]bool{}
	for i, p := range e.pods {
		if p.Status.Phase != running {
			continue
		}
		kind, name := maker(&p)
		labels := maps.Clone(p.Meta.Labels)
		maps.DeleteFunc(labels, func(k, _ string) bool { return inventory.IsGenerated(k) })
		seen[strings.Join([]string{kind, p.Meta.Namespace, name}, " ")] = true
		key := fmt.Sprint(kind, " ", p.Meta.Namespace, "/", name, p.Spec.HostNetwork, labels)
		if alike[key] {
			continue
		}
		alike[key] = true
		var object struct {
			Spec json.RawMessage `json:"spec"`
		}
		if json.Unmarshal(e.podAnswers[i], &object) != nil {
			continue
		}
		if kind == "Pod" {
			out = append(out, map[string]any{
				"apiVersion": "v1", "kind": kind, "spec": object.Spec,
				"metadata": map[string]any{"name": name, "namespace": p.Meta.Namespace, "labels": labels},
			})
			continue
		}
		out = append(out, map[string]any{
			"apiVersion": "apps/v1", "kind": kind, "metadata": map[string]any{"name": name, "namespace": p.Meta.Namespace},
			"spec": map[string]any{"template": map[string]any{"metadata": map[string]any{"labels": labels}, "spec": object.Spec}},
		})
	}
	for _, item := range e.made {
		var v struct {
			named
			Kind string `json:"kind"`
		}
		if json.Unmarshal(item, &v) == nil && !seen[strings.Join([]string{v.Kind, v.Meta.Namespace, v.Meta.Name}, " ")] {
			out = append(out, item)
		}
	}
	return out
}

// maker returns the kind and name of what makes a pod: a Deployment for the pods of its ReplicaSets, the pod itself where
// there is nothing.
func maker(p *pod) (kind, name string) {
	for _, o := range p.Meta.Owners {
		hash := p.Meta.Labels["pod-template-hash"]
		switch {
		case !o.Controller || o.Kind == "Node":
		case o.Kind == "ReplicaSet" && hash != "" && strings.HasSuffix(o.Name, "-"+hash):
			return "Deployment", strings.TrimSuffix(o.Name, "-"+hash)
		case o.Kind == "Job":
			if name, at, ok := cutLast(o.Name, "-"); ok && len(at) >= 8 && strings.Trim(at, "0123456789") == "" {
				return "CronJob", name
			}
			return o.Kind, o.Name
		default:
			return o.Kind, o.Name
		}
	}
	return "Pod", p.Meta.Name
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// coverage counts pods.
func (e *examiner) coverage() {
	e.d.Coverage = []Coverage{}
	for _, n := range e.Graph.Namespaces {
		if !n.Owned() {
			continue
		}
		c := Coverage{Namespace: n.Name}
		for _, p := range e.pods {
			if p.Meta.Namespace != n.Name || p.Status.Phase != running {
				continue
			}
			c.Pods++
			switch {
			case p.Spec.HostNetwork:
				c.OnNode++
			case covered(n, p.Meta.Labels):
				c.Covered++
			}
		}
		e.d.Coverage = append(e.d.Coverage, c)
	}
}

func covered(n *graph.Namespace, labels map[string]string) bool {
	return slices.ContainsFunc(n.Workloads, func(w *graph.Workload) bool { return sets.Matches(w.Selector, labels) })
}

// namespaces holds the namespaces of the graph to those of the cluster.
func (e *examiner) namespaces() {
	if !e.saw["namespaces"] {
		return
	}
	for _, n := range e.Graph.Namespaces {
		if n.Selector != nil {
			e.byLabels(n)
			continue
		}
		i := slices.IndexFunc(e.spaces, func(s named) bool { return s.Meta.Name == n.Name })
		switch {
		case i < 0 && n.Owned():
			e.d.Findings.Errorf(diag.ClusterNamespace, n.Pos, "the cluster has no namespace `%s`", n.Name).
				WithHelp("make it before the policies: `kubectl create namespace %s`; or is this another cluster?", n.Name)
		case i < 0:
			e.d.Findings.Warnf(diag.ClusterNamespace, n.Pos, "the cluster has no namespace `%s`, so nobody is there", n.Name).
				WithHelp("is the name right?")
		case e.spaces[i].Meta.Labels["kubernetes.io/metadata.name"] != n.Name:
			e.d.Findings.Errorf(diag.ClusterNamespace, n.Pos, "namespace `%s` does not have the label `kubernetes.io/metadata.name: %s`, by which policies select it", n.Name, n.Name).
				WithHelp("Kubernetes sets it since 1.22; find out what removes it")
		}
	}
}

// byLabels warns of a selector of namespaces that selects none.
func (e *examiner) byLabels(n *graph.Namespace) {
	if !slices.ContainsFunc(e.spaces, func(s named) bool { return matches(n.Selector, s.Meta.Labels) }) {
		e.d.Findings.Warnf(diag.ClusterNamespace, n.Pos, "no namespace of the cluster has the labels of `%s`: %s", n.Name, metav1.FormatLabelSelector(n.Selector)).
			WithHelp("are the labels right? `kubectl get namespaces --show-labels` lists them")
	}
}

func matches(s *metav1.LabelSelector, labels map[string]string) bool { return sets.Matches(*s, labels) }
