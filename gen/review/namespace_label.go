package review

import (
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/rule"
)

// namespaceLabel finds namespaces that are selected by a label which somebody would have to set: Kubernetes gives a
// namespace kubernetes.io/metadata.name and no other; and by one that none of the input has. It is silent where a Namespace of the input has the label.
func (r *reviewer) namespaceLabel(x *writtenRule) {
	for i, peer := range x.Peers {
		s := peer.NamespaceSelector
		if s == nil {
			continue
		}
		for _, k := range slices.Sorted(maps.Keys(s.MatchLabels)) {
			r.notSetLabel(x, k, s.MatchLabels[k], x.peerPath(i, "namespaceSelector", "matchLabels", k))
		}
		for j, e := range s.MatchExpressions {
			if e.Operator == metav1.LabelSelectorOpIn {
				for _, v := range e.Values {
					r.notSetLabel(x, e.Key, v, x.peerPath(i, "namespaceSelector", "matchExpressions", j, "key"))
				}
			}
		}
	}
}

func (r *reviewer) notSetLabel(x *writtenRule, key, value string, path []any) {
	if r.isLabelled(key, value) {
		return
	}
	if !standsForName(key, value) {
		r.calledSo(x, key, value, path)
		return
	}
	r.findings.Warnf(diag.NamespaceLabel, x.Key(path...), "Kubernetes does not set the label `%s: %s` on namespaces", key, value).
		WithHelp("write `%s: %s`, which every namespace has", rule.NamespaceName, value)
}

// calledSo finds labels that no Namespace of the input has, though one is called like the value.
func (r *reviewer) calledSo(x *writtenRule, key, value string, path []any) {
	i := slices.IndexFunc(r.inv.Namespaces, func(n *inventory.Namespace) bool { return n.Name == value })
	if i < 0 || key == rule.NamespaceName || r.inv.Incomplete {
		return
	}
	n := r.inv.Namespaces[i]
	r.findings.Warnf(diag.NamespaceLabel, x.Key(path...), "no Namespace of the input has the label `%s: %s`, and one is called `%s`", key, value, value).
		WithHelp("write `%s: %s`, or give the Namespace the label", rule.NamespaceName, value).
		WithRelated(n.Pos, "Namespace `%s`", value)
}

// standsForName reports whether a label is written as if it held the namespace's name: the key `name`, as guides had it
// before Kubernetes 1.21, or what looks like the real key.
func standsForName(key, value string) bool {
	switch key {
	case rule.NamespaceName:
		return false
	case "name":
		return true
	case "namespace", "kubernetes.io/name", "kubernetes.io/namespace", "app", "app.kubernetes.io/name":
		return strings.HasPrefix(value, "kube-") || value == "default" || strings.HasPrefix(value, "openshift-")
	}
	return strings.HasSuffix(key, "metadata.name") || strings.HasPrefix(key, "kubernetes.io/metadata")
}

func (r *reviewer) isLabelled(key, value string) bool {
	return slices.ContainsFunc(r.inv.Namespaces, func(n *inventory.Namespace) bool { return n.Labels[key] == value })
}
