// Package e2e holds the tests of npgen that need heavy dependencies. It is a module of its own, so that these never
// reach users. Nothing here links npgen: every test runs the command as a user does, and others judge what it wrote.
//
//	tool        builds the judges that are commands: cue, kustomize, kubectl, kube-apiserver and what they need; helm
//	editor      judge: plain `cue vet` on what `npgen init` writes and on every shipped package
//	ci          judges: actionlint and shellcheck; the action and the GitLab job step by step, beside an API server
//	docs        the blocks of the pages that need pre-commit, kustomize or kubectl
//	pictures    judges: Chromium opens the pictures, with clicks and keys, and the real mermaid draws them
//	precommit   judge: the real pre-commit with npgen's hooks, in repositories that the tests make
//	release     what `npgen version` says of each kind of build, and what goreleaser makes: the same bytes every time
//	kustomize   judge: `kustomize build` and `kubectl kustomize` on every folder of output
//	apiserver   judge: the API server's own decoding, defaulting and validation, in this process
//	cluster     an API server, an enforcement engine and pods in network namespaces, on one machine as root
//	server      judge: the API server itself: dry run, apply, read back
//	packets     judge: real connections between pods, while packages are applied, pruned and broken
//	bench       what npgen costs beside other programs, and that they do the same; a module below it has those that
//	            link npgen or CUE
//	judges      a module below this one, which links npgen: other implementations of NetworkPolicy
//
// In: the work tree. Out: `go test ./...` in this folder. It refuses to skip: a judge that cannot be built is a
// failure.
package e2e
