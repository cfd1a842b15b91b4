package prove

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/rule"
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

// numbering numbers what entries are made of. The two sides of a comparison share one.
type numbering struct {
	texts    numbers[string]
	subjects numbers[subject]
	peers    numbers[peerForm]
	// keys and made are room for the text of a selector.
	keys []string
	made []byte
}

func newNumbering() *numbering {
	return &numbering{texts: newNumbers(""), subjects: newNumbers[subject](), peers: newNumbers[peerForm]()}
}

func (f *numbering) text(s string) textNumber { return textNumber(f.texts.number(s)) }

func (f *numbering) selector(s *metav1.LabelSelector) textNumber {
	if len(s.MatchExpressions) > 0 {
		return f.text(rule.NormalForm(s))
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
	return f.madeText()
}

// madeText is text for what is made; it becomes a string only where it is new.
func (f *numbering) madeText() textNumber {
	if number, known := f.texts.known[string(f.made)]; known {
		return textNumber(number)
	}
	return f.text(string(f.made))
}

// namespaceByName is the normal form of the selector that picks one namespace: Kubernetes sets the label on each
// namespace and lets nobody change it (Labels, Annotations and Taints, kubernetes.io/metadata.name), so that a peer
// without a namespaceSelector in namespace x means the same as one with it.
func (f *numbering) namespaceByName(name string) textNumber {
	f.made = rule.AppendIn(f.made[:0], rule.NamespaceName, name)
	return f.madeText()
}
