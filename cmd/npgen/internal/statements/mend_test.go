package statements

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/internal/oracle"
	"github.com/npgen/npgen/internal/oracle/random"
)

const (
	mendOpens   = "explain: with the rules that it proposes the flow is allowed"
	mendNothing = "explain: the rules that it proposes close nothing"
	mendAlone   = "explain: the rules that it proposes open what their selectors and ports say, and nothing else"
)

// TestMend applies the rules that `npgen explain` proposes for denied flows of random clusters, and asks again.
func TestMend(t *testing.T) {
	x, count := ofYAML(t, 400, random.Policies, func(c *random.Cluster, _, path string) ([]string, []wrong, error) {
		return judgeMend(t, t.TempDir(), path, c)
	})
	if least := count / 2; x.made[mendOpens] < least {
		t.Errorf("only %d proposals were tried", x.made[mendOpens])
	}
}

// proposal is an explanation, as far as it proposes rules.
type proposal struct {
	Answers []struct {
		Pairs   []string
		Changes []proposed
	}
}

type proposed struct{ Object, Field, YAML string }

// rules is what a change adds: one rule and the pods that its policy selects.
type rules struct {
	namespace string
	subject   metav1.LabelSelector
	spec      networkingv1.NetworkPolicySpec
}

// judgeMend asks for flows between pods that there are and some that there are not.
func judgeMend(t testing.TB, dir, path string, c *random.Cluster) (made []string, found []wrong, err error) {
	ends := append(slices.Sorted(maps.Keys(c.Pods)), "a/{app=web}", "b/{app=db,tier=x}")
	for _, from := range ends {
		for _, to := range ends {
			asked := from + " -> " + to + ":80,53/udp"
			a := npgen("explain", path, asked, "--format", "json", "-n", "default")
			var said proposal
			if err := json.Unmarshal([]byte(a.out), &said); err != nil {
				return nil, nil, fmt.Errorf("%s: %s%s: %w", asked, a.out, a.err, err)
			}
			if len(said.Answers) != 1 || len(said.Answers[0].Changes) == 0 {
				continue
			}
			asked = said.Answers[0].Pairs[0] // of several pods with the labels, the rules are for the first
			after, added, err := applied(c, said.Answers[0].Changes)
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w", asked, err)
			}
			text, err := after.YAML()
			if err != nil {
				return nil, nil, err
			}
			notOpen := ""
			if again := npgen("explain", write(t, dir, "after.yaml", text), asked, "-n", "default"); again.status != 0 {
				notOpen = text + again.out
			}
			closed, opened, err := judgeChange(c, after, added)
			if err != nil {
				return nil, nil, err
			}
			for statement, says := range map[string]string{mendOpens: notOpen, mendNothing: closed, mendAlone: opened} {
				made = append(made, statement)
				if says != "" {
					found = append(found, wrong{statement, asked + ": " + says})
				}
			}
		}
	}
	return made, found, nil
}

// applied returns the cluster with changes.
func applied(c *random.Cluster, changes []proposed) (*random.Cluster, []rules, error) {
	out := &random.Cluster{Namespaces: c.Namespaces, Pods: c.Pods}
	for i := range c.Policies {
		out.Policies = append(out.Policies, *c.Policies[i].DeepCopy())
	}
	var added []rules
	for _, change := range changes {
		if change.Field == "" {
			var p networkingv1.NetworkPolicy
			if err := yaml.UnmarshalStrict([]byte(change.YAML), &p); err != nil {
				return nil, nil, err
			}
			out.Policies = append(out.Policies, p)
			added = append(added, rules{p.Namespace, p.Spec.PodSelector, p.Spec})
			continue
		}
		at := slices.IndexFunc(out.Policies, func(p networkingv1.NetworkPolicy) bool {
			return change.Object == "NetworkPolicy "+p.Namespace+"/"+p.Name
		})
		if at < 0 {
			return nil, nil, fmt.Errorf("there is no `%s`", change.Object)
		}
		spec, into := &out.Policies[at].Spec, map[string]string{"spec": "", "spec.ingress": "ingress:\n", "spec.egress": "egress:\n"}
		prefix, ok := into[change.Field]
		if !ok {
			return nil, nil, fmt.Errorf("unknown field `%s`", change.Field)
		}
		var more networkingv1.NetworkPolicySpec
		if err := yaml.UnmarshalStrict([]byte(prefix+change.YAML), &more); err != nil {
			return nil, nil, err
		}
		spec.Ingress, spec.Egress = append(spec.Ingress, more.Ingress...), append(spec.Egress, more.Egress...)
		added = append(added, rules{out.Policies[at].Namespace, spec.PodSelector, more})
	}
	return out, added, nil
}

// judgeChange says what the oracle holds against changes: of all pods that can exist.
func judgeChange(c, after *random.Cluster, added []rules) (closed, opened string, err error) {
	var sets []oracle.Set
	type side struct{ subjects, peers oracle.Set }
	var egress, ingress []side
	of := func(r rules, peers []networkingv1.NetworkPolicyPeer) side {
		s := side{subjects: oracle.Set{Pods: []oracle.Selection{oracle.In(r.namespace, r.subject)}}}
		for _, p := range peers {
			s.peers.Pods = append(s.peers.Pods, selectionOf(r.namespace, p))
		}
		sets = append(sets, s.subjects, s.peers)
		return s
	}
	for _, r := range added {
		for _, x := range r.spec.Egress {
			egress = append(egress, of(r, x.To))
		}
		for _, x := range r.spec.Ingress {
			ingress = append(ingress, of(r, x.From))
		}
	}
	w, err := oracle.New(oracle.Facts{Namespaces: c.Namespaces, Sets: sets, Ports: []string{"80", "53/udp"}}, c.Policies, after.Policies)
	if err != nil {
		return "", "", err
	}
	if f := w.Diff(0, 1).Closed; f != nil {
		closed = fmt.Sprintf("closed: %v", *f)
	}
	covers := func(s side, subject, peer int) (bool, error) {
		subjects, err := w.Members(&s.subjects)
		if err != nil {
			return false, err
		}
		peers, err := w.Members(&s.peers)
		return err == nil && subjects[subject] && peers[peer], err
	}
	for from, to := range w.Pairs() {
		more := w.Open(1, from, to).Minus(w.Open(0, from, to))
		if more.IsEmpty() {
			continue
		}
		isCovered := false
		for _, s := range egress {
			is, err := covers(s, from, to)
			if err != nil {
				return "", "", err
			}
			isCovered = isCovered || is
		}
		for _, s := range ingress {
			is, err := covers(s, to, from)
			if err != nil {
				return "", "", err
			}
			isCovered = isCovered || is
		}
		if !isCovered {
			opened = fmt.Sprintf("opened: %d -> %d", from, to)
		}
	}
	return closed, opened, nil
}
