package gen_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/dialect/kubernetes/write"
	"github.com/npgen/npgen/gen/load"
)

// everything is a package with every peer and port form.
const everything = `package policy

namespace: "shop"
namespaces: {
	store: deny: "workload"
	team: {labels: team: "red"}
	kube: {owned: false}
}
workloads: {
	web: ports: {http: 8080, admin: "9000-9010"}
	api: {labels: {app: "api", tier: "back"}, ports: {http: 80, dns: "53/udp"}, dns: true}
	job: {expressions: [{key: "app", operator: "In", values: ["job", "cron"]}, {key: "old", operator: "DoesNotExist"}], isolate: "both", ports: run: 7000}
	"store/db": {ports: sql: 5432, isolate: "ingress"}
	"store/cache": ports: redis: 6379
	"team/probe": {}
	"kube/metrics": ports: web: 443
}
external: cdn: {cidrs: ["198.51.100.0/24", "2001:db8::/32"], except: ["198.51.100.128/25"], ports: https: 443}
apiserver: {cidrs: ["203.0.113.1/32"], ports: [6443]}
groups: backs: ["api", "store/db"]
allow: [
	"any -> web",
	"web -> backs",
	"web -> store/cache:6379",
	"api -> store/db",
	"* -> kube/metrics",
	"job -> apiserver",
	"job -> internet:443,80",
	"api -> cdn",
	"api -> 192.0.2.0/24:*/udp",
	"team/* -> api:http",
	"team/probe -> store/db:5432",
	"*/* -> web:admin",
	"store/* -> web:http",
	"api -> api:7946,7946/udp,100/sctp",
	{from: "web", to: "job", half: "ingress"},
]
`

func buildEverything(t *testing.T) *gen.Result {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "policy.cue"), []byte(everything), 0o600); err != nil {
		t.Fatal(err)
	}
	result, err := gen.Build(load.Env{Dir: dir}, []string{"."})
	if err != nil {
		t.Fatal(err)
	}
	if result.Findings.Count(diag.Error) > 0 {
		t.Fatal(result.Findings)
	}
	return result
}

func differences(t *testing.T, result *gen.Result, policies []networkingv1.NetworkPolicy) []string {
	t.Helper()
	data, err := write.Stream(policies)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := result.Prove(data)
	if err != nil {
		return []string{err.Error()}
	}
	return proof.Differences
}

func TestProofHolds(t *testing.T) {
	result := buildEverything(t)
	if found := differences(t, result, result.Policies); len(found) > 0 {
		t.Errorf("the proof refuses npgen's own output:\n%s", strings.Join(found, "\n"))
	}
}

// TestProofRefuses changes the policies in every place where a kind of change applies. Each changes what is allowed,
// by the semantics of the API, so the proof must refuse it.
func TestProofRefuses(t *testing.T) {
	result := buildEverything(t)
	for name, mutate := range mutations() {
		t.Run(name, func(t *testing.T) {
			applied := 0
			for i := range result.Policies {
				for n := 0; ; n++ {
					changed := clone(result.Policies)
					var done bool
					if changed, done = mutate(changed, i, n); !done {
						break
					}
					applied++
					if found := differences(t, result, changed); len(found) == 0 {
						t.Errorf("%s, place %d: the proof holds", result.Policies[i].Name, n)
					}
				}
			}
			if applied == 0 {
				t.Error("the change applies nowhere")
			}
			t.Logf("refused %d of %d", applied, applied)
		})
	}
}

func clone(in []networkingv1.NetworkPolicy) []networkingv1.NetworkPolicy {
	out := make([]networkingv1.NetworkPolicy, len(in))
	for i := range in {
		in[i].DeepCopyInto(&out[i])
	}
	return out
}

// mutation changes the n-th place of policy i and reports whether there is one.
type mutation func(all []networkingv1.NetworkPolicy, i, n int) ([]networkingv1.NetworkPolicy, bool)

func mutations() map[string]mutation {
	return map[string]mutation{
		"delete a policy": func(all []networkingv1.NetworkPolicy, i, n int) ([]networkingv1.NetworkPolicy, bool) {
			return append(all[:i:i], all[i+1:]...), n == 0 && !redundant(all, i)
		},
		"add a policy type": onSpec(func(s *networkingv1.NetworkPolicySpec, n int) bool {
			if len(s.PolicyTypes) != 1 || n > 0 || alreadyIsolated(s) {
				return false
			}
			s.PolicyTypes = []networkingv1.PolicyType{"Ingress", "Egress"}
			return true
		}),
		"swap the policy type": onSpec(func(s *networkingv1.NetworkPolicySpec, n int) bool {
			s.PolicyTypes = []networkingv1.PolicyType{map[networkingv1.PolicyType]networkingv1.PolicyType{"Ingress": "Egress", "Egress": "Ingress"}[s.PolicyTypes[0]]}
			return n == 0 && len(s.Ingress)+len(s.Egress) > 0
		}),
		"podSelector to {}": onSpec(func(s *networkingv1.NetworkPolicySpec, n int) bool {
			applies := len(s.PodSelector.MatchLabels)+len(s.PodSelector.MatchExpressions) > 0
			s.PodSelector = metav1.LabelSelector{}
			return n == 0 && applies
		}),
		"rename a label value of the subject": onSpec(func(s *networkingv1.NetworkPolicySpec, n int) bool {
			for k := range s.PodSelector.MatchLabels {
				s.PodSelector.MatchLabels[k] += "x"
				return n == 0
			}
			return false
		}),
		"drop a rule": onRules(func(r *[]anyRule, at int) bool {
			*r = append((*r)[:at:at], (*r)[at+1:]...)
			return true
		}),
		"empty the peers": onRules(func(r *[]anyRule, at int) bool {
			applies := len((*r)[at].peers) > 0
			(*r)[at].peers = nil
			return applies
		}),
		"empty the ports": onRules(func(r *[]anyRule, at int) bool {
			applies := len((*r)[at].ports) > 0
			(*r)[at].ports = nil
			return applies
		}),
		"drop a peer": onPeers(func(peers *[]networkingv1.NetworkPolicyPeer, at int) bool {
			applies := len(*peers) > 1
			*peers = append((*peers)[:at:at], (*peers)[at+1:]...)
			return applies
		}),
		"split a peer in two": onPeers(func(peers *[]networkingv1.NetworkPolicyPeer, at int) bool {
			p := (*peers)[at]
			if p.PodSelector == nil || p.NamespaceSelector == nil {
				return false
			}
			(*peers)[at].PodSelector = nil
			*peers = append(*peers, networkingv1.NetworkPolicyPeer{PodSelector: p.PodSelector})
			return true
		}),
		"drop a namespaceSelector": onPeers(func(peers *[]networkingv1.NetworkPolicyPeer, at int) bool {
			p := &(*peers)[at]
			applies := p.NamespaceSelector != nil && p.PodSelector != nil
			p.NamespaceSelector = nil
			return applies
		}),
		"widen a peer's podSelector": onPeers(func(peers *[]networkingv1.NetworkPolicyPeer, at int) bool {
			p := &(*peers)[at]
			if p.PodSelector == nil || len(p.PodSelector.MatchLabels)+len(p.PodSelector.MatchExpressions) == 0 {
				return false
			}
			p.PodSelector = &metav1.LabelSelector{}
			return true
		}),
		"drop an except": onPeers(func(peers *[]networkingv1.NetworkPolicyPeer, at int) bool {
			p := &(*peers)[at]
			if p.IPBlock == nil || len(p.IPBlock.Except) == 0 {
				return false
			}
			p.IPBlock.Except = p.IPBlock.Except[1:]
			return true
		}),
		"widen a CIDR": onPeers(func(peers *[]networkingv1.NetworkPolicyPeer, at int) bool {
			p := &(*peers)[at]
			if p.IPBlock == nil || p.IPBlock.CIDR != "192.0.2.0/24" {
				return false
			}
			p.IPBlock.CIDR = "192.0.2.0/23"
			return true
		}),
		"shift a port": onPorts(func(p *networkingv1.NetworkPolicyPort) bool {
			if p.Port == nil || p.EndPort != nil {
				return false
			}
			p.Port = &intstr.IntOrString{IntVal: p.Port.IntVal + 1}
			return true
		}),
		"widen a port": onPorts(func(p *networkingv1.NetworkPolicyPort) bool {
			if p.Port == nil {
				return false
			}
			end := int32(40000)
			p.EndPort = &end
			return true
		}),
		"change a protocol": onPorts(func(p *networkingv1.NetworkPolicyPort) bool {
			sctp, tcp := corev1.ProtocolSCTP, corev1.ProtocolTCP
			if *p.Protocol = sctp; p.Port != nil && p.Port.IntVal == 100 {
				*p.Protocol = tcp
			}
			return true
		}),
		"a port name for its number": onPorts(func(p *networkingv1.NetworkPolicyPort) bool {
			if p.Port == nil || p.EndPort != nil {
				return false
			}
			p.Port = &intstr.IntOrString{Type: intstr.String, StrVal: "http"}
			return true
		}),
		"a port name besides": onRules(func(r *[]anyRule, at int) bool {
			rule := &(*r)[at]
			if len(rule.ports) == 0 {
				return false
			}
			tcp := corev1.ProtocolTCP
			rule.ports = append(rule.ports, networkingv1.NetworkPolicyPort{Protocol: &tcp, Port: &intstr.IntOrString{Type: intstr.String, StrVal: "http"}})
			return true
		}),
		"add a policy": func(all []networkingv1.NetworkPolicy, i, n int) ([]networkingv1.NetworkPolicy, bool) {
			extra := *all[i].DeepCopy()
			extra.Name += "-extra"
			extra.Spec = networkingv1.NetworkPolicySpec{PodSelector: extra.Spec.PodSelector, PolicyTypes: extra.Spec.PolicyTypes, Ingress: []networkingv1.NetworkPolicyIngressRule{{}}, Egress: []networkingv1.NetworkPolicyEgressRule{{}}}
			return append(all, extra), n == 0
		},
	}
}

// redundant reports whether a default deny isolates what an allow object with the same selector isolates as well:
// deleting it changes nothing.
func redundant(all []networkingv1.NetworkPolicy, i int) bool {
	deny := &all[i]
	if len(deny.Spec.Ingress)+len(deny.Spec.Egress) > 0 {
		return false
	}
	for j := range all {
		p := &all[j]
		if j != i && p.Namespace == deny.Namespace && fmt.Sprint(p.Spec.PodSelector, p.Spec.PolicyTypes) == fmt.Sprint(deny.Spec.PodSelector, deny.Spec.PolicyTypes) {
			return true
		}
	}
	return false
}

// alreadyIsolated reports whether a second direction would isolate nothing new: the package isolates both directions
// of all pods of namespace shop.
func alreadyIsolated(s *networkingv1.NetworkPolicySpec) bool {
	return fmt.Sprint(s.PodSelector.MatchLabels) != "map[app:db]"
}

func onSpec(f func(s *networkingv1.NetworkPolicySpec, n int) bool) mutation {
	return func(all []networkingv1.NetworkPolicy, i, n int) ([]networkingv1.NetworkPolicy, bool) {
		return all, f(&all[i].Spec, n)
	}
}

type anyRule struct {
	peers []networkingv1.NetworkPolicyPeer
	ports []networkingv1.NetworkPolicyPort
}

// onRules changes the n-th rule; places where the change does not apply are passed over.
func onRules(f func(r *[]anyRule, at int) bool) mutation {
	return func(all []networkingv1.NetworkPolicy, i, n int) ([]networkingv1.NetworkPolicy, bool) {
		count := len(all[i].Spec.Ingress) + len(all[i].Spec.Egress)
		for at := range count {
			changed := clone(all)
			rules := anyRules(&changed[i].Spec)
			if !f(&rules, at) {
				continue
			}
			if n--; n < 0 {
				setRules(&changed[i].Spec, rules)
				return changed, true
			}
		}
		return nil, false
	}
}

func anyRules(s *networkingv1.NetworkPolicySpec) []anyRule {
	var out []anyRule
	for _, r := range s.Ingress {
		out = append(out, anyRule{r.From, r.Ports})
	}
	for _, r := range s.Egress {
		out = append(out, anyRule{r.To, r.Ports})
	}
	return out
}

func setRules(s *networkingv1.NetworkPolicySpec, rules []anyRule) {
	ingress := len(s.Ingress) > 0
	s.Ingress, s.Egress = nil, nil
	for _, r := range rules {
		if ingress {
			s.Ingress = append(s.Ingress, networkingv1.NetworkPolicyIngressRule{From: r.peers, Ports: r.ports})
		} else {
			s.Egress = append(s.Egress, networkingv1.NetworkPolicyEgressRule{To: r.peers, Ports: r.ports})
		}
	}
}

func onPeers(f func(peers *[]networkingv1.NetworkPolicyPeer, at int) bool) mutation {
	return func(all []networkingv1.NetworkPolicy, i, n int) ([]networkingv1.NetworkPolicy, bool) {
		rules := anyRules(&all[i].Spec)
		for at := range rules {
			for peer := range rules[at].peers {
				changed := clone(all)
				r := anyRules(&changed[i].Spec)
				if !f(&r[at].peers, peer) {
					continue
				}
				if n--; n < 0 {
					setRules(&changed[i].Spec, r)
					return changed, true
				}
			}
		}
		return nil, false
	}
}

func onPorts(f func(p *networkingv1.NetworkPolicyPort) bool) mutation {
	return func(all []networkingv1.NetworkPolicy, i, n int) ([]networkingv1.NetworkPolicy, bool) {
		rules := anyRules(&all[i].Spec)
		for at := range rules {
			for port := range rules[at].ports {
				changed := clone(all)
				r := anyRules(&changed[i].Spec)
				if !f(&r[at].ports[port]) {
					continue
				}
				if n--; n < 0 {
					setRules(&changed[i].Spec, r)
					return changed, true
				}
			}
		}
		return nil, false
	}
}
