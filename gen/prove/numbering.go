package prove

import (
	"slices"

	"go4.org/netipx"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// numbers numbers values, as numbers are found and compared sooner.
type numbers[T comparable] struct {
	values []T
	known  map[T]int32
}

func newNumbers[T comparable](values ...T) numbers[T] {
	out := numbers[T]{known: map[T]int32{}}
	for _, v := range values {
		out.number(v)
	}
	return out
}

func (n *numbers[T]) number(v T) int32 {
	number, known := n.known[v]
	if !known {
		number = int32(len(n.values))
		n.values = append(n.values, v)
		n.known[v] = number
	}
	return number
}

// textNumber stands for a text in normal form: in one numbering, equal numbers are equal texts.
type textNumber int32

// everyPod is the normal form of the empty selector, be it for pods or for namespaces.
const everyPod textNumber = 0

// noRange and noName are the numbers of no range of addresses and of no name of a port.
const noRange, noName int32 = 0, 0

// numbering numbers what entries are made of. The two sides of a comparison share one.
type numbering struct {
	texts    numbers[string]
	subjects numbers[subject]
	peers    numbers[peerForm]
	// ranges and names hold ranges of addresses and ports by name; the first of each is none.
	ranges numbers[netipx.IPRange]
	names  numbers[rule.PortName]
	// selectors holds a selector for each text that is the normal form of one.
	selectors map[textNumber]*metav1.LabelSelector
	// keys and made are room for the text of a selector.
	keys []string
	made []byte
}

func newNumbering() *numbering {
	return &numbering{
		texts: newNumbers(""), subjects: newNumbers[subject](), peers: newNumbers[peerForm](),
		ranges: newNumbers(netipx.IPRange{}), names: newNumbers(rule.PortName{}),
		selectors: map[textNumber]*metav1.LabelSelector{everyPod: nil},
	}
}

func (f *numbering) text(s string) textNumber { return textNumber(f.texts.number(s)) }

func (f *numbering) selector(s *metav1.LabelSelector) textNumber {
	if len(s.MatchExpressions) > 0 {
		return f.madeOf([]byte(rule.NormalForm(s)), s)
	}
	f.keys, f.made = f.keys[:0], f.made[:0]
	for k := range s.MatchLabels {
		f.keys = append(f.keys, k)
	}
	slices.Sort(f.keys)
	for i, k := range f.keys {
		if i > 0 {
			f.made = append(f.made, rule.And...)
		}
		f.made = rule.AppendIn(f.made, k, s.MatchLabels[k])
	}
	return f.madeOf(f.made, s)
}

// madeOf is text for what is made of a selector; it becomes a string, and the selector is kept, only where it is new.
func (f *numbering) madeOf(text []byte, s *metav1.LabelSelector) textNumber {
	if number, known := f.texts.known[string(text)]; known {
		return textNumber(number)
	}
	number := f.text(string(text))
	f.selectors[number] = s
	return number
}

// namespaceByName is the normal form of the selector that picks one namespace: Kubernetes sets the label on each
// namespace and lets nobody change it (Labels, Annotations and Taints, kubernetes.io/metadata.name), so that a peer
// without a namespaceSelector in namespace x means the same as one with it.
func (f *numbering) namespaceByName(name string) textNumber {
	f.made = rule.AppendIn(f.made[:0], rule.NamespaceName, name)
	if number, known := f.texts.known[string(f.made)]; known {
		return textNumber(number)
	}
	return f.madeOf(f.made, &metav1.LabelSelector{MatchLabels: map[string]string{rule.NamespaceName: name}})
}

// withRequests returns a peer of which only some requests may pass.
func (f *numbering) withRequests(peer int32, requests textNumber) int32 {
	if requests == noText {
		return peer
	}
	form := f.peers.values[peer]
	form.requests = requests
	return f.peers.number(form)
}

// opaque returns the peer that a text stands for, which no set knows.
func (f *numbering) opaque(kind, name string) int32 {
	return f.peers.number(peerForm{opaque: f.text(kind + " " + name)})
}

// ranged returns addresses as peers, one for each range: equal addresses are equal peers, however they were divided.
func (f *numbering) ranged(addresses sets.Addresses) []int32 {
	ranges := addresses.Ranges()
	out := make([]int32, len(ranges))
	for i, r := range ranges {
		out[i] = f.peers.number(peerForm{block: f.ranges.number(r)})
	}
	return out
}
