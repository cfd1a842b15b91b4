// Package gen is the pipeline of npgen, and this file its map.
//
//	diag  <-  graph  <-  { load, check, policy }  <-  { manifest, inventory, reach, revision, krm }  <-  review  <-  gen  <-  cmd/npgen/internal/cli
//
// A package imports only what stands to its left.
//
//	schema     the language as CUE, embedded
//	diag       findings and their report formats
//	graph      the talk graph: edge grammar, linking, meaning
//	load       CUE source -> graph.Package, with positions
//	check      graph -> findings, one rule a file
//	policy     graph -> NetworkPolicy objects
//	manifest   objects -> files: stream, folder, drift
//	reach      YAML -> what it allows; the proof that this is what the graph declares; how two sets of policies differ.
//	           It never imports policy
//	revision   a git revision -> its files, in a temporary folder
//	inventory  Kubernetes manifests -> what runs; checks a graph against it, and starts a package from it
//	krm        a ResourceList of kustomize <-> a configuration, policies in it, findings as results
//	review     NetworkPolicies that anyone wrote -> findings, one rule a file
//
// In: the packages that a user names. Out: policies and findings. It refuses to give policies where a finding is an
// error.
package gen
