package docs_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/yaml"
)

// metadata is what the objects of the GitOps tools have in common.
type metadata struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	} `json:"metadata"`
}

type command struct {
	Command []string `json:"command"`
	Args    []string `json:"args"`
}

// plugin is a ConfigManagementPlugin (argo-cd, cmpserver/plugin/config.go, PluginConfig): the fields that npgen's uses.
type plugin struct {
	metadata
	Spec struct {
		Discover struct {
			Find command `json:"find"`
		} `json:"discover"`
		Generate command `json:"generate"`
	} `json:"spec"`
}

// application is an Application (argo-cd, pkg/apis/application/v1alpha1): the fields that npgen's use.
type application struct {
	metadata
	Spec struct {
		Project string `json:"project"`
		Source  struct {
			RepoURL        string `json:"repoURL"`
			TargetRevision string `json:"targetRevision"`
			Path           string `json:"path"`
			Plugin         *struct {
				Name string `json:"name"`
			} `json:"plugin"`
		} `json:"source"`
		Destination struct {
			Server string `json:"server"`
		} `json:"destination"`
		SyncPolicy struct {
			Automated struct {
				Prune    bool `json:"prune"`
				SelfHeal bool `json:"selfHeal"`
			} `json:"automated"`
		} `json:"syncPolicy"`
	} `json:"spec"`
}

// gitRepository and kustomization are Flux's (source-controller, api/v1, and kustomize-controller, api/v1).
type gitRepository struct {
	metadata
	Spec struct {
		Interval string `json:"interval"`
		URL      string `json:"url"`
		Ref      struct {
			Branch string `json:"branch"`
		} `json:"ref"`
	} `json:"spec"`
}

type kustomization struct {
	metadata
	Spec struct {
		Interval  string `json:"interval"`
		SourceRef struct {
			Kind string `json:"kind"`
			Name string `json:"name"`
		} `json:"sourceRef"`
		Path    string `json:"path"`
		Prune   bool   `json:"prune"`
		Wait    bool   `json:"wait"`
		Timeout string `json:"timeout"`
	} `json:"spec"`
}

// parse reads the documents of a file below integrations, one into each of the values; an unknown field is an error.
func parse(t *testing.T, file string, into ...any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "integrations", file))
	if err != nil {
		t.Fatal(err)
	}
	documents := strings.Split(string(data), "\n---\n")
	if len(documents) != len(into) {
		t.Fatalf("%s has %d documents, want %d", file, len(documents), len(into))
	}
	for i, d := range documents {
		if err := yaml.UnmarshalStrict([]byte(d), into[i]); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
}

func TestArgoCD(t *testing.T) {
	var p plugin
	var committed, built application
	var sidecar appsv1.Deployment
	parse(t, "argocd/plugin.yaml", &p)
	parse(t, "argocd/application.yaml", &committed)
	parse(t, "argocd/application-plugin.yaml", &built)
	parse(t, "argocd/sidecar.yaml", &sidecar)
	if p.APIVersion != "argoproj.io/v1alpha1" || p.Kind != "ConfigManagementPlugin" {
		t.Errorf("the plugin is a %s %s", p.APIVersion, p.Kind)
	}
	for _, a := range []application{committed, built} {
		if a.APIVersion != "argoproj.io/v1alpha1" || a.Kind != "Application" || !a.Spec.SyncPolicy.Automated.Prune || a.Spec.Source.Path == "" {
			t.Errorf("not an Application that prunes: %+v", a)
		}
	}
	// A plugin without a version is found by its name alone.
	if committed.Spec.Source.Plugin != nil || built.Spec.Source.Plugin == nil || built.Spec.Source.Plugin.Name != p.Metadata.Name {
		t.Errorf("the Applications name the plugins %v and %v, want none and %s", committed.Spec.Source.Plugin, built.Spec.Source.Plugin, p.Metadata.Name)
	}
	checkSidecar(t, &sidecar)
}

// checkSidecar holds that each mount of the sidecar has its volume: of the patch, or of the repo server.
func checkSidecar(t *testing.T, d *appsv1.Deployment) {
	t.Helper()
	volumes := map[string]bool{"var-files": true, "plugins": true}
	for _, v := range d.Spec.Template.Spec.Volumes {
		volumes[v.Name] = true
	}
	config := false
	for _, m := range d.Spec.Template.Spec.Containers[0].VolumeMounts {
		if !volumes[m.Name] {
			t.Errorf("the sidecar has no volume %s", m.Name)
		}
		config = config || m.MountPath == "/home/argocd/cmp-server/config/plugin.yaml" && m.SubPath == "plugin.yaml"
	}
	if !config {
		t.Error("the sidecar does not mount plugin.yaml where Argo CD looks for it")
	}
}

// The commands of the plugin, run as Argo CD runs them: in the folder of the Application, with little more than a PATH.
func TestArgoCDPluginRuns(t *testing.T) {
	var p plugin
	parse(t, "argocd/plugin.yaml", &p)
	for name, packages := range map[string]string{"np-demo": ".", "teams": "./..."} {
		t.Run(name, func(t *testing.T) {
			dir := copied(t, filepath.Join("..", "examples", name))
			if found, status := run(t, dir, p.Spec.Discover.Find); found == "" || status != 0 {
				t.Errorf("discover prints %q, exit status %d", found, status)
			}
			got, status := run(t, dir, p.Spec.Generate)
			want, _ := run(t, dir, command{Command: []string{"npgen", "build", packages}})
			if diff := cmp.Diff(want, got); diff != "" || status != 0 || !strings.Contains(got, "kind: NetworkPolicy") {
				t.Errorf("exit status %d (-npgen build +plugin):\n%s", status, diff)
			}
		})
	}
	t.Run("no package", func(t *testing.T) {
		dir := t.TempDir()
		if found, status := run(t, dir, p.Spec.Discover.Find); found != "" || status != 0 {
			t.Errorf("discover prints %q, exit status %d", found, status)
		}
		if out, status := run(t, dir, p.Spec.Generate); out != "" || status == 0 {
			t.Errorf("generate prints %q, exit status %d", out, status)
		}
	})
	t.Run("an error", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "policy.cue"), []byte("package p\nnamespace: \"a\"\nallow: [\"x -> y:1\"]\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, status := run(t, dir, p.Spec.Generate); out != "" || status == 0 {
			t.Errorf("generate prints %q, exit status %d", out, status)
		}
	})
}

func copied(t *testing.T, folder string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "source")
	if err := os.CopyFS(dir, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// run runs a command of a plugin and returns what it prints and its exit status.
func run(t *testing.T, dir string, c command) (string, int) {
	t.Helper()
	path := npgen + string(os.PathListSeparator) + os.Getenv("PATH")
	words := append(c.Command, c.Args...)
	program := words[0]
	if program == "npgen" {
		program = filepath.Join(npgen, "npgen")
	}
	cmd := exec.Command(program, words[1:]...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + path, "ARGOCD_APP_NAME=network-policies"}
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return stdout.String(), cmd.ProcessState.ExitCode()
}

func TestFlux(t *testing.T) {
	var source gitRepository
	var k kustomization
	parse(t, "flux/policies.yaml", &source, &k)
	if source.APIVersion != "source.toolkit.fluxcd.io/v1" || source.Kind != "GitRepository" {
		t.Errorf("the source is a %s %s", source.APIVersion, source.Kind)
	}
	if k.APIVersion != "kustomize.toolkit.fluxcd.io/v1" || k.Kind != "Kustomization" || !k.Spec.Prune {
		t.Errorf("not a Kustomization that prunes: %+v", k)
	}
	if ref := k.Spec.SourceRef; ref.Kind != source.Kind || ref.Name != source.Metadata.Name || k.Metadata.Namespace != source.Metadata.Namespace {
		t.Errorf("the Kustomization reads from %+v, not from %s", ref, source.Metadata.Name)
	}
	if !strings.HasPrefix(k.Spec.Path, "./") {
		t.Errorf("the path is %s", k.Spec.Path)
	}
}
