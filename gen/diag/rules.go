package diag

// Rule is one kind of finding. Its ID is stable: users filter reports by it, and docs/rules.md has a section for it.
type Rule struct {
	ID      string
	Summary string
}

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

	OwnedSelector   = "owned-selector"
	OwnerOnly       = "owner-only"
	IsolateNarrowed = "isolate-narrowed"
	PackageConflict = "package-conflict"
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

// The rules of a package beside the manifests that run, and of reading those.
const (
	ManifestSyntax   = "manifest-syntax"
	ManifestTemplate = "manifest-template"
	NotCounted       = "not-counted"
	NoManifests      = "no-manifests"
	SelectsNothing   = "selects-nothing"
	SelectsSeveral   = "selects-several"
	UndeclaredPods   = "undeclared-pods"
	UndeclaredPort   = "undeclared-port"
	PortNumber       = "port-number"
	HostNetworkPods  = "host-network-pods"
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
)

// Rules returns every rule, in the order of docs/rules.md.
func Rules() []Rule {
	return []Rule{
		{CUESyntax, "the file is not valid CUE"},
		{CUEConflict, "two values that CUE cannot unify, or an expression it cannot evaluate"},
		{CUEIncomplete, "a value that is not concrete"},
		{CUECycle, "a value that refers to itself"},
		{NotText, "the file is not UTF-8 text"},
		{TooLarge, "a file larger than npgen reads, or annotations larger than Kubernetes takes"},
		{TooDeep, "the file nests deeper than npgen reads"},
		{OverBudget, "more than npgen takes on by default; the exit status is 2"},
		{StaleSchema, "a copy of the schema in cue.mod differs from the one in this npgen"},
		{EmptyPackage, "the package sets no field of the language"},
		{LeftOut, "a CUE file of the folder that is not part of the package"},
		{UnknownField, "a field that the language does not have"},
		{WrongType, "a value of the wrong type"},
		{InvalidValue, "a value that is not one of those allowed"},
		{MissingField, "a required field is missing"},
		{Unsupported, "a form that needs another output target"},
		{InvalidName, "a name that is not a DNS-1123 label"},
		{ReservedName, "a name that is a built-in peer"},
		{NameClash, "one name for two things"},
		{UnknownName, "a peer that is not declared"},
		{UnknownNamespace, "a namespace that is not declared"},
		{NoNamespace, "an unqualified name without a default namespace"},
		{InvalidLabel, "a label key, value or expression that Kubernetes refuses"},
		{EmptySelector, "a selector that would select every pod"},
		{KnownLabels, "known labels that contradict the selector, or the manifests"},
		{GroupCycle, "a group that contains itself"},
		{EdgeSyntax, "an edge that is not `from -> to:ports`"},
		{InvalidPort, "a port that is not a port"},
		{UnknownPortName, "a port name that the target does not declare"},
		{ServicePort, "a Service port where the pod port belongs"},
		{NoPorts, "an edge without ports to a target that declares none"},
		{InvalidCIDR, "an address range that is not one"},
		{ExceptOutside, "an exception outside of the ranges it is taken from"},
		{OutsideBoth, "an edge with addresses or `any` on both sides"},
		{DNSOnLeft, "`dns` as the source of an edge"},
		{APIServerUnset, "`apiserver` in an edge, but the package does not say where it is"},
		{HostNetwork, "a host-network workload in an edge"},
		{OwnedSelector, "a namespace selected by labels that is to be owned"},
		{OwnerOnly, "a field that only the owner of a namespace may set"},
		{IsolateNarrowed, "a workload that takes away its namespace's isolation"},
		{PackageConflict, "packages that contradict each other"},
		{SelectorOverlap, "a workload whose selector also selects another's pods"},
		{DNSProfile, "a DNS profile that does not say where the servers are"},
		{DNSNeeded, "`dns: false` that cannot hold"},
		{DNSClosed, "an isolation that would end the cluster's DNS"},
		{DNSMissing, "an egress-isolated workload that speaks to names but has no DNS"},
		{HalfDead, "a half edge whose flow can never happen"},
		{HalfOpen, "an edge that leaves isolated pods of a peer half open"},
		{NoEffect, "an edge that emits nothing"},
		{ForbiddenFlow, "a forbidden flow that is open"},
		{NotGranted, "an edge that opens another package's namespace without its grant"},
		{ObjectNameClash, "two edges that ask for the same object name"},
		{TestFails, "a claim of `tests` that does not hold"},
		{ManifestSyntax, "a manifest that cannot be read"},
		{ManifestTemplate, "a template or kustomization where rendered manifests belong"},
		{NotCounted, "policies of a kind that npgen does not read"},
		{NoManifests, "a namespace of the package that no manifest speaks of"},
		{SelectsNothing, "a workload that selects no pods of the manifests"},
		{SelectsSeveral, "a workload that selects the pods of several objects"},
		{UndeclaredPods, "pods of the manifests that no workload selects"},
		{UndeclaredPort, "a port that no pod of the manifests declares"},
		{PortNumber, "a port whose name the pods give to another number"},
		{HostNetworkPods, "pods of the manifests that use the node's network, or a workload that wrongly says so"},
		{NoPolicies, "nothing to review"},
		{InvalidPolicy, "a NetworkPolicy that the API server refuses"},
		{APIVersion, "a NetworkPolicy of an API that is gone"},
		{DuplicatePolicy, "two policies of one name in one file"},
		{NoPodSelector, "a policy without `podSelector`"},
		{NeverMatches, "a selector that contradicts itself"},
		{IgnoredRules, "rules of a direction that `policyTypes` leaves out"},
		{ImpliedIngress, "egress rules without `policyTypes`, which close ingress as well"},
		{EmptyList, "an empty list that reads as nobody and means everybody"},
		{OpenToAll, "a rule without peers where peers are meant"},
		{SplitRule, "ports that a dash too many makes a rule of their own"},
		{EitherOr, "two items of a list where one was meant"},
		{NamespaceLabel, "a namespace label that Kubernetes does not set"},
		{PlaceholderCIDR, "an address range that was never filled in"},
		{ClusterCIDR, "the cluster's own range as a peer"},
		{DNSPeer, "DNS servers asked for as no cluster has them"},
		{DNSPort, "the port of OpenShift's DNS Service where that of its pods belongs"},
		{DNSProtocol, "DNS over one protocol alone"},
	}
}
