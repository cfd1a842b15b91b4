// Package gen is the pipeline of npgen, and this file its map: a package imports only what stands above it, and a test
// holds that.
//
//	schema                             the language as CUE, embedded
//	catalog                            peers that many clusters have, as CUE, embedded
//	budget                             how much npgen takes on, and what an early end takes back
//	diag                               findings and their report formats
//	confine                            files that lie in one folder, wherever links lead
//	sets                               exact sets of ports, addresses and pods
//	ignore                             comments of the user -> findings taken out of reports
//	graph                              the talk graph: edge grammar, linking, meaning
//	load                               CUE source -> graph.Package, with positions
//	dialect/cilium/identity            the labels by which Cilium tells pods apart
//	check                              graph -> findings, one rule a file
//	dialect/cilium/write               CiliumNetworkPolicy objects -> YAML
//	policy                             graph -> NetworkPolicy objects, and CiliumNetworkPolicy objects
//	dialect/kubernetes/write           objects -> YAML
//	dialect/calico/write               NetworkPolicy objects -> YAML of Calico's dry run
//	rule                               the neutral policy: what policies of any dialect say
//	dialect/kubernetes/stream          a stream of manifests -> documents and objects, as kubectl reads them
//	dialect/kubernetes/read            YAML -> objects with the API server's defaults -> rules
//	dialect/calico/read                YAML of Calico's dry run -> the NetworkPolicies that it stages
//	dialect/cilium/read                YAML -> objects of Cilium's -> what they mean, and what of them is not understood
//	dialect/clusternetworkpolicy/read  JSON of a ClusterNetworkPolicy -> rules with tiers, priorities and actions
//	prove                              YAML and the graph -> Proven, or the differences
//	manifest                           objects -> files; Proven -> a folder, or how it differs
//	revision                           a git revision -> its files, in a temporary folder
//	kubectl                            a cluster, by way of kubectl or recorded -> answers, without what may be secret
//	krm                                a ResourceList of kustomize <-> a configuration, Proven in it, findings as results
//	inventory                          manifests -> what runs, and what it is told
//	evidence                           what runs -> who calls whom, and where that is said
//	world                              the cluster that is asked about, of packages, of manifests or of both
//	draft                              a first package: of what runs, or of policies that anyone wrote
//	compare                            a graph beside what runs -> findings
//	doctor                             a cluster, and a graph -> what enforces policies there, and findings where the two differ
//	flows                              who reaches whom: list, explain, diff, claims
//	probe                              a cluster -> whether real connections are as policies say
//	flowlog                            a log of refused connections, and a graph -> the edges that are missing, or why none is
//	rollout                            policies and others -> steps between them that cut and open nothing, each proven
//	mend                               a denied flow -> the rules that open it, tried
//	answer                             what flows found -> text, JSON, CSV, Markdown
//	picture                            what flows and answer found -> mermaid, dot, SVG and a page
//	review                             NetworkPolicies that anyone wrote -> findings, one rule a file
//
// The witness shares no step with the accused: what writes policies (policy, dialect/kubernetes/write) imports neither
// sets nor rule nor anything that reads or proves, and what reads imports nothing that writes.
//
// In: the packages that a user names. Out: policies and findings. It refuses to give policies where a finding is an
// error.
package gen
