package read_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/gen/dialect/cilium/read"
	"github.com/npgen/npgen/gen/rule"
)

// TestMeanings reads the rules of testdata/specs.yaml, of which e2e/judges asks Cilium's engine.
func TestMeanings(t *testing.T) {
	data, err := os.ReadFile("testdata/specs.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Name, Says string
		Refused    bool
		Unknown    []string
		Spec       json.RawMessage
	}
	if err := yaml.UnmarshalStrict(data, &all); err != nil {
		t.Fatal(err)
	}
	for _, x := range all {
		t.Run(x.Name, func(t *testing.T) {
			text := `{"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": {"name": "p", "namespace": "a"}, "spec": ` + string(x.Spec) + "}"
			policies, err := read.Policies([]byte(text))
			if err != nil || len(policies) != 1 {
				t.Fatal(err, len(policies))
			}
			meanings, err := read.Meanings(&policies[0])
			if refused := err != nil; refused != x.Refused {
				t.Fatalf("refused: %v", err)
			}
			if x.Refused {
				return
			}
			if got := describe(&meanings[0]); got != x.Says {
				t.Errorf("got  %s\nwant %s", got, x.Says)
			}
			if !slices.Equal(meanings[0].NotUnderstood, x.Unknown) {
				t.Errorf("not understood: %q, want %q", meanings[0].NotUnderstood, x.Unknown)
			}
		})
	}
	if len(all) < 50 {
		t.Errorf("only %d rules", len(all))
	}
}

// describe writes a meaning in one line.
func describe(m *read.Meaning) string {
	out := []string{"isolates " + m.Isolates.String()}
	add := func(word string, list []read.Opening) {
		for _, o := range list {
			for _, p := range o.Peers {
				out = append(out, fmt.Sprintf("%s %s %s %s", word, o.Direction, peer(p), ports(o)))
			}
		}
	}
	add("allow", m.Allows)
	add("deny", m.Denies)
	return strings.Join(out, "; ")
}

func peer(p read.Peer) string {
	switch {
	case p.Everyone:
		return "everyone"
	case p.Entity != "":
		return "entity " + p.Entity
	case p.Host != nil:
		return "host " + p.Host.MatchName + p.Host.MatchPattern
	case p.Block != nil:
		return fmt.Sprint(p.Block.Addresses.Prefixes()[0])
	}
	text := func(s string) string {
		if s == "<none>" {
			return "all"
		}
		return strings.TrimPrefix(s, rule.NamespaceName+"=")
	}
	return "pods{" + text(rule.Text(p.Pods.Pods)) + " in " + text(rule.Text(p.Pods.Namespaces)) + "}"
}

func ports(o read.Opening) string {
	out := o.Ports.String()
	if len(o.Ports) == 0 {
		out = "-"
	}
	for _, n := range o.Named {
		out += " named " + n.Name
	}
	if o.HTTP != nil {
		out += fmt.Sprintf(" http %d", len(o.HTTP))
	}
	if o.DNS != nil {
		out += fmt.Sprintf(" dns %d", len(o.DNS))
	}
	return out
}

// TestPoliciesRefuses holds what is no policy of Cilium's.
func TestPoliciesRefuses(t *testing.T) {
	const good = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p}\nspec: {endpointSelector: {}, ingress: [{}]}\n"
	for name, text := range map[string]string{
		"another kind":     strings.Replace(good, "CiliumNetworkPolicy", "NetworkPolicy", 1),
		"another version":  strings.Replace(good, "v2", "v3", 1),
		"an unknown field": strings.Replace(good, "ingress:", "ingres:", 1),
		"case":             strings.Replace(good, "endpointSelector:", "EndpointSelector:", 1),
		"a key twice":      strings.Replace(good, "ingress: [{}]", "ingress: [{}], ingress: []", 1),
		"a wrong type":     strings.Replace(good, "ingress: [{}]", "ingress: {}", 1),
		"a second value":   good + "...\nx: 1\n",
	} {
		if _, err := read.Policies([]byte(text)); err == nil {
			t.Errorf("%s is read", name)
		}
	}
	for name, text := range map[string]string{"one": good, "two": good + "---\n# a comment\n" + good, "none": "# a comment\n"} {
		if _, err := read.Policies([]byte(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzMeanings holds that no policy, however odd, makes the reader fail otherwise than with an error, and that the proof's
// reader of requests does so neither.
func FuzzMeanings(f *testing.F) {
	data, err := os.ReadFile("testdata/specs.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if _, spec, ok := strings.Cut(line, ", spec: "); ok {
			f.Add(strings.TrimSuffix(strings.TrimSpace(spec), "}"))
		}
	}
	f.Fuzz(func(_ *testing.T, spec string) {
		text := "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p, namespace: a}\nspec: " + spec + "\n"
		policies, err := read.Policies([]byte(text))
		if err != nil {
			return
		}
		for i := range policies {
			_, _ = read.Meanings(&policies[i])
		}
	})
}
