package judges

import (
	"encoding/json"
	"log/slog"
	"os"
	"testing"

	v2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	"sigs.k8s.io/yaml"
)

// TestCiliumRefusals asks Cilium's engine of which rules of npgen's own table it refuses, so that they are not enforced.
func TestCiliumRefusals(t *testing.T) {
	prepare()
	data, err := os.ReadFile("../../gen/dialect/cilium/read/testdata/specs.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Name    string          `json:"name"`
		Refused bool            `json:"refused"`
		Spec    json.RawMessage `json:"spec"`
	}
	if err := yaml.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, x := range all {
		o := &v2.CiliumNetworkPolicy{}
		err := json.Unmarshal([]byte(`{"metadata": {"name": "p", "namespace": "a"}, "spec": `+string(x.Spec)+"}"), o)
		if err == nil {
			_, err = o.Parse(slog.New(slog.DiscardHandler), clusterName)
		}
		if (err != nil) != x.Refused {
			t.Errorf("%s: refused %t by the table, Cilium says %v", x.Name, x.Refused, err)
		}
		if err != nil {
			refused++
		}
	}
	t.Logf("%d of %d rules are refused", refused, len(all))
}
