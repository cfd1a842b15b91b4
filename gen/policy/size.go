package policy

import (
	"encoding/json"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/diag"
)

// mostApplied is what the API server takes for all annotations of an object (apimachinery, ValidateAnnotationsSize). In one
// of them `kubectl apply` keeps the whole object, unless the server applies it.
const mostApplied = 256 << 10

// applied warns of an object that is too large for `kubectl apply`.
func (b *builder) applied(p *networkingv1.NetworkPolicy, o *object) {
	if mayBeLarge := sizeOf(p) > mostApplied/6; !mayBeLarge {
		return
	}
	text, err := json.Marshal(p)
	if err != nil {
		return // it has no value that JSON cannot hold
	}
	b.tooLarge(len(text), p.Annotations, o)
}

// tooLarge warns of an object that has a number of bytes as JSON, where that is too much.
func (b *builder) tooLarge(bytes int, annotations map[string]string, o *object) {
	size := len(lastApplied) + bytes + len("\n")
	for key, value := range annotations {
		size += len(key) + len(value)
	}
	if size <= mostApplied {
		return
	}
	pos := o.subject.Namespace.Pos
	if o.subject.Workload != nil {
		pos = o.subject.Workload.Pos
	}
	b.findings.Warnf(diag.TooLarge, pos, "`%s` in namespace `%s` has %d KiB with what `kubectl apply` keeps of it, more than %d KiB", o.name, o.subject.Namespace.Name, (size+1<<10-1)>>10, mostApplied>>10).
		WithHelp("apply it with `kubectl apply --server-side`, in Argo CD with the option `ServerSideApply=true`; or write `output: grouping: \"edge\"`")
}

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// sizeOf returns about how many bytes of JSON a policy has; never less than a sixth of them, as JSON writes `>` in six.
func sizeOf(p *networkingv1.NetworkPolicy) int {
	size := sizeOfLabels(p.Annotations) + sizeOfLabels(p.Labels) + sizeOfSelector(&p.Spec.PodSelector)
	for i := range p.Spec.Ingress {
		size += sizeOfRule(p.Spec.Ingress[i].Ports, p.Spec.Ingress[i].From)
	}
	for i := range p.Spec.Egress {
		size += sizeOfRule(p.Spec.Egress[i].Ports, p.Spec.Egress[i].To)
	}
	return size
}

func sizeOfRule(ports []networkingv1.NetworkPolicyPort, peers []networkingv1.NetworkPolicyPeer) int {
	size := 32 + 48*len(ports)
	for i := range peers {
		size += 32 + sizeOfSelector(peers[i].PodSelector) + sizeOfSelector(peers[i].NamespaceSelector)
		if block := peers[i].IPBlock; block != nil {
			size += 48 + 24*len(block.Except)
		}
	}
	return size
}

func sizeOfSelector(s *metav1.LabelSelector) int {
	if s == nil {
		return 0
	}
	size := 32 + sizeOfLabels(s.MatchLabels)
	for i := range s.MatchExpressions {
		size += 48 + len(s.MatchExpressions[i].Key)
		for _, value := range s.MatchExpressions[i].Values {
			size += 3 + len(value)
		}
	}
	return size
}

func sizeOfLabels(all map[string]string) int {
	size := 0
	for key, value := range all {
		size += 6 + len(key) + len(value)
	}
	return size
}
