package inventory

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	kjson "sigs.k8s.io/json"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/internal/streamtest"
)

// FuzzReadAsKubectl holds that of any stream the policies are those that kubectl and the API server read, field by field,
// or that something is named as not counted.
func FuzzReadAsKubectl(f *testing.F) {
	for i := range 256 {
		f.Add([]byte{0, byte(i)})
		f.Add([]byte{5, byte(i), byte(i)})
	}
	f.Fuzz(func(t *testing.T, choices []byte) { readAsKubectl(t, streamtest.Stream(choices)) })
}

// TestRandomReadAsKubectl tries streams of random fragments.
func TestRandomReadAsKubectl(t *testing.T) {
	streamtest.Hold(t, 3, 10000, 500, "policies", readAsKubectl)
}

// serverPolicies returns what the API server has of a stream once kubectl has applied it: up to the first document that
// kubectl refuses, what the server reads strictly.
func serverPolicies(data []byte) (out []networkingv1.NetworkPolicy, all bool) {
	documents, err := streamtest.Documents(data)
	for _, d := range documents {
		objects, err := streamtest.Objects(d)
		if err != nil {
			return out, false
		}
		for _, o := range objects {
			if o["kind"] != "NetworkPolicy" || o["apiVersion"] != policyVersion {
				continue
			}
			delete(o, "status")
			text, err := json.Marshal(o)
			if err != nil {
				return out, false
			}
			var p networkingv1.NetworkPolicy
			if unknown, err := kjson.UnmarshalStrict(text, &p); err == nil && len(unknown) == 0 && metaFault(&meta{p.ObjectMeta}) == "" {
				out = append(out, p)
			}
		}
	}
	return out, err == nil
}

func readAsKubectl(t *testing.T, data []byte) int {
	t.Helper()
	inv, _, err := Read("", []string{"-"}, bytes.NewReader(data), budget.Limits{})
	if _, isTooMuch := errors.AsType[*budget.ExceededError](err); isTooMuch {
		return 0 // aliases that stand for more than anybody reads
	}
	if err != nil {
		t.Fatal(err)
	}
	var got []networkingv1.NetworkPolicy
	for _, p := range inv.Policies {
		if p.Pos.Line < 1 || p.Pos.Line > 1+bytes.Count(data, []byte("\n")) {
			t.Errorf("%s is no line of %q", p.Pos, data)
		}
		p.Value("spec")
		if !p.Generated {
			got = append(got, p.NetworkPolicy)
		}
	}
	want, all := serverPolicies(data)
	if len(inv.NotCounted) > 0 {
		return len(got)
	}
	if !all {
		// What kubectl refuses and cannot hold an object may be passed over where nothing stands behind it.
		if len(got) > len(want) {
			t.Errorf("%d policies, kubectl has %d of %q", len(got), len(want), data)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-kubectl +npgen, and nothing is named:\n%s\nof %q", diff, data)
	}
	return len(got)
}
