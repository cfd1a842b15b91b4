package judges

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	v2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/labelsfilter"
	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/gen/dialect/cilium/identity"
)

// TestCiliumIdentity holds what npgen knows of the labels that make an identity to Cilium's own filter, and which labels of
// namespaces a selector may have to Cilium's own check.
func TestCiliumIdentity(t *testing.T) {
	prepare()
	logger := slog.New(slog.DiscardHandler)
	if err := labelsfilter.ParseLabelPrefixCfg(logger, nil, nil, ""); err != nil {
		t.Fatal(err)
	}
	keys := []string{
		"app", "tier", "app.kubernetes.io/name", "app.kubernetes.io/instance", "k8s-app", "k8s.io/x", "kubernetes.io/name", "io.kubernetes.x",
		"io.kubernetes.pod.namespace", "statefulset.kubernetes.io/pod-name", "statefulset.kubernetes.io/other", "apps.kubernetes.io/pod-index",
		"batch.kubernetes.io/job-completion-index", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name", "beta.kubernetes.io/arch",
		"x.beta.kubernetes.io/y", "pod-template-hash", "pod-template-hash-2", "pod-template-generation", "controller-revision-hash", "controller-uid",
		"annotation.x", "annotations", "etcd_node", "etcd_nodes", "topology.kubernetes.io/zone", "job-name", "dns.operator.openshift.io/daemonset-dns",
		"helm.sh/chart", "my.kubernetes.io/x", "networking.k8s.io/x", "security.istio.io/tlsMode", "node.kubernetes.io/x", "release", "cilium.io/x",
	}
	for _, key := range keys {
		kept, _ := labelsfilter.Filter(labels.Labels{key: labels.NewLabel(key, "x", labels.LabelSourceK8s)})
		if got, want := identity.Has(key), len(kept) == 1; got != want {
			t.Errorf("%s is part of an identity: npgen says %t, Cilium %t", key, got, want)
		}
	}
	for n := 20; n <= 63; n++ {
		keys = append(keys, strings.Repeat("a", n), "example.com/"+strings.Repeat("a", n))
	}
	accepts := func(key string) bool {
		text := fmt.Sprintf("{metadata: {name: a, namespace: b}, spec: {endpointSelector: {}, ingress: [{fromEndpoints: [{matchLabels: {%q: x}}]}]}}", key)
		o := &v2.CiliumNetworkPolicy{}
		if err := yaml.Unmarshal([]byte(text), o); err != nil {
			t.Fatal(err)
		}
		_, err := o.Parse(logger, clusterName)
		return err == nil
	}
	accepted := map[bool]int{}
	for _, key := range keys {
		if !accepts(key) {
			t.Errorf("%s: Cilium refuses it in a selector of pods", key)
		}
		got, want := identity.SelectsNamespaces(key), accepts("k8s:"+identity.NamespaceLabels+key)
		if accepted[want]++; got != want {
			t.Errorf("%s in a selector of namespaces: npgen says %t, Cilium %t", key, got, want)
		}
	}
	if len(accepted) != 2 {
		t.Errorf("the limit is not among the keys: %v", accepted)
	}
}
