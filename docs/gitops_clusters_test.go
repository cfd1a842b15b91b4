package docs_test

import (
	"bytes"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// applicationSet is an ApplicationSet (argo-cd, pkg/apis/application/v1alpha1): the fields that npgen's uses.
type applicationSet struct {
	metadata
	Spec struct {
		GoTemplate        bool     `json:"goTemplate"`
		GoTemplateOptions []string `json:"goTemplateOptions"`
		Generators        []struct {
			Git struct {
				RepoURL     string `json:"repoURL"`
				Revision    string `json:"revision"`
				Directories []struct {
					Path string `json:"path"`
				} `json:"directories"`
			} `json:"git"`
		} `json:"generators"`
		SyncPolicy struct {
			PreserveResourcesOnDeletion bool `json:"preserveResourcesOnDeletion"`
		} `json:"syncPolicy"`
		// Template is the text of an application, with what each folder fills in.
		Template map[string]any `json:"template"`
	} `json:"spec"`
}

// fleet builds the example with several clusters where the files of the GitOps tools look for it: it returns the root of
// such a repository, and what npgen lists for each cluster.
func fleet(t *testing.T) (dir string, flows map[string]string) {
	t.Helper()
	dir = copied(t, filepath.Join("..", "examples", "clusters"))
	if err := os.RemoveAll(filepath.Join(dir, "policies")); err != nil {
		t.Fatal(err)
	}
	npgenIn := func(args ...string) string {
		out, status := run(t, dir, command{Command: append([]string{"npgen"}, args...)})
		if status != 0 {
			t.Fatalf("npgen %q: exit status %d", args, status)
		}
		return out
	}
	npgenIn("build", "-q", "./...", "-o", "deploy/policies")
	flows = map[string]string{}
	for _, cluster := range []string{"east", "west"} {
		flows[cluster] = npgenIn("list", "./...", "--cluster", cluster, "--format", "csv", "--to", "shop/db")
	}
	if flows["east"] == flows["west"] {
		t.Fatal("nothing tells the clusters apart")
	}
	return dir, flows
}

// applied lists a folder as a tool of the cluster would apply it.
func applied(t *testing.T, dir, folder string) string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, folder, "kustomization.yaml")); err != nil {
		t.Fatal(err)
	}
	out, status := run(t, dir, command{Command: []string{"npgen", "list", folder, "--format", "csv", "--to", "shop/{app=db}"}})
	if status != 0 {
		t.Fatalf("%s: exit status %d", folder, status)
	}
	return out
}

// inWords gives the pods of policies the names that packages have for them.
func inWords(list string) string {
	return strings.NewReplacer("{app=", "", "}", "").Replace(list)
}

// The ApplicationSet makes an Application of each folder that a build of several clusters writes, and of no other: for the
// cluster of the folder's name, with the policies of that cluster.
func TestArgoCDApplicationSet(t *testing.T) {
	var set applicationSet
	parse(t, "argocd/applicationset.yaml", &set)
	if set.APIVersion != "argoproj.io/v1alpha1" || set.Kind != "ApplicationSet" || !set.Spec.GoTemplate || !set.Spec.SyncPolicy.PreserveResourcesOnDeletion {
		t.Errorf("not an ApplicationSet with Go templates that keeps the policies: %+v", set)
	}
	text, err := yaml.Marshal(set.Spec.Template)
	if err != nil {
		t.Fatal(err)
	}
	tmpl, err := template.New("application").Option(set.Spec.GoTemplateOptions...).Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	dir, flows := fleet(t)
	if len(set.Spec.Generators) != 1 || len(set.Spec.Generators[0].Git.Directories) != 1 {
		t.Fatalf("the generators are %+v", set.Spec.Generators)
	}
	git := set.Spec.Generators[0].Git
	folders, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(git.Directories[0].Path)))
	if err != nil {
		t.Fatal(err)
	}
	var clusters, names []string
	for _, folder := range folders {
		rel, err := filepath.Rel(dir, folder)
		if err != nil {
			t.Fatal(err)
		}
		rel = filepath.ToSlash(rel)
		var b bytes.Buffer
		if err := tmpl.Execute(&b, map[string]any{"path": map[string]any{"path": rel, "basename": path.Base(rel)}}); err != nil {
			t.Fatal(err)
		}
		var a struct {
			metadata
			Spec struct {
				Project string `json:"project"`
				Source  struct {
					RepoURL        string `json:"repoURL"`
					TargetRevision string `json:"targetRevision"`
					Path           string `json:"path"`
				} `json:"source"`
				Destination struct {
					Name string `json:"name"`
				} `json:"destination"`
				SyncPolicy struct {
					Automated struct {
						Prune    bool `json:"prune"`
						SelfHeal bool `json:"selfHeal"`
					} `json:"automated"`
				} `json:"syncPolicy"`
			} `json:"spec"`
		}
		if err := yaml.UnmarshalStrict(b.Bytes(), &a); err != nil {
			t.Fatalf("%v\n%s", err, b.String())
		}
		source := a.Spec.Source
		if !a.Spec.SyncPolicy.Automated.Prune || source.RepoURL != git.RepoURL || source.TargetRevision != git.Revision {
			t.Errorf("not an Application of the same repository that prunes: %s", b.String())
		}
		cluster := a.Spec.Destination.Name
		if diff := cmp.Diff(flows[cluster], inWords(applied(t, dir, source.Path))); diff != "" {
			t.Errorf("cluster %s is given %s (-npgen list +folder):\n%s", cluster, source.Path, diff)
		}
		clusters, names = append(clusters, cluster), append(names, a.Metadata.Name)
	}
	slices.Sort(clusters)
	if want := slices.Sorted(maps.Keys(flows)); !slices.Equal(clusters, want) || len(slices.Compact(names)) != len(want) {
		t.Errorf("Applications %q for the clusters %q, want %q", names, clusters, want)
	}
}

// Each Kustomization of Flux has the folder of the cluster that it reaches.
func TestFluxClusters(t *testing.T) {
	type perCluster struct {
		metadata
		Spec struct {
			Interval  string `json:"interval"`
			SourceRef struct {
				Kind string `json:"kind"`
				Name string `json:"name"`
			} `json:"sourceRef"`
			Path       string `json:"path"`
			KubeConfig struct {
				SecretRef struct {
					Name string `json:"name"`
				} `json:"secretRef"`
			} `json:"kubeConfig"`
			Prune          bool   `json:"prune"`
			DeletionPolicy string `json:"deletionPolicy"`
			Wait           bool   `json:"wait"`
			Timeout        string `json:"timeout"`
		} `json:"spec"`
	}
	var source gitRepository
	var east, west perCluster
	parse(t, "flux/clusters.yaml", &source, &east, &west)
	dir, flows := fleet(t)
	for cluster, k := range map[string]perCluster{"east": east, "west": west} {
		if k.APIVersion != "kustomize.toolkit.fluxcd.io/v1" || k.Kind != "Kustomization" || !k.Spec.Prune || k.Spec.DeletionPolicy != "Orphan" {
			t.Errorf("not a Kustomization that prunes, and keeps what it applied: %+v", k)
		}
		if ref := k.Spec.SourceRef; ref.Kind != source.Kind || ref.Name != source.Metadata.Name || k.Metadata.Namespace != source.Metadata.Namespace {
			t.Errorf("the Kustomization reads from %+v, not from %s", ref, source.Metadata.Name)
		}
		if !strings.Contains(k.Metadata.Name, cluster) || k.Spec.KubeConfig.SecretRef.Name != cluster+"-kubeconfig" {
			t.Errorf("%s reaches %s, want %s", k.Metadata.Name, k.Spec.KubeConfig.SecretRef.Name, cluster)
		}
		folder, ok := strings.CutPrefix(k.Spec.Path, "./")
		if !ok {
			t.Errorf("the path is %s", k.Spec.Path)
		}
		if diff := cmp.Diff(flows[cluster], inWords(applied(t, dir, folder))); diff != "" {
			t.Errorf("cluster %s is given %s (-npgen list +folder):\n%s", cluster, folder, diff)
		}
	}
}
