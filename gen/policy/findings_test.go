package policy_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"strings"
	"testing"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/internal/findingtest"
	"github.com/npgen/npgen/gen/load"
)

var _ = flag.Bool("update", false, "write the findings wanted")

// TestFindings holds what is wrong with objects: place, message and help.
func TestFindings(t *testing.T) {
	findingtest.Run(t, "testdata/findings/*.txtar")
}

// The warning comes where the API server refuses what `kubectl apply` sends: the object with all of it in an annotation.
func TestTooLargeToApply(t *testing.T) {
	seen := map[bool]int{}
	for n := 2560; n <= 2620; n += 10 {
		var workloads, edges strings.Builder
		for i := range n {
			fmt.Fprintf(&workloads, "\t\"client-%d\": {}\n", i)
			fmt.Fprintf(&edges, "\t\"client-%d -> db\",\n", i)
		}
		src := "namespace: \"shop\"\nworkloads: {\n\tdb: ports: http: 80\n" + workloads.String() + "}\nallow: [\n" + edges.String() + "]\n"
		result, err := gen.Build(load.Env{Dir: t.TempDir(), Stdin: strings.NewReader(src)}, []string{"-"})
		if err != nil || result.Findings.Count(diag.Error) > 0 {
			t.Fatal(err, result.Findings)
		}
		refused := false
		for i := range result.Policies {
			p := &result.Policies[i]
			// kubectl keeps the object that it has read from YAML, as JSON.
			text, err := yaml.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			var object map[string]any
			if err := yaml.Unmarshal(text, &object); err != nil {
				t.Fatal(err)
			}
			kept, err := json.Marshal(object)
			if err != nil {
				t.Fatal(err)
			}
			annotations := maps.Clone(p.Annotations)
			if annotations == nil {
				annotations = map[string]string{}
			}
			annotations["kubectl.kubernetes.io/last-applied-configuration"] = string(kept) + "\n"
			refused = refused || len(apivalidation.ValidateAnnotations(annotations, field.NewPath("metadata"))) > 0
		}
		if warned := result.Findings.Has(diag.TooLarge); warned != refused {
			t.Errorf("%d clients: warned %v, refused %v", n, warned, refused)
		}
		seen[refused]++
	}
	if len(seen) != 2 {
		t.Errorf("the limit is not among the cases: %v", seen)
	}
}
