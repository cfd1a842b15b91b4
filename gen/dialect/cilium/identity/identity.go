// Package identity knows by which labels Cilium tells pods apart.
//
// In: the key of a label. Out: whether a selector of Cilium's can ask for it. It refuses nothing.
//
// Cilium gives pods with equal labels one identity, and leaves labels out that differ from pod to pod (Cilium, Limiting
// Identity-Relevant Labels): a selector that asks for one of those matches no pod. A cluster can choose other labels.
package identity

import "regexp"

// The labels that Cilium itself gives to each pod.
const (
	// Namespace is the name of its namespace.
	Namespace = "io.kubernetes.pod.namespace"
	// NamespaceLabels stands before each label of its namespace.
	NamespaceLabels = "io.cilium.k8s.namespace.labels."
)

// What is left out by default, but for what is kept (v1.20, pkg/labelsfilter, defaultLabelPrefixCfg). Each stands at the
// start of a key.
var (
	kept    = regexp.MustCompile(`^(app\.kubernetes\.io|io\.kubernetes\.pod\.namespace|io\.cilium\.k8s\.namespace\.labels|io\.cilium\.k8s\.policy\.(cluster|serviceaccount))`)
	leftOut = regexp.MustCompile(`^(io\.kubernetes|kubernetes\.io|statefulset\.kubernetes\.io/pod-name|apps\.kubernetes\.io/pod-index|` +
		`batch\.kubernetes\.io/job-completion-index|batch\.kubernetes\.io/controller-uid|.*beta\.kubernetes\.io|k8s\.io|` +
		`pod-template-generation|pod-template-hash|controller-revision-hash|controller-uid|annotation.*|etcd_node|topology\.kubernetes\.io)`)
)

// Has reports whether a label of a pod by that key is part of its identity by default.
func Has(key string) bool { return kept.MatchString(key) || !leftOut.MatchString(key) }

// IsOwn reports whether Cilium itself sets labels by that key, so that a pod's own label of it means nothing.
func IsOwn(key string) bool { return own.MatchString(key) }

var own = regexp.MustCompile(`^io\.(cilium\.k8s\.|kubernetes\.)`)
