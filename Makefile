# npgen needs Go and nothing else; what the tests under e2e want they build from Go modules, once a machine.
GO ?= go
ROUNDS ?= 6
GOFUMPT := mvdan.cc/gofumpt@v0.12.0

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/npgen
	$(GO) build -trimpath -o bin/npgen ./cmd/npgen

.PHONY: test
test: ## vet and test the module
	$(GO) vet ./...
	$(GO) test -timeout 30m ./...

.PHONY: examples
examples: ## write the examples' output and pictures anew
	$(GO) test ./examples -run "TestExamples|TestPictures" -update

.PHONY: golden
golden: examples ## write all goldens anew; a clean tree stays clean
	$(GO) test ./gen -run TestGolden -update
	$(GO) test ./cmd/npgen -run TestScript -update
	$(GO) test ./docs -run TestBlocks -update

.PHONY: lint
lint: ## formatting, file length, leftovers
	GO="$(GO)" GOFUMPT="$(GOFUMPT)" ./.ci/lint

.PHONY: fuzz
fuzz: ## run every fuzz test for ROUNDS times some five seconds
	GO="$(GO)" ROUNDS="$(ROUNDS)" ./.ci/fuzz

.PHONY: bench
bench: ## measure npgen beside other programs; ONLY=<comparison> for one, WRITE=yes for docs/performance.md, QUICK=yes
	cd e2e && $(GO) run ./bench $(if $(ONLY),-only $(ONLY)) $(if $(WRITE),-write) $(if $(QUICK),-quick)

RELEASE = PATH="$(CURDIR)/bin:$$PATH" bin/goreleaser release --clean

# The programs of a release, of the versions that the tests use and with the sums of their modules.
.PHONY: release-tools
release-tools:
	CGO_ENABLED=0 $(GO) build -trimpath -modfile=e2e/tool/goreleaser/go.mod -o bin/goreleaser github.com/goreleaser/goreleaser/v2
	CGO_ENABLED=0 $(GO) build -trimpath -modfile=e2e/tool/cyclonedx-gomod/go.mod -o bin/cyclonedx-gomod github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod

.PHONY: snapshot
snapshot: release-tools ## make the files of a release in dist/, but for the signature, and publish nothing
	$(RELEASE) --snapshot --skip=sign

.PHONY: release
release: release-tools ## what .github/workflows/release.yml runs at a tag: a draft with all files, signed
	$(RELEASE)

.PHONY: e2e
e2e: ## test with cue, kustomize, pre-commit, goreleaser, a Kubernetes API server and real packets; needs Linux and root
	@[ "$$(id -u)" = 0 ] || { echo "make e2e needs root, as its pods are network namespaces: run \`sudo make e2e\`" >&2; exit 2; }
	cd e2e && $(GO) vet ./... && $(GO) test -count=1 -run '^TestNeeds$$' ./cluster
	cd e2e && rest=$$($(GO) list ./... | grep -v /e2e/packets) && $(GO) test -timeout 60m $$rest
	cd e2e/packets && $(GO) test -timeout 60m

.PHONY: judges
judges: ## hold the evaluator and the proof against three other engines; NPGEN_CORPUS=<folder> adds real policies
	cd e2e/judges && $(GO) vet ./... && $(GO) test -timeout 60m -v ./... > judges.log 2>&1 || { tail -n 60 judges.log; exit 1; }
	@grep -hE 'probes|differences|caught|^ok' e2e/judges/judges.log
