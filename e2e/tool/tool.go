// Package tool builds the commands that the end-to-end tests run.
//
// In: the name of a tool, whose version stands in a go.mod of this module. Out: the folder of the executable, fit for
// PATH. Judges are built once for each version and kept in the user's cache folder, npgen-e2e/<tool>-<version>; npgen
// is built anew from the work tree. It refuses to go on without a tool: a failed build fails the test.
package tool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// The judges.
const (
	Cue           = "cue"
	Kustomize     = "kustomize"
	Kubectl       = "kubectl"
	KubeAPIServer = "kube-apiserver"
	Etcd          = "etcd"
	// KubeNetworkPolicies enforces NetworkPolicies on the packets of a node (sigs.k8s.io/kube-network-policies).
	KubeNetworkPolicies = "kube-network-policies"
	Actionlint          = "actionlint"
	// Helm is no judge: npgen is measured beside it.
	Helm = "helm"
	// GoReleaser makes the archives of a release.
	GoReleaser = "goreleaser"
	// CycloneDX makes their bills of materials.
	CycloneDX = "cyclonedx-gomod"
)

// spec says where a tool comes from.
type spec struct {
	// module is the folder below e2e with the go.mod that names the version.
	module string
	// path is the module that the tool is released as; main is its command.
	path, main string
	// ldflags stamps the version, where the tool does not take it from its build information.
	ldflags func(version string) string
	// env is what the tool's own releases set for the build.
	env []string
}

// kubernetesVersion stamps a command of k8s.io/kubernetes. The API server reads the numbers, too: they decide which
// versions of the API it serves.
func kubernetesVersion(version string) string {
	const stamp = " -X k8s.io/component-base/version."
	numbers := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	flags := stamp + "gitVersion=" + version
	if len(numbers) == 3 {
		flags += stamp + "gitMajor=" + numbers[0] + stamp + "gitMinor=" + numbers[1]
	}
	return strings.TrimSpace(flags)
}

func specOf(name string) (spec, bool) {
	s, ok := map[string]spec{
		Cue:       {module: "tool/cue", path: "cuelang.org/go", main: "cuelang.org/go/cmd/cue"},
		Kustomize: {module: "tool/kustomize", path: "sigs.k8s.io/kustomize/kustomize/v5", main: "sigs.k8s.io/kustomize/kustomize/v5"},
		Kubectl:   {module: ".", path: "k8s.io/kubernetes", main: "k8s.io/kubernetes/cmd/kubectl", ldflags: kubernetesVersion},
		KubeAPIServer: {
			module: ".", path: "k8s.io/kubernetes", main: "k8s.io/kubernetes/cmd/kube-apiserver",
			ldflags: kubernetesVersion, env: []string{"CGO_ENABLED=0"},
		},
		Etcd: {module: ".", path: "go.etcd.io/etcd/server/v3", main: "go.etcd.io/etcd/server/v3", env: []string{"CGO_ENABLED=0"}},
		KubeNetworkPolicies: {
			module: "tool/kube-network-policies", path: "sigs.k8s.io/kube-network-policies",
			main: "sigs.k8s.io/kube-network-policies/cmd/kube-network-policies/standard", env: []string{"CGO_ENABLED=0"},
		},
		Actionlint: {module: "tool/actionlint", path: "github.com/rhysd/actionlint", main: "github.com/rhysd/actionlint/cmd/actionlint"},
		GoReleaser: {
			module: "tool/goreleaser", path: "github.com/goreleaser/goreleaser/v2", main: "github.com/goreleaser/goreleaser/v2",
			env: []string{"CGO_ENABLED=0"},
		},
		CycloneDX: {
			module: "tool/cyclonedx-gomod", path: "github.com/CycloneDX/cyclonedx-gomod",
			main: "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod", env: []string{"CGO_ENABLED=0"},
		},
		Helm: {module: "tool/helm", path: "helm.sh/helm/v4", main: "helm.sh/helm/v4/cmd/helm", ldflags: func(version string) string {
			return "-X helm.sh/helm/v4/internal/version.version=" + version
		}},
	}[name]
	return s, ok
}

// Bin returns the folder that holds a judge and nothing else. It builds the judge when the folder is not there.
func Bin(tb testing.TB, name string) string {
	tb.Helper()
	dir, err := Build(Root(tb), name)
	if err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
	return dir
}

// Build is Bin outside of tests; root is the work tree.
func Build(root, name string) (string, error) {
	s, ok := specOf(name)
	if !ok {
		return "", errors.New("no such tool")
	}
	module := filepath.Join(root, "e2e", filepath.FromSlash(s.module))
	version, err := run(module, nil, "list", "-m", "-f", "{{.Version}}", s.path)
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "npgen-e2e", name+"-"+version)
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	// The packages of a test run side by side, and each tool is to be built once.
	unlock, err := lockedfile.MutexAt(dir + ".lock").Lock()
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return dir, err
	}
	half := dir + ".half"
	if err := os.RemoveAll(half); err != nil {
		return "", err
	}
	flags := "-s -w"
	if s.ldflags != nil {
		flags += " " + s.ldflags(version)
	}
	if _, err := run(module, s.env, "build", "-trimpath", "-ldflags", flags, "-o", filepath.Join(half, executable(name)), s.main); err != nil {
		return "", err
	}
	return dir, os.Rename(half, dir)
}

// Npgen builds npgen from the work tree, with the dependencies that users get, and returns the folder of it.
func Npgen(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	Watch(tb)
	if _, err := run(Root(tb), nil, "build", "-o", filepath.Join(dir, executable("npgen")), "./cmd/npgen"); err != nil {
		tb.Fatal(err)
	}
	return dir
}

// Watch reads every folder of the work tree, so that the go command does not take a result from its cache once a file
// has changed.
func Watch(tb testing.TB) {
	tb.Helper()
	watch(tb, filepath.Join(Root(tb), "e2e")+string(filepath.Separator)+"..")
}

// watch reads a folder. The go command looks again only at paths below the module, as they are written: dir starts with
// the module's own folder and must not be cleaned.
func watch(tb testing.TB, dir string) {
	tb.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		tb.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && e.Name() != "e2e" {
			watch(tb, dir+string(filepath.Separator)+e.Name())
		}
	}
}

// Root returns the work tree: the folder above this module.
func Root(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for filepath.Base(dir) != "e2e" {
		if dir == filepath.Dir(dir) {
			tb.Fatal("the tests run in a folder that is not below e2e")
		}
		dir = filepath.Dir(dir)
	}
	return filepath.Dir(dir)
}

func executable(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}

// Go runs the go command in a folder and returns what it prints, without the line end.
func Go(dir string, args ...string) (string, error) { return run(dir, nil, args...) }

// run runs the go command in a folder, with more environment, and returns what it prints, without the line end.
func run(dir string, env []string, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	// A workspace of the user's would mix the dependencies of modules.
	cmd.Env = append(append(cmd.Environ(), "GOWORK=off"), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return strings.TrimSpace(string(out)), nil
}
