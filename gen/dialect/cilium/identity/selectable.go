package identity

import "k8s.io/apimachinery/pkg/util/validation"

// Selectable reports whether Cilium takes a label of a pod, or of a namespace, in a selector: it puts words of its own
// before the key, which is to be a key then still (v1.20, pkg/policy/api, EndpointSelector.Sanitize).
func Selectable(key string, ofNamespace bool) bool {
	if ofNamespace {
		key = "k8s." + NamespaceLabels + key
	} else {
		key = "any." + key
	}
	return len(validation.IsQualifiedName(key)) == 0
}
