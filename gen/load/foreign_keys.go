package load

import (
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
)

// foreignKey is a key, or the start of keys, by which a tool leaves an object out, changes it, or takes it for its own.
type foreignKey struct {
	start string
	// does is what the tool does, behind `can make`.
	does string
}

// foreignKeys are labels and annotations that packages must not set: the policies that were proven would not be those
// that apply. Order and waiting are other matters: `argocd.argoproj.io/sync-wave` is fine.
func foreignKeys() []foreignKey {
	return []foreignKey{
		{"config.kubernetes.io/", "kustomize and other functions leave out or change objects"},
		{"internal.config.kubernetes.io/", "kustomize leave out or change objects"},
		{"kustomize.config.k8s.io/", "kustomize merge, replace or rename objects"},
		{"config.k8s.io/", "kpt and its functions leave out or change objects"},
		{"client.lifecycle.config.k8s.io/", "kpt and Config Sync leave objects as they are"},
		{"cli-utils.sigs.k8s.io/", "kpt keep or prune objects"},
		{"kubectl.kubernetes.io/last-applied-configuration", "`kubectl apply` remove what it has not seen"},
		{"argocd.argoproj.io/hook", "Argo CD apply the object at certain times only, and delete it"},
		{"argocd.argoproj.io/tracking-id", "Argo CD take the object for that of another application"},
		{"argocd.argoproj.io/instance", "Argo CD take the object for that of another application"},
		{"argocd.argoproj.io/skip-reconcile", "Argo CD leave the object as it is"},
		{"helm.sh/hook", "Helm apply the object at certain times only, and delete it"},
		{"meta.helm.sh/", "Helm take the object for that of a release"},
		{"kustomize.toolkit.fluxcd.io/reconcile", "Flux leave the object as it is"},
		{"kustomize.toolkit.fluxcd.io/ssa", "Flux leave the object as it is, or merge it"},
		{"helm.toolkit.fluxcd.io/", "Flux take the object for that of a release"},
		{"kapp.k14s.io/noop", "kapp leave out the object"},
		{"kapp.k14s.io/exists", "kapp leave out the object"},
		{"kapp.k14s.io/nonce", "kapp change the object"},
		{"addonmanager.kubernetes.io/mode", "the add-on manager change or delete the object"},
		{"objectset.rio.cattle.io/", "Rancher change or delete the object"},
		{"configmanagement.gke.io/", "Config Sync leave out or change the object"},
		{"configsync.gke.io/", "Config Sync take the object for its own"},
	}
}

// foreign refuses a label or annotation by which a tool would not apply the object as it is written.
func (d *decoder) foreign(key string, pos diag.Pos) {
	keys := foreignKeys()
	i := slices.IndexFunc(keys, func(k foreignKey) bool { return strings.HasPrefix(strings.ToLower(key), k.start) })
	if i >= 0 {
		d.findings.Errorf(diag.ReservedName, pos, "`%s` can make %s", key, keys[i].does).
			WithHelp("remove it: what is applied must be what was proven")
	}
}

// carried refuses text that YAML does not carry as it is (YAML 1.2.2, section 5.1, and 1.1, where U+0085 ends a line).
func (d *decoder) carried(s string, pos diag.Pos, what string) {
	for _, r := range s {
		if r >= 0x7f && r <= 0x9f || r == 0xfffe || r == 0xffff {
			d.findings.Errorf(diag.InvalidValue, pos, "%s holds %U, which YAML does not carry as it is", what, r).
				WithHelp("remove the character; for a line end write `\\n`")
			return
		}
	}
}
