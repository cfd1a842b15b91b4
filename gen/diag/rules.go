package diag

import "slices"

// Rule is one kind of finding. Its ID is stable: users filter reports by it, and docs/rules.md has a section for it.
type Rule struct {
	ID      string
	Summary string
	// Steps are those that look at it.
	Steps Steps
}

// Steps are parts of the work that find something. A command takes some of them.
type Steps uint8

// The steps.
const (
	// OfPackages reads, links, checks and compiles packages.
	OfPackages Steps = 1 << iota
	// OfTests asks the claims of packages.
	OfTests
	// OfManifests reads manifests.
	OfManifests
	// OfComparing looks at packages beside manifests.
	OfComparing
	// OfReview reviews policies that anyone wrote.
	OfReview
	// OfFunction reads the input of a KRM function.
	OfFunction
	// OfCluster holds packages to a cluster.
	OfCluster
)

// The rules of a package: reading it, its names, its edges, its meaning.
const (
	CUESyntax     = "cue-syntax"
	CUEConflict   = "cue-conflict"
	CUEIncomplete = "cue-incomplete"
	CUECycle      = "cue-cycle"
	NotText       = "not-text"
	TooLarge      = "too-large"
	TooDeep       = "too-deep"
	OverBudget    = "over-budget"
	StaleSchema   = "stale-schema"
	EmptyPackage  = "empty-package"
	LeftOut       = "left-out-file"
	BasePackage   = "base-package"
	UnknownField  = "unknown-field"
	WrongType     = "wrong-type"
	InvalidValue  = "invalid-value"
	MissingField  = "missing-field"
	Unsupported   = "unsupported"

	InvalidName      = "invalid-name"
	ReservedName     = "reserved-name"
	NameClash        = "name-clash"
	UnknownName      = "unknown-name"
	UnknownNamespace = "unknown-namespace"
	NoNamespace      = "no-default-namespace"
	InvalidLabel     = "invalid-label"
	EmptySelector    = "empty-selector"
	KnownLabels      = "known-labels"
	GroupCycle       = "group-cycle"

	EdgeSyntax      = "edge-syntax"
	InvalidPort     = "invalid-port"
	UnknownPortName = "unknown-port-name"
	ServicePort     = "service-port"
	NoPorts         = "no-ports"
	InvalidCIDR     = "invalid-cidr"
	ExceptOutside   = "except-outside"
	OutsideBoth     = "outside-both-sides"
	DNSOnLeft       = "dns-on-left"
	APIServerUnset  = "apiserver-unset"
	HostNetwork     = "host-network"
	ClusterRange    = "cluster-range"
	CNIDiffers      = "cni-differs"

	OwnedSelector   = "owned-selector"
	OwnerOnly       = "owner-only"
	IsolateNarrowed = "isolate-narrowed"
	ListedNamespace = "listed-namespace"
	PackageConflict = "package-conflict"
	SharedNamespace = "shared-namespace"
	SelectorOverlap = "selector-overlap"
	DNSProfile      = "dns-profile"
	DNSNeeded       = "dns-needed"
	DNSClosed       = "dns-closed"
	DNSMissing      = "dns-missing"
	HalfDead        = "half-dead"
	HalfOpen        = "half-open"
	NoEffect        = "no-effect"
	ForbiddenFlow   = "forbidden-flow"
	NotGranted      = "not-granted"
	ObjectNameClash = "object-name-clash"
	TestFails       = "test-fails"
)

// IgnoreComment is the rule of comments that take findings out of a report, of any step.
const IgnoreComment = "ignore-comment"

// The rules of a package beside the manifests that run, and of reading those.
const (
	ManifestSyntax   = "manifest-syntax"
	ManifestTemplate = "manifest-template"
	NotCounted       = "not-counted"
	UndefinedOrder   = "undefined-order"
	NoManifests      = "no-manifests"
	SelectsNothing   = "selects-nothing"
	SelectsSeveral   = "selects-several"
	UndeclaredPods   = "undeclared-pods"
	UndeclaredPort   = "undeclared-port"
	PortNumber       = "port-number"
	HostNetworkPods  = "host-network-pods"
	UndeclaredCall   = "undeclared-call"
	PolicyOpens      = "policy-opens"
	VolatileLabel    = "volatile-label"
	HidesPods        = "hides-pods"
	EveryAddress     = "every-address"
	Unused           = "unused"
	APIServerDiffers = "apiserver-differs"
	MeshCut          = "mesh-cut"
)

// The rules of a cluster, and of a package beside it.
const (
	NotEnforced      = "not-enforced"
	EngineLimit      = "engine-limit"
	DNSDiffers       = "dns-differs"
	ClusterNamespace = "cluster-namespace"
	ForeignPolicy    = "foreign-policy"
	Drift            = "drift"
)

// The rules of NetworkPolicies that anyone wrote. Those that a package can break as well stand above.
const (
	NoPolicies      = "no-policies"
	InvalidPolicy   = "invalid-policy"
	APIVersion      = "api-version"
	DuplicatePolicy = "duplicate-policy"
	NoPodSelector   = "no-pod-selector"
	NeverMatches    = "never-matches"
	IgnoredRules    = "ignored-rules"
	ImpliedIngress  = "implied-ingress"
	EmptyList       = "empty-list"
	OpenToAll       = "open-to-all"
	SplitRule       = "split-rule"
	EitherOr        = "either-or"
	NamespaceLabel  = "namespace-label"
	PlaceholderCIDR = "placeholder-cidr"
	ClusterCIDR     = "cluster-cidr"
	DNSPeer         = "dns-peer"
	DNSPort         = "dns-port"
	DNSProtocol     = "dns-protocol"
	DeniedCall      = "denied-call"
	ExceptReopened  = "except-reopened"
	CommonLabels    = "common-labels"
	MisleadingName  = "misleading-name"
	MetadataOpen    = "metadata-open"
)

// Rules returns every rule, in the order of docs/rules.md.
func Rules() []Rule {
	return []Rule{
		{CUESyntax, "the file is not valid CUE", OfPackages},
		{CUEConflict, "two values that CUE cannot unify, or an expression it cannot evaluate", OfPackages},
		{CUEIncomplete, "a value that is not concrete", OfPackages},
		{CUECycle, "a value that refers to itself", OfPackages},
		{NotText, "the file is not UTF-8 text", OfPackages},
		{TooLarge, "a file larger than npgen reads, or annotations larger than Kubernetes takes", OfPackages},
		{TooDeep, "the file nests deeper than npgen reads", OfPackages},
		{OverBudget, "more than npgen takes on by default; the exit status is 2", OfPackages},
		{StaleSchema, "a copy of the schema in cue.mod differs from the one in this npgen", OfPackages},
		{EmptyPackage, "the package sets no field of the language", OfPackages},
		{LeftOut, "a CUE file of the folder that is not part of the package", OfPackages},
		{BasePackage, "a folder that only serves the packages below it", OfPackages},
		{UnknownField, "a field that the language does not have", OfPackages | OfFunction},
		{WrongType, "a value of the wrong type", OfPackages | OfFunction},
		{InvalidValue, "a value that is not one of those allowed", OfPackages | OfFunction},
		{MissingField, "a required field is missing", OfPackages | OfFunction},
		{Unsupported, "a form that needs another output target", OfPackages},
		{InvalidName, "a name that is not a DNS-1123 label", OfPackages},
		{ReservedName, "a name that is a built-in peer", OfPackages},
		{NameClash, "one name for two things", OfPackages},
		{UnknownName, "a peer that is not declared", OfPackages},
		{UnknownNamespace, "a namespace that is not declared", OfPackages},
		{NoNamespace, "an unqualified name without a default namespace", OfPackages},
		{InvalidLabel, "a label key, value or expression that Kubernetes refuses", OfPackages},
		{EmptySelector, "a selector that would select every pod", OfPackages},
		{KnownLabels, "known labels that contradict the selector, or the manifests", OfPackages | OfComparing | OfCluster},
		{GroupCycle, "a group that contains itself", OfPackages},
		{EdgeSyntax, "an edge that is not `from -> to:ports`", OfPackages},
		{InvalidPort, "a port that is not a port", OfPackages},
		{UnknownPortName, "a port name that the target does not declare", OfPackages},
		{ServicePort, "a Service port where the pod port belongs", OfPackages | OfComparing | OfReview},
		{NoPorts, "an edge without ports to a target that declares none", OfPackages},
		{InvalidCIDR, "an address range that is not one", OfPackages | OfReview},
		{ExceptOutside, "an exception outside of the ranges it is taken from", OfPackages | OfReview},
		{OutsideBoth, "an edge with addresses or `any` on both sides", OfPackages},
		{DNSOnLeft, "`dns` as the source of an edge", OfPackages},
		{APIServerUnset, "`apiserver` in an edge, but the package does not say where it is", OfPackages},
		{HostNetwork, "a host-network workload in an edge", OfPackages},
		{ClusterRange, "an edge to addresses of pods or Services", OfPackages | OfComparing},
		{CNIDiffers, "what the cluster's network plugin does otherwise than the policy says", OfPackages | OfComparing | OfReview},
		{OwnedSelector, "a namespace selected by labels that is to be owned", OfPackages},
		{OwnerOnly, "a field that only the owner of a namespace may set", OfPackages},
		{IsolateNarrowed, "a workload that takes away its namespace's isolation", OfPackages},
		{ListedNamespace, "a namespace that is closed just by being listed", OfPackages},
		{PackageConflict, "packages that contradict each other", OfPackages},
		{SharedNamespace, "packages of different folders that own one namespace", OfPackages},
		{SelectorOverlap, "a workload whose selector also selects another's pods", OfPackages | OfReview},
		{DNSProfile, "a DNS profile that does not say where the servers are", OfPackages | OfComparing},
		{DNSNeeded, "`dns: false` that cannot hold", OfPackages},
		{DNSClosed, "an isolation that would end the cluster's DNS", OfPackages},
		{DNSMissing, "an egress-isolated workload that speaks to names but has no DNS", OfPackages | OfReview},
		{HalfDead, "a half edge whose flow can never happen", OfPackages},
		{HalfOpen, "an edge that leaves isolated pods of a peer half open", OfPackages | OfReview},
		{NoEffect, "an edge that emits nothing", OfPackages},
		{ForbiddenFlow, "a forbidden flow that is open", OfPackages},
		{NotGranted, "an edge that opens another package's namespace without its grant", OfPackages},
		{ObjectNameClash, "two edges that ask for the same object name", OfPackages | OfFunction},
		{TestFails, "a claim of `tests` that does not hold", OfTests},
		{IgnoreComment, "a comment that ignores findings without a reason, or none", 0},
		{ManifestSyntax, "a manifest that cannot be read", OfManifests | OfFunction},
		{ManifestTemplate, "a template or kustomization where rendered manifests belong", OfManifests},
		{NotCounted, "policies of a kind that npgen does not read", OfManifests},
		{UndefinedOrder, "policies of one priority that contradict each other", OfReview},
		{NoManifests, "a namespace of the package that no manifest speaks of", OfComparing},
		{SelectsNothing, "a workload that selects no pods of the manifests", OfComparing | OfReview},
		{SelectsSeveral, "a workload that selects the pods of several objects", OfComparing},
		{UndeclaredPods, "pods of the manifests that no workload selects", OfComparing},
		{UndeclaredPort, "a port that no pod of the manifests declares", OfComparing | OfReview},
		{PortNumber, "a port whose name the pods give to another number", OfComparing},
		{HostNetworkPods, "pods of the manifests that use the node's network, or a workload that wrongly says so", OfComparing | OfReview},
		{UndeclaredCall, "a call that the manifests speak of and the package does not allow", OfComparing},
		{PolicyOpens, "a policy of the manifests that opens what the package closes", OfComparing | OfCluster},
		{VolatileLabel, "a selector that asks for a label which changes with the release", OfComparing},
		{HidesPods, "a selector of pods that no manifest shows, so that others of the namespace are not looked for", OfComparing},
		{EveryAddress, "an edge to every address, those of the cluster included", OfComparing},
		{Unused, "a declaration that no edge uses", OfComparing},
		{APIServerDiffers, "an `apiserver` that leaves out where the API server answers", OfComparing | OfCluster},
		{MeshCut, "edges that leave out what a mesh needs, or open more through it", OfComparing},
		{NotEnforced, "a cluster that does not enforce policies, or not on all nodes", OfCluster},
		{EngineLimit, "something of the package that the cluster's network plugin takes otherwise", OfCluster},
		{DNSDiffers, "a `dns` that leaves out where the cluster's pods ask for names", OfCluster},
		{ClusterNamespace, "a namespace that the cluster does not have as the package speaks of it", OfCluster},
		{ForeignPolicy, "policies in the cluster that are not the package's and concern its pods", OfCluster},
		{Drift, "objects in the cluster that are not as the package has them", OfCluster},
		{NoPolicies, "nothing to review", OfReview},
		{InvalidPolicy, "a policy that the API server or Cilium refuses", OfReview},
		{APIVersion, "a NetworkPolicy of an API that is gone", OfReview},
		{DuplicatePolicy, "two policies of one name in one file", OfReview},
		{NoPodSelector, "a policy without `podSelector`", OfReview},
		{NeverMatches, "a selector that contradicts itself", OfPackages | OfReview},
		{IgnoredRules, "rules of a direction that `policyTypes` leaves out", OfReview},
		{ImpliedIngress, "egress rules without `policyTypes`, which close ingress as well", OfReview},
		{EmptyList, "an empty list that reads as nobody and means everybody", OfReview},
		{OpenToAll, "a rule without peers where peers are meant", OfReview},
		{SplitRule, "ports that a dash too many makes a rule of their own", OfReview},
		{EitherOr, "two items of a list where one was meant", OfReview},
		{NamespaceLabel, "a namespace label that Kubernetes does not set", OfReview},
		{PlaceholderCIDR, "an address range that was never filled in", OfReview},
		{ClusterCIDR, "the cluster's own range as a peer", OfReview},
		{DNSPeer, "DNS servers asked for as no cluster has them", OfReview},
		{DNSPort, "the port of OpenShift's DNS Service where that of its pods belongs", OfReview},
		{DNSProtocol, "DNS over one protocol alone", OfReview},
		{DeniedCall, "a call that the manifests speak of and the policies deny", OfReview},
		{ExceptReopened, "an exception that another range opens again", OfReview},
		{CommonLabels, "labels of a policy itself in a peer of another namespace", OfReview},
		{MisleadingName, "a policy that is called after the opposite of what it does", OfReview},
		{MetadataOpen, "egress to every address, that of the cloud's metadata server included", OfReview},
	}
}

// RuleOf returns the rule of an id, or false.
func RuleOf(id string) (Rule, bool) {
	rules := Rules()
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.ID == id })
	if i < 0 {
		return Rule{}, false
	}
	return rules[i], true
}

// NearestRule returns the id of the rule that was likely meant, or "" (Nearest).
func NearestRule(word string) string {
	return Nearest(word, func(yield func(string) bool) {
		for _, r := range Rules() {
			if !yield(r.ID) {
				return
			}
		}
	})
}
