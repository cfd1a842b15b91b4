package identity

import "k8s.io/apimachinery/pkg/util/validation"

// SelectsNamespaces reports whether Cilium takes a label of namespaces in a selector: it stands behind words of Cilium's
// there, and the whole is to be a key still (v1.20, pkg/policy/api, EndpointSelector.Sanitize).
func SelectsNamespaces(key string) bool {
	return len(validation.IsQualifiedName(NamespaceLabels+key)) == 0
}
