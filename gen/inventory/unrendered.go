package inventory

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
)

// unrendered is a file of a template, or a kustomization that changes what it lists. Charts have many of the one and
// repositories many of the other: each path that the user names has one finding for all of a kind.
type unrendered struct {
	named string
	pos   diag.Pos
	// hasPolicy is set where the file speaks of a NetworkPolicy.
	hasPolicy bool
}

// kustomization is one that changes what it lists.
type kustomization struct {
	unrendered
	Written
	// key is the field that changes it.
	key string
	// namespace is the one that it puts everything into, "" for none; resources is the files and folders that it lists.
	namespace string
	resources []string
}

// kustomization notes that the manifests are not yet what runs.
func (r *reader) kustomization(o *object) {
	r.inv.Skipped++
	r.inv.Kustomized = true
	var fields map[string]json.RawMessage
	if o.decode(&fields) != nil {
		return
	}
	k := kustomization{Written: o.Written}
	for _, key := range []string{"commonLabels", "labels", "namePrefix", "nameSuffix", "namespace", "patches", "components"} {
		switch string(fields[key]) {
		case "", "null", `""`, "{}", "[]":
			continue
		}
		k.key = key
		break
	}
	if k.key == "" {
		return
	}
	r.inv.Incomplete = true
	k.named, k.pos = r.named, o.Value(k.key)
	k.pos.Col = 0
	_ = json.Unmarshal(fields["namespace"], &k.namespace) // of another type it is none
	for _, key := range []string{"resources", "bases", "components"} {
		var listed []string
		if json.Unmarshal(fields[key], &listed) == nil {
			k.resources = append(k.resources, listed...)
		}
	}
	r.kustomizations = append(r.kustomizations, k)
}

// reportUnrendered reports templates and kustomizations.
func (r *reader) reportUnrendered() {
	var changes []unrendered
	changed := map[diag.Pos]string{}
	for _, k := range r.kustomizations {
		if r.mixesNamespaces(k) {
			continue
		}
		changes = append(changes, k.unrendered)
		changed[k.pos] = k.key
	}
	for _, all := range byPath(r.templates) {
		first := all[0]
		if i := slices.IndexFunc(all, func(t unrendered) bool { return t.hasPolicy }); i >= 0 {
			first = all[i]
		} else {
			r.inv.OtherTemplates = append(r.inv.OtherTemplates, first.pos)
		}
		r.findings.Warnf(diag.ManifestTemplate, first.pos, "this is a template, not a manifest%s", more(all, "file")).
			WithHelp("render it first, as with `helm template CHART`, and give npgen what that prints; the document was left out")
	}
	for _, all := range byPath(changes) {
		r.findings.Infof(diag.ManifestTemplate, all[0].pos, "kustomize changes these manifests (`%s`) before they are applied%s", changed[all[0].pos], more(all, "kustomization")).
			WithHelp("render them first, as with `kubectl kustomize DIR`, and give npgen what that prints")
	}
}

// more says how many others of a path there are.
func more(all []unrendered, what string) string {
	switch n := len(all) - 1; n {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("; the same of 1 more %s of `%s`", what, all[0].named)
	default:
		return fmt.Sprintf("; the same of %d more %ss of `%s`", n, what, all[0].named)
	}
}

// byPath returns what is not rendered for each path that the user named.
func byPath(all []unrendered) [][]unrendered {
	var out [][]unrendered
	for _, u := range all {
		if i := slices.IndexFunc(out, func(of []unrendered) bool { return of[0].named == u.named }); i >= 0 {
			out[i] = append(out[i], u)
		} else {
			out = append(out, []unrendered{u})
		}
	}
	return out
}

// mixesNamespaces reports kustomizations that put policies of several namespaces into one.
func (r *reader) mixesNamespaces(k kustomization) bool {
	if k.namespace == "" {
		return false
	}
	var found []string
	hasPolicy := false
	add := func(namespace, file string) bool {
		listed := k.lists(file)
		if listed && namespace != "" && !slices.Contains(found, namespace) {
			found = append(found, namespace)
		}
		return listed
	}
	for _, p := range r.inv.Policies {
		hasPolicy = add(p.Namespace, p.File()) || hasPolicy
	}
	for _, w := range r.inv.Workloads {
		add(w.Namespace, w.File())
	}
	if !hasPolicy || len(found) < 2 {
		return false
	}
	slices.Sort(found)
	r.findings.Warnf(diag.ManifestTemplate, k.Value("namespace"), "`namespace: %s` puts objects of the namespaces `%s` into one, and selectors of namespaces stay as they are", k.namespace, strings.Join(found, "`, `")).
		WithHelp("write a kustomization for each namespace, or leave `namespace` out")
	return true
}

// lists reports whether a file is, or lies below, what the kustomization lists.
func (k kustomization) lists(file string) bool {
	for _, resource := range k.resources {
		listed := filepath.Join(filepath.Dir(k.File()), filepath.FromSlash(resource))
		if file = filepath.Clean(file); file == listed || strings.HasPrefix(file, listed+string(filepath.Separator)) {
			return true
		}
	}
	return false
}
