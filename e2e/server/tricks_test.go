//go:build linux

package server

import (
	"cmp"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/e2e/cluster"
	"github.com/npgen/npgen/e2e/tool"
)

// trick is a stream with a NetworkPolicy `open`; it is applied where the API server has the policy afterwards.
type trick struct {
	Name, Text string
	Bytes      []byte
	Applied    bool
}

// TestTricks sees what kubectl and the API server make of manifests that hide what they say; cmd/npgen holds npgen to the
// same table.
func TestTricks(t *testing.T) {
	c := cluster.Start(t)
	addNamespace(t, c, "shop")
	var tricks []trick
	if err := json.Unmarshal([]byte(tool.Read(t, filepath.Join(tool.Root(t), "testdata", "tricks.json"))), &tricks); err != nil {
		t.Fatal(err)
	}
	for _, trick := range tricks {
		t.Run(trick.Name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "open.yaml")
			if err := os.WriteFile(file, []byte(cmp.Or(trick.Text, string(trick.Bytes))), 0o644); err != nil {
				t.Fatal(err)
			}
			_, said := c.Kubectl(".", "", "apply", "-f", file)
			policies := c.Client.NetworkingV1().NetworkPolicies("shop")
			p, err := policies.Get(context.Background(), "open", metav1.GetOptions{})
			if opens := err == nil && len(p.Spec.Ingress) > 0; opens != trick.Applied {
				t.Errorf("applied: %v, not %v; kubectl says %v", opens, trick.Applied, said)
			}
			if err := c.Clear(); err != nil {
				t.Fatal(err)
			}
		})
	}
}
