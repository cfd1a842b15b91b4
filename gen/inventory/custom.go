package inventory

import (
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Custom is an object of a kind that npgen does not read and that speaks of pods: it selects some, or its controller makes
// some.
type Custom struct {
	Kind, Namespace, Name string
	// Selects is the labels of pods that it selects, nil for none.
	Selects map[string]string
	// Makes is set where its controller likely makes pods. Labels is labels that those may have: its own, and those that
	// it gives to pods.
	Makes  bool
	Labels map[string]string
}

// HasPods reports whether the object speaks of pods that have labels.
func (c *Custom) HasPods(labels map[string]string) bool {
	if len(labels) > 0 && Within(labels, c.Selects) {
		return true
	}
	if !c.Makes {
		return false
	}
	for k, v := range labels {
		// Operators call pods by the object's name and kind.
		if c.Labels[k] != v && v != c.Name && v != strings.ToLower(c.Kind) {
			return false
		}
	}
	return len(labels) > 0
}

// custom notes an object of a kind that is not read, where it speaks of pods.
func (r *reader) custom(o *object) {
	var v struct {
		Metadata struct {
			Name      string            `json:"name"`
			Namespace string            `json:"namespace"`
			Labels    map[string]string `json:"labels"`
		} `json:"metadata"`
		Spec map[string]any `json:"spec"`
	}
	if o.decode(&v) != nil || v.Spec == nil {
		return
	}
	c := &Custom{Kind: o.Kind, Namespace: v.Metadata.Namespace, Name: v.Metadata.Name, Labels: map[string]string{}}
	var s struct {
		Spec struct {
			Selector metav1.LabelSelector `json:"selector"`
		} `json:"spec"`
	}
	if o.decode(&s) == nil && o.Kind != "ServiceMonitor" { // which selects Services
		c.Selects = s.Spec.Selector.MatchLabels
	}
	maps.Copy(c.Labels, v.Metadata.Labels)
	for _, field := range []string{"podMetadata", "podTemplate", "template"} {
		addPodLabels(c.Labels, v.Spec[field])
	}
	c.Makes = strings.Contains(o.group(), ".") && !strings.HasSuffix(o.group(), ".k8s.io") && runs(v.Spec, 2)
	if c.Makes || len(c.Selects) > 0 {
		r.inv.Customs = append(r.inv.Customs, c)
	}
}

// addPodLabels adds the labels of a template of pods, or of its metadata.
func addPodLabels(to map[string]string, template any) {
	fields, _ := template.(map[string]any)
	if metadata, ok := fields["metadata"]; ok {
		addPodLabels(to, metadata)
	}
	labels, _ := fields["labels"].(map[string]any)
	for k, v := range labels {
		if text, ok := v.(string); ok {
			to[k] = text
		}
	}
}

// runs reports whether a spec, or what stands so many levels deep in it, has a field that only what runs as pods needs.
func runs(spec map[string]any, depth int) bool {
	for k, v := range spec {
		if slices.Contains([]string{"replicas", "instances", "image", "podMetadata", "podTemplate", "nodeSelector", "tolerations", "affinity", "chart"}, k) {
			return true
		}
		if inner, ok := v.(map[string]any); ok && depth > 1 && runs(inner, depth-1) {
			return true
		}
	}
	return false
}
