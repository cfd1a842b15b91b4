package manifest

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/gen/dialect/kubernetes/write"
)

const (
	allowFile       = "allow.yaml"
	defaultDenyFile = "default-deny.yaml"
	kustomization   = "kustomization.yaml"
)

// Files is a folder of output: the path of each file, relative to the folder and with slashes, and its content.
type Files map[string][]byte

// Object is an object of the output, as far as its place depends on it.
type Object struct {
	Namespace, Name string
	// DefaultDeny says that it opens nothing.
	DefaultDeny bool
}

// Layout lays objects out as `<namespace>/allow.yaml`, `<namespace>/default-deny.yaml` and
// `<namespace>/kustomization.yaml`, with a `kustomization.yaml` above them that gives the objects in the order of the
// stream. Write returns the objects from one place to another as YAML, behind a text. A file of objects that would hold
// none is left out; the root kustomization is always there, since it names the packages. Where the objects say no
// namespace, which are of one, the two files and the kustomization lie in the folder itself.
//
// The objects must come in stream order: allow objects by namespace and name, then default denies by namespace and
// name. Another order, two objects of one name, a namespace that is no DNS label, and a package name that a comment
// line cannot hold are errors.
func Layout(head Head, objects []Object, write func(head string, from, to int) ([]byte, error)) (Files, error) {
	mark, err := head.text()
	if err != nil {
		return nil, err
	}
	if err := checkOrder(objects); err != nil {
		return nil, err
	}
	files := Files{}
	resources := []string{}
	inNamespace := map[string][]string{}
	for start := 0; start < len(objects); {
		first, end := &objects[start], start+1
		for end < len(objects) && compareFile(first, &objects[end]) == 0 {
			end++
		}
		namespace, name := first.Namespace, fileName(first)
		file := path.Join(namespace, name)
		if head.OmitNamespace {
			if file = name; files[file] != nil {
				return nil, fmt.Errorf("policies of several namespaces, `%s` among them, are to say none", namespace)
			}
		}
		if files[file], err = write(Mark+"\n", start, end); err != nil {
			return nil, err
		}
		start = end
		resources = append(resources, file)
		if !head.OmitNamespace {
			inNamespace[namespace] = append(inNamespace[namespace], name)
		}
	}
	for namespace, resources := range inNamespace {
		if files[path.Join(namespace, kustomization)], err = kustomize(Mark+"\n", resources); err != nil {
			return nil, err
		}
	}
	files[kustomization], err = kustomize(mark, resources)
	return files, err
}

// NetworkPolicies is Layout for objects of networking.k8s.io/v1.
func NetworkPolicies(head Head, policies []networkingv1.NetworkPolicy) (Files, error) {
	return Layout(head, ObjectsOf(policies), func(text string, from, to int) ([]byte, error) {
		if head.OmitNamespace {
			return write.StreamBehind(text, write.WithoutNamespace(policies[from:to]))
		}
		return write.StreamBehind(text, policies[from:to])
	})
}

// ObjectsOf returns NetworkPolicies as objects. One without a rule in either direction is a default deny.
func ObjectsOf(policies []networkingv1.NetworkPolicy) []Object {
	out := make([]Object, len(policies))
	for i := range policies {
		p := &policies[i]
		out[i] = Object{p.Namespace, p.Name, len(p.Spec.Ingress) == 0 && len(p.Spec.Egress) == 0}
	}
	return out
}

// kustomize renders a kustomization that keeps the order of its resources, where kustomize would sort them.
func kustomize(head string, resources []string) ([]byte, error) {
	body, err := yaml.Marshal(map[string]any{
		"apiVersion":  "kustomize.config.k8s.io/v1beta1",
		"kind":        "Kustomization",
		"sortOptions": map[string]string{"order": "fifo"},
		"resources":   resources,
	})
	return append([]byte(head), body...), err
}

// fileName says which of the two files of its namespace an object goes to.
func fileName(o *Object) string {
	if o.DefaultDeny {
		return defaultDenyFile
	}
	return allowFile
}

// compareFile orders files as the stream does: the name first, as the alphabet has allow before default-deny.
func compareFile(a, b *Object) int {
	return cmp.Or(cmp.Compare(fileName(a), fileName(b)), cmp.Compare(a.Namespace, b.Namespace))
}

func checkOrder(objects []Object) error {
	seen := make(map[[2]string]bool, len(objects))
	for i := range objects {
		p := &objects[i]
		// The namespace becomes a folder: a label has neither dots nor slashes, so it stays inside.
		if faults := validation.IsDNS1123Label(p.Namespace); len(faults) > 0 {
			return fmt.Errorf("policy `%s`: namespace `%s`: %s", p.Name, p.Namespace, strings.Join(faults, ", "))
		}
		key := [2]string{p.Namespace, p.Name}
		if seen[key] {
			return fmt.Errorf("two policies are named `%s/%s`", p.Namespace, p.Name)
		}
		seen[key] = true
		if i == 0 {
			continue
		}
		if before := &objects[i-1]; cmp.Or(compareFile(before, p), cmp.Compare(before.Name, p.Name)) > 0 {
			return fmt.Errorf("policy `%s/%s` comes after `%s/%s`, against the order of a stream",
				p.Namespace, p.Name, before.Namespace, before.Name)
		}
	}
	return nil
}

// check holds files to what Layout makes, so that no path can leave the folder and every file written now is known
// as npgen's later. It returns what the files were built from.
func (files Files) check() (origin, error) {
	for _, p := range slices.Sorted(maps.Keys(files)) {
		folder, name := path.Split(p)
		folder = strings.TrimSuffix(folder, "/")
		if !fs.ValidPath(p) || !filepath.IsLocal(filepath.FromSlash(p)) || strings.ContainsAny(p, `\:`) ||
			strings.Contains(folder, "/") || strings.HasPrefix(folder, ".") || strings.HasPrefix(name, ".") {
			return origin{}, fmt.Errorf("path `%s` is not one of a file in the output folder or one level below", p)
		}
		if _, both := files[folder]; both {
			return origin{}, fmt.Errorf("path `%s` is both a file and a folder", folder)
		}
		if !marked(files[p]) {
			return origin{}, fmt.Errorf("content of `%s` does not start with the mark of npgen", p)
		}
	}
	from, ok := originOf(files[kustomization])
	if !ok {
		return origin{}, fmt.Errorf("`%s` is missing or names no packages", kustomization)
	}
	return from, nil
}

// PolicyFiles returns the paths of the files that hold policies, sorted.
func (files Files) PolicyFiles() []string {
	var out []string
	for name := range files {
		if path.Base(name) != kustomization {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
