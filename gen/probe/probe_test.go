package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/kubectl"
)

// fake is a cluster that enforces policies as far as it is told to.
type fake struct {
	policies map[string]networkingv1.NetworkPolicy
	pods     map[string]map[string]string
	// Of policies it ignores these.
	ingress, egress, selectors, ports bool
	// broken has all connections fail, stuck those after the first policy was deleted.
	broken, stuck bool
	// trouble is a word of a command that fails.
	trouble string
	deleted []string
	// services are addresses of pods that are there, by what they answer.
	services map[string]func(labels map[string]string) bool
	ran      func(args []string)
}

func newFake() *fake {
	return &fake{policies: map[string]networkingv1.NetworkPolicy{}, pods: map[string]map[string]string{}}
}

func (f *fake) Within(_ context.Context, stdin io.Reader, args ...string) ([]byte, error) {
	if f.ran != nil {
		f.ran(args)
	}
	line := strings.Join(args, " ")
	if f.trouble != "" && strings.Contains(line, f.trouble) {
		return nil, &kubectl.Failed{Status: 1, Said: "error: the server is gone"}
	}
	switch args[0] {
	case "apply":
		return nil, f.apply(stdin)
	case "get":
		if args[1] == "configmap" {
			return []byte(`{"metadata": {"uid": "1"}}`), nil
		}
		return fmt.Appendf(nil, `{"spec": {"nodeName": "n1"}, "status": {"phase": "Running", "podIP": "10.0.0.9"}}`), nil
	case "delete":
		f.deleted = append(f.deleted, line)
		for name := range f.policies {
			if slices.Contains(args, name) {
				delete(f.policies, name)
				f.broken = f.broken || f.stuck
			}
		}
		return nil, nil
	case "exec":
		if strings.Contains(line, "nslookup") {
			return []byte("NOTOOL\n"), nil
		}
		return f.connect(args[3], args[len(args)-1])
	}
	return nil, fmt.Errorf("nobody expects `kubectl %s`", line)
}

func (f *fake) apply(stdin io.Reader) error {
	text, err := io.ReadAll(stdin)
	if err != nil {
		return err
	}
	var list struct{ Items []json.RawMessage }
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	for _, item := range list.Items {
		var p networkingv1.NetworkPolicy
		if err := json.Unmarshal(item, &p); err != nil {
			return err
		}
		switch p.Kind {
		case "NetworkPolicy":
			f.policies[p.Name] = p
		case "Pod":
			f.pods[p.Name] = p.Labels
		}
	}
	return nil
}

func (f *fake) connect(from, to string) ([]byte, error) {
	blocked := &kubectl.Failed{Status: 1, Said: "TIMEOUT\ncommand terminated with exit code 1"}
	if answers, ok := f.services[to]; ok {
		if answers(f.pods[from]) {
			return []byte("OK\n"), nil
		}
		return nil, blocked
	}
	if f.broken || !f.open(from, to) {
		return nil, blocked
	}
	return []byte("OK\n"), nil
}

func (f *fake) open(from, to string) bool {
	ingress, egress := true, true
	isolated := map[networkingv1.PolicyType]bool{}
	for _, p := range f.policies {
		for _, d := range p.Spec.PolicyTypes {
			subject := map[networkingv1.PolicyType]string{"Ingress": "server", "Egress": from}[d]
			if p.Spec.PodSelector.MatchLabels["role"] == subject {
				isolated[d] = true
			}
		}
	}
	if isolated["Ingress"] && !f.ingress {
		ingress = false
		for _, p := range f.policies {
			for _, r := range p.Spec.Ingress {
				ingress = ingress || (f.selectors || r.From[0].PodSelector.MatchLabels["role"] == from) && f.port(r.Ports, to)
			}
		}
	}
	if isolated["Egress"] && !f.egress {
		egress = false
		for _, p := range f.policies {
			for _, r := range p.Spec.Egress {
				egress = egress || r.To[0].PodSelector != nil && r.To[0].PodSelector.MatchLabels["role"] == "server" && f.port(r.Ports, to)
			}
		}
	}
	return ingress && egress
}

func (f *fake) port(ports []networkingv1.NetworkPolicyPort, to string) bool {
	return f.ports || slices.ContainsFunc(ports, func(p networkingv1.NetworkPolicyPort) bool { return strings.HasSuffix(to, ":"+p.Port.String()) })
}

func options() Options {
	return Options{Limit: 20 * time.Millisecond, Every: time.Millisecond}
}

// TestVerdicts holds the verdict over clusters that do a part of what they should: what is said to be enforced must be
// all of it, and without both controls nothing is said.
func TestVerdicts(t *testing.T) {
	for name, c := range map[string]struct {
		of   fake
		want Verdict
		why  string
	}{
		"all":                           {fake{}, Enforced, ""},
		"nothing":                       {fake{ingress: true, egress: true}, NotEnforced, "default deny for ingress"},
		"egress is not":                 {fake{egress: true}, NotEnforced, "egress is not"},
		"pods are not told apart":       {fake{selectors: true}, NotEnforced, "selectors of pods are not enforced"},
		"ports are not told apart":      {fake{ports: true}, NotEnforced, "ports are not enforced"},
		"the network is broken":         {fake{broken: true}, Nothing, "the network is broken"},
		"what is deleted stays, closed": {fake{stuck: true}, Nothing, "something else closes it"},
	} {
		t.Run(name, func(t *testing.T) {
			f := c.of
			f.policies, f.pods = map[string]networkingv1.NetworkPolicy{}, map[string]map[string]string{}
			r, err := Run(&f, options())
			if err != nil {
				t.Fatal(err)
			}
			if r.Verdict != c.want || !strings.Contains(r.Why, c.why) {
				t.Errorf("%s: %s", r.Verdict, r.Why)
			}
			if r.Verdict == Nothing && !c.of.stuck && len(r.Proven) > 0 {
				t.Errorf("proven: %q", r.Proven)
			}
			f.isClean(t)
		})
	}
}

// isClean holds that the namespace was deleted, and that nothing was made after that.
func (f *fake) isClean(t *testing.T) {
	t.Helper()
	if !slices.ContainsFunc(f.deleted, func(s string) bool { return strings.HasPrefix(s, "delete namespace npgen-probe-") }) {
		t.Errorf("the namespace is left: %q", f.deleted)
	}
}

// TestTrouble holds that what is no answer of the network is an error and no verdict, and that all is removed then, too.
func TestTrouble(t *testing.T) {
	for _, trouble := range []string{"apply", "get pod", "exec", "networkpolicies.networking.k8s.io"} {
		f := newFake()
		f.trouble = trouble
		r, err := Run(f, options())
		if err == nil || !strings.Contains(err.Error(), "the server is gone") {
			t.Errorf("%s: %v", trouble, err)
		}
		if r.Verdict != Nothing {
			t.Errorf("%s: %s", trouble, r.Verdict)
		}
		f.isClean(t)
	}
	f := newFake()
	f.trouble = "delete namespace"
	r, err := Run(f, options())
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Left) != 1 || !strings.HasPrefix(r.Left[0], "kubectl delete namespace npgen-probe-") {
		t.Errorf("left: %q", r.Left)
	}
}

// TestInterrupted ends the run at each of its commands: all that was made is removed, and nothing is made after that.
func TestInterrupted(t *testing.T) {
	all := 0
	count := newFake()
	count.ran = func([]string) { all++ }
	if _, err := Run(count, options()); err != nil || all < 30 {
		t.Fatalf("%d commands, %v", all, err)
	}
	for at := 1; at < all-2; at += 3 {
		f, run := newFake(), budget.NewRun()
		n, gone := 0, false
		f.ran = func(args []string) {
			if n++; n == at {
				go run.End()
				<-run.Context().Done()
			}
			if args[0] == "delete" && args[1] == "namespace" {
				gone = true
			} else if gone && args[0] != "delete" {
				t.Errorf("interrupted at %d, `kubectl %s` after it was removed", at, strings.Join(args, " "))
			}
		}
		o := options()
		o.Run = run
		_, _ = Run(f, o)
		run.End()
		f.isClean(t)
	}
}

// TestFlows holds each flow to what policies say: closed shows nothing where nothing answers.
func TestFlows(t *testing.T) {
	f := newFake()
	web := func(labels map[string]string) bool { return labels["app"] == "web" }
	f.services = map[string]func(map[string]string) bool{
		"10.1.0.1:80": web, "10.1.0.2:80": func(map[string]string) bool { return true }, "10.1.0.3:80": func(map[string]string) bool { return false },
	}
	from := func(name string) Workload { return Workload{"shop", name, map[string]string{"app": name}} }
	o := options()
	o.Flows = []Flow{
		{from("api"), "shop/a", []string{"10.1.0.1"}, 80, false},
		{from("web"), "shop/a", []string{"10.1.0.1"}, 80, true},
		{from("web"), "shop/b", []string{"10.1.0.2"}, 80, true},
		{from("api"), "shop/b", []string{"10.1.0.2"}, 80, false},
		{from("web"), "shop/c", []string{"10.1.0.3"}, 80, true},
		{from("api"), "shop/d", []string{"10.1.0.3"}, 80, false},
	}
	r, err := Run(f, o)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"shop/web -> shop/c:80: allowed, and closed at 10.1.0.3", "shop/api -> shop/b:80: not allowed, and open at 10.1.0.2"}
	if !slices.Equal(r.Differing, want) {
		t.Errorf("differing: %q", r.Differing)
	}
	if !slices.Contains(r.NotProven, "shop/api -> shop/d:80 is closed: nothing was seen to answer at 10.1.0.3") {
		t.Errorf("not proven: %q", r.NotProven)
	}
	if !slices.Contains(r.Proven, "allowed and open: 2") || !slices.Contains(r.Proven, "not allowed and closed: 1") {
		t.Errorf("proven: %q", r.Proven)
	}
	if !slices.ContainsFunc(f.deleted, func(s string) bool {
		return strings.HasPrefix(s, "delete pods,configmaps,networkpolicies -n shop -l "+Label+"=")
	}) {
		t.Errorf("left in the namespace of the workloads: %q", f.deleted)
	}
}
