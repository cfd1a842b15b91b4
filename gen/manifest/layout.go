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

// Layout lays policies out as `<namespace>/allow.yaml`, `<namespace>/default-deny.yaml` and
// `<namespace>/kustomization.yaml`, with a `kustomization.yaml` above them that gives the objects in the order of
// write.Stream. A policy without a rule in either direction is a default deny. A file of policies that would hold none is
// left out; the root kustomization is always there, since it names the packages. Where the objects say no namespace, which
// are of one, the two files and the kustomization lie in the folder itself.
//
// The policies must come in stream order: allow objects by namespace and name, then default denies by namespace and
// name. Another order, two objects of one name, a namespace that is no DNS label, and a package name that a comment
// line cannot hold are errors.
func Layout(head Head, policies []networkingv1.NetworkPolicy) (Files, error) {
	mark, err := head.text()
	if err != nil {
		return nil, err
	}
	if err := checkOrder(policies); err != nil {
		return nil, err
	}
	files := Files{}
	resources := []string{}
	inNamespace := map[string][]string{}
	for rest := policies; len(rest) > 0; {
		first := &rest[0]
		n := 1
		for n < len(rest) && compareFile(first, &rest[n]) == 0 {
			n++
		}
		run, namespace, name := rest[:n], first.Namespace, fileName(first)
		rest = rest[n:]
		file := path.Join(namespace, name)
		if head.OmitNamespace {
			run, file = write.WithoutNamespace(run), name
			if files[file] != nil {
				return nil, fmt.Errorf("policies of several namespaces, `%s` among them, are to say none", namespace)
			}
		}
		if files[file], err = write.StreamBehind(Mark+"\n", run); err != nil {
			return nil, err
		}
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

// fileName says which of the two files of its namespace a policy goes to.
func fileName(policy *networkingv1.NetworkPolicy) string {
	if len(policy.Spec.Ingress) == 0 && len(policy.Spec.Egress) == 0 {
		return defaultDenyFile
	}
	return allowFile
}

// compareFile orders files as the stream does: the name first, as the alphabet has allow before default-deny.
func compareFile(a, b *networkingv1.NetworkPolicy) int {
	return cmp.Or(cmp.Compare(fileName(a), fileName(b)), cmp.Compare(a.Namespace, b.Namespace))
}

func checkOrder(policies []networkingv1.NetworkPolicy) error {
	seen := make(map[[2]string]bool, len(policies))
	for i := range policies {
		p := &policies[i]
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
		if before := &policies[i-1]; cmp.Or(compareFile(before, p), cmp.Compare(before.Name, p.Name)) > 0 {
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
