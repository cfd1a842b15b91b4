package oracle

import (
	"cmp"
	"math/rand/v2"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/internal/oracle/random"
)

// policies reads specs in short: each line is a namespace and the spec of a policy.
func policies(t *testing.T, text string) []networkingv1.NetworkPolicy {
	t.Helper()
	var out []networkingv1.NetworkPolicy
	for line := range strings.Lines(text) {
		namespace, spec, found := strings.Cut(strings.TrimSpace(line), ": ")
		if !found {
			continue
		}
		p := networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "p"}}
		if err := yaml.UnmarshalStrict([]byte(spec), &p.Spec); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		out = append(out, p)
	}
	return out
}

func pod(namespace string, pairs ...string) WitnessEnd {
	out := WitnessEnd{Namespace: namespace, Labels: map[string]string{}}
	for _, p := range pairs {
		k, v, _ := strings.Cut(p, "=")
		if key, ofNamespace := strings.CutPrefix(k, "ns:"); ofNamespace {
			if out.NamespaceLabels == nil {
				out.NamespaceLabels = map[string]string{}
			}
			out.NamespaceLabels[key] = v
			continue
		}
		out.Labels[k] = v
	}
	return out
}

func calling(e WitnessEnd, name string, number int) WitnessEnd {
	e.Ports = map[string]int{name: number}
	return e
}

// TestSemantics holds the meaning of each field to what the Kubernetes API documents.
func TestSemantics(t *testing.T) {
	web, db, bare := pod("shop", "app=web"), pod("shop", "app=db"), pod("shop")
	address := func(a string) WitnessEnd { return WitnessEnd{Address: a} }
	for _, c := range []struct {
		name, policies string
		open           []Witness
		closed         []Witness
	}{
		{"no policy", ``, []Witness{{web, db, "80"}, {address("10.0.0.1"), db, "80"}, {web, address("10.0.0.1"), "other"}}, nil},
		{
			"a policy without types and rules isolates for ingress only", `shop: {podSelector: {}}`,
			[]Witness{{web, pod("x"), "80"}, {web, address("10.0.0.1"), "53/udp"}},
			[]Witness{{pod("x"), web, "80"}, {web, web, "80"}, {address("10.0.0.1"), web, "80"}, {web, db, "other"}},
		},
		{
			"egress rules without types isolate for both", `shop: {podSelector: {matchLabels: {app: web}}, egress: [{}]}`,
			[]Witness{{web, db, "80"}, {web, address("::1"), "other"}},
			[]Witness{{db, web, "80"}},
		},
		{
			"egress rules beside the type ingress mean nothing", `shop: {podSelector: {}, policyTypes: [Ingress], egress: [{to: [{podSelector: {}}]}]}`,
			[]Witness{{web, pod("x"), "80"}},
			[]Witness{{web, db, "80"}},
		},
		{
			"an empty rule is everyone on every port", `shop: {podSelector: {}, ingress: [{}]}`,
			[]Witness{{web, db, "80"}, {pod("x"), db, "other"}, {address("10.0.0.1"), db, "1/sctp"}},
			nil,
		},
		{
			"a podSelector is of the own namespace", `shop: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}`,
			[]Witness{{web, db, "80"}, {pod("x"), bare, "80"}},
			[]Witness{{pod("x", "app=web"), db, "80"}, {bare, db, "80"}, {address("10.0.0.1"), db, "80"}},
		},
		{
			"an empty namespaceSelector is every pod, and no address", `shop: {podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}`,
			[]Witness{{web, db, "80"}, {pod("x"), db, "other"}},
			[]Witness{{address("10.0.0.1"), db, "80"}},
		},
		{
			"both selectors of a peer hold", `shop: {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: x}}, podSelector: {matchLabels: {app: web}}}]}]}`,
			[]Witness{{pod("y", "ns:team=x", "app=web"), db, "80"}},
			[]Witness{{pod("y", "ns:team=x"), db, "80"}, {pod("y", "app=web"), db, "80"}, {web, db, "80"}},
		},
		{
			"two peers are either", `shop: {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: x}}}, {podSelector: {matchLabels: {app: web}}}]}]}`,
			[]Witness{{pod("y", "ns:team=x"), db, "80"}, {web, db, "80"}},
			[]Witness{{pod("y", "app=web"), db, "80"}},
		},
		{
			"a namespace by its name", `shop: {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}}]}]}`,
			[]Witness{{pod("ops"), db, "80"}},
			[]Witness{{web, db, "80"}, {pod("x", "ns:name=ops"), db, "80"}},
		},
		{
			"NotIn and DoesNotExist hold without the label", `shop: {podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}, {key: tier, operator: DoesNotExist}]}}`,
			[]Witness{{bare, web, "80"}, {bare, pod("shop", "tier=x"), "80"}},
			[]Witness{{web, db, "80"}, {web, bare, "80"}},
		},
		{
			"In and Exists need the label", `shop: {podSelector: {matchExpressions: [{key: app, operator: In, values: [web, db]}, {key: tier, operator: Exists}]}}`,
			[]Witness{{bare, web, "80"}},
			[]Witness{{bare, pod("shop", "app=web", "tier="), "80"}},
		},
		{
			"blocks are addresses, without their exceptions", `shop: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}]}`,
			[]Witness{{web, address("10.0.0.1"), "80"}, {web, address("10.2.0.0"), "other"}, {address("10.1.0.1"), web, "80"}},
			[]Witness{{web, address("10.1.0.1"), "80"}, {web, address("11.0.0.0"), "80"}, {web, db, "80"}, {web, address("2001:db8::1"), "80"}},
		},
		{
			"a protocol alone is all of its ports", `shop: {podSelector: {}, ingress: [{ports: [{protocol: UDP}]}]}`,
			[]Witness{{web, db, "1/udp"}, {web, db, "65535/udp"}},
			[]Witness{{web, db, "80"}, {web, db, "other"}},
		},
		{
			"a range has both ends", `shop: {podSelector: {}, ingress: [{ports: [{port: 80, endPort: 90}]}]}`,
			[]Witness{{web, db, "80"}, {web, db, "90"}},
			[]Witness{{web, db, "79"}, {web, db, "91"}, {web, db, "80/udp"}},
		},
		{
			"a name is what the destination calls so", `shop: {podSelector: {}, ingress: [{ports: [{port: http}]}]}`,
			[]Witness{{web, calling(db, "http/tcp", 8080), "8080"}},
			[]Witness{{web, db, "8080"}, {web, calling(db, "http/tcp", 8080), "80"}, {web, calling(db, "http/udp", 8080), "8080"}, {calling(web, "http/tcp", 8080), db, "8080"}},
		},
		{
			"a name in egress is the destination's too, and an address has none", `shop: {podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}`,
			[]Witness{{web, calling(pod("x"), "http/tcp", 8080), "8080"}},
			[]Witness{{calling(web, "http/tcp", 80), pod("x"), "80"}, {web, address("10.0.0.1"), "80"}},
		},
		{
			"policies add up, and both halves are needed", `
			shop: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {}}]}]}
			shop: {podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 81}]}]}
			shop: {podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{ports: [{port: 80}, {port: 81}]}]}`,
			[]Witness{{web, db, "80"}, {bare, db, "82"}, {pod("x"), db, "81"}},
			[]Witness{{web, db, "82"}, {pod("x"), db, "80"}, {web, bare, "82"}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			all := policies(t, c.policies)
			for want, list := range map[bool][]Witness{true: c.open, false: c.closed} {
				for _, x := range list {
					if err := x.Check(nil); err != nil {
						t.Error(err)
					}
					if x.IsOpen(all) != want {
						t.Errorf("%s: open is %t, want %t", x, !want, want)
					}
				}
			}
		})
	}
}

// TestDifferences holds the comparison of all pods to cases that were worked out by hand.
func TestDifferences(t *testing.T) {
	db := func(from string) string {
		return `shop: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [` + from + `]}]}`
	}
	subject := func(labels string) string { return `shop: {podSelector: {` + labels + `}}` }
	for _, c := range []struct {
		name, before, after string
		opens, closes       bool
	}{
		{"a peer's label is dropped", db(`{podSelector: {matchLabels: {app: web, tier: front}}}`), db(`{podSelector: {matchLabels: {tier: front}}}`), true, false},
		{"a subject is narrowed", subject(`matchLabels: {app: db}`), subject(`matchLabels: {app: db, role: primary}`), true, false},
		{"NotIn becomes everyone", db(`{podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [evil]}]}}`), db(`{podSelector: {}}`), true, false},
		{
			"namespaces by name where nothing was", subject(`matchLabels: {app: db}`),
			db(`{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [monitoring, logging]}]}}`), true, false,
		},
		{"every namespace where only the own was", db(`{podSelector: {}}`), db(`{podSelector: {}, namespaceSelector: {}}`), true, false},
		{"a namespace's label is dropped", db(`{namespaceSelector: {matchLabels: {tenant: gold}}}`), db(`{namespaceSelector: {}}`), true, false},
		{
			"a value more", db(`{namespaceSelector: {matchExpressions: [{key: t, operator: In, values: [gold]}]}}`),
			db(`{namespaceSelector: {matchExpressions: [{key: t, operator: In, values: [gold, silver]}]}}`), true, false,
		},
		{"another port name", `shop: {podSelector: {}, ingress: [{ports: [{port: http}]}]}`, `shop: {podSelector: {}, ingress: [{ports: [{port: metrics}]}]}`, true, true},
		{"a name instead of its usual number", `shop: {podSelector: {}, ingress: [{ports: [{port: 80}]}]}`, `shop: {podSelector: {}, ingress: [{ports: [{port: http}]}]}`, true, true},
		{"all of TCP in two ways", `shop: {podSelector: {}, ingress: [{ports: [{protocol: TCP}]}]}`, `shop: {podSelector: {}, ingress: [{ports: [{port: 1, endPort: 65535}]}]}`, false, false},
		{"all of TCP is not everything", `shop: {podSelector: {}, ingress: [{ports: [{protocol: TCP}, {protocol: UDP}, {protocol: SCTP}]}]}`, `shop: {podSelector: {}, ingress: [{}]}`, true, false},
		{"a value twice", db(`{podSelector: {matchExpressions: [{key: app, operator: In, values: [web, web]}]}}`), db(`{podSelector: {matchLabels: {app: web}}}`), false, false},
		{"the own namespace by its name", db(`{podSelector: {}}`), db(`{podSelector: {}, namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}`), false, false},
		{
			"a peer is widened that the other half limits",
			`shop: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: db}}}]}]}` + "\n" + db(`{podSelector: {matchLabels: {app: web}}}`),
			`shop: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: db}}}]}]}` + "\n" + db(`{podSelector: {matchLabels: {app: web}}}`) + "\n" + db(`{podSelector: {matchLabels: {app: web, x: x}}}`),
			false, false,
		},
		{
			"In [postgres] becomes In [postgres, extra] as a subject", subject(`matchExpressions: [{key: app, operator: In, values: [postgres]}]`),
			subject(`matchExpressions: [{key: app, operator: In, values: [postgres, extra]}]`), false, true,
		},
		{
			"a subject is widened while an allow-all stays", subject(`matchLabels: {app: db}`) + "\n" + `shop: {podSelector: {}, ingress: [{}]}`,
			subject(``) + "\n" + `shop: {podSelector: {}, ingress: [{}]}`, false, false,
		},
		{"a block and its halves", db(`{ipBlock: {cidr: 10.0.0.0/8}}`), db(`{ipBlock: {cidr: 10.0.0.0/9}}, {ipBlock: {cidr: 10.128.0.0/9}}`), false, false},
		{"a block without an exception", db(`{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}`), db(`{ipBlock: {cidr: 10.0.0.0/8}}`), true, false},
		{
			"one namespace has one set of labels", subject(``),
			`shop: {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {t: x, kubernetes.io/metadata.name: shop}}}]}]}` + "\n" +
				`shop: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {t: y}}}]}]}`,
			false, true,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, after := policies(t, c.before), policies(t, c.after)
			w, err := New(Facts{}, before, after)
			if err != nil {
				t.Fatal(err)
			}
			d := w.Diff(0, 1)
			if (d.Opened != nil) != c.opens || (d.Closed != nil) != c.closes {
				t.Errorf("opens %t, closes %t; want %t, %t", d.Opened != nil, d.Closed != nil, c.opens, c.closes)
			}
			confirm(t, w, d, before, after)
		})
	}
}

// confirm holds the examples of a difference to the two ends alone.
func confirm(t *testing.T, w *World, d Difference, before, after []networkingv1.NetworkPolicy) {
	t.Helper()
	for _, f := range []*Flow{d.Opened, d.Closed} {
		if f == nil {
			continue
		}
		x := w.Example(*f)
		if err := x.Check(w.facts.Namespaces); err != nil {
			t.Error(err)
		}
		if x.IsOpen(before) != (f == d.Closed) || x.IsOpen(after) != (f == d.Opened) {
			t.Errorf("%s is no example", x)
		}
	}
}

// TestKnown shows that labels which are known leave no other.
func TestKnown(t *testing.T) {
	before := policies(t, `shop: {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops, t: x}}}]}]}`)
	for known, opens := range map[string]bool{"x": true, "y": false} {
		w, err := New(Facts{Namespaces: map[string]map[string]string{"ops": {"t": known}, "shop": {}}}, policies(t, `shop: {podSelector: {}}`), before)
		if err != nil {
			t.Fatal(err)
		}
		if d := w.Diff(0, 1); (d.Opened != nil) != opens {
			t.Errorf("with t=%s it opens: %t", known, d.Opened != nil)
		}
	}
}

// TestPlain shows which pods take an assumption.
func TestPlain(t *testing.T) {
	shop := func(key, value string) Selection {
		return In("shop", metav1.LabelSelector{MatchLabels: map[string]string{key: value}})
	}
	w, err := New(Facts{
		Workloads: []Selection{shop("app", "web"), shop("tier", "x"), In("shop", metav1.LabelSelector{MatchLabels: map[string]string{"app": "web", "role": "r"}})},
		Entries:   []metav1.LabelSelector{{MatchLabels: map[string]string{"gold": "1"}}, {MatchLabels: map[string]string{"silver": "1"}}},
		Named:     []string{"shop", "jobs"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range w.Ends() {
		e := w.End(i)
		if !e.Pod {
			continue
		}
		x := w.example(e, e)
		l := x.NamespaceLabels
		two := x.Namespace == "shop" && x.Labels["app"] == "web" && x.Labels["tier"] == "x"
		named := (x.Namespace == "shop" || x.Namespace == "jobs") && len(l) > 1
		both := l["gold"] == "1" && l["silver"] == "1"
		if want := !two && !named && !both; e.Plain != want {
			t.Errorf("%+v is plain: %t, want %t", x, e.Plain, want)
		}
	}
}

// TestPlainOfOne shows that a pod is one workload's where all others that pick it include that one.
func TestPlainOfOne(t *testing.T) {
	app := func(values ...string) Selection {
		return In("shop", metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "app", Operator: metav1.LabelSelectorOpIn, Values: values}}})
	}
	w, err := New(Facts{Workloads: []Selection{app("web"), app("web", "db", "old"), app("web", "cache", "old")}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range w.Ends() {
		e := w.End(i)
		if x := w.example(e, e); e.Pod && e.Plain != (x.Namespace != "shop" || x.Labels["app"] != "old") {
			t.Errorf("%+v is plain: %t", x, e.Plain)
		}
	}
}

// TestWorld holds the classes to the two ends alone: in random clusters, and for random flows.
func TestWorld(t *testing.T) {
	seeds := 300
	if testing.Short() {
		seeds = 50
	}
	flows, differ := 0, 0
	for seed := range uint64(seeds) {
		pair := random.Pairs(seed)
		w, err := New(Facts{Namespaces: pair.Before.Namespaces}, pair.Before.Policies, pair.After.Policies)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		r := rand.New(rand.NewPCG(seed, 3))
		for from, to := range w.Pairs() {
			if r.IntN(4) > 0 {
				continue
			}
			open, kinds := w.Open(0, from, to), w.Kinds(to)
			for k := range w.ports.kinds {
				if !kinds.has(k) || r.IntN(3) > 0 {
					continue
				}
				var one Ports
				one.set(k)
				x := w.Example(Flow{from, to, one})
				if err := x.Check(pair.Before.Namespaces); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				if x.IsOpen(pair.Before.Policies) != open.has(k) {
					t.Fatalf("seed %d: %s is open: %t by its class", seed, x, open.has(k))
				}
				flows++
			}
		}
		d := w.Diff(0, 1)
		confirm(t, w, d, pair.Before.Policies, pair.After.Policies)
		if d.Opened != nil || d.Closed != nil {
			differ++
			if pair.Rewritten {
				t.Errorf("seed %d: %s differs by %v", seed, w.Example(*cmp.Or(d.Opened, d.Closed)), pair.Edits)
			}
		}
	}
	t.Logf("%d flows; %d of %d pairs differ", flows, differ, seeds)
	if flows < seeds*100 || differ < seeds/5 || differ > seeds*9/10 {
		t.Error("the random clusters show too little")
	}
}

// TestMatches holds selectors to those of Kubernetes.
func TestMatches(t *testing.T) {
	for seed := range uint64(100) {
		w, err := New(Facts{}, random.Policies(seed).Policies)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range w.selectors {
			for i := range s.list {
				want, err := metav1.LabelSelectorAsSelector(&s.list[i])
				if err != nil {
					t.Fatal(err)
				}
				for _, l := range s.combinations("") {
					if Matches(&s.list[i], l) != want.Matches(labels.Set(l)) {
						t.Errorf("%v and %v", s.list[i], l)
					}
				}
			}
		}
	}
}
