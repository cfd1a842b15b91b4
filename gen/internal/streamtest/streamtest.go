// Package streamtest makes streams of manifests of all that YAML and JSON can do, and reads them as kubectl does, with
// nothing of npgen's.
//
// In: bytes of a fuzz test. Out: a stream; and of a stream the documents and objects that kubectl gives to the API server.
// It refuses nothing.
package streamtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"unicode/utf16"

	encoding "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// Documents returns the JSON that kubectl makes of the documents of a stream, up to the first that it refuses: the loop of
// StreamVisitor in k8s.io/cli-runtime/pkg/resource, behind the reader of FileVisitor.
func Documents(data []byte) (out [][]byte, err error) {
	text := transform.NewReader(bytes.NewReader(data), encoding.BOMOverride(encoding.UTF8.NewDecoder()))
	decoder := yaml.NewYAMLOrJSONDecoder(text, 4096)
	for {
		var ext runtime.RawExtension
		switch err := decoder.Decode(&ext); {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return out, err
		}
		ext.Raw = bytes.TrimSpace(ext.Raw)
		if len(ext.Raw) > 0 && !bytes.Equal(ext.Raw, []byte("null")) {
			out = append(out, ext.Raw)
		}
	}
}

// Objects returns the objects that kubectl applies of the JSON of a document: those of its mapper and of
// FlattenListVisitor there.
func Objects(document []byte) ([]map[string]any, error) {
	decoded, _, err := unstructured.UnstructuredJSONScheme.Decode(document, nil, nil)
	if err != nil {
		return nil, err
	}
	todo := []runtime.Object{decoded}
	var out []map[string]any
	for len(todo) > 0 {
		o := todo[0]
		todo = todo[1:]
		if meta.IsListType(o) {
			items, err := meta.ExtractList(o)
			if err != nil {
				return nil, err
			}
			todo = append(todo, items...)
			continue
		}
		object, ok := o.(*unstructured.Unstructured)
		if !ok {
			return nil, fmt.Errorf("%T is no object", o)
		}
		out = append(out, object.Object)
	}
	return out, nil
}

// Canonical returns JSON in one form for each value.
func Canonical(data []byte) string {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return string(data)
	}
	out, err := json.Marshal(value)
	if err != nil {
		return string(data)
	}
	return string(out)
}

// Hold tries a law on so many streams of random fragments. The law returns how many things of a kind it looked at in one;
// least is how many those must be in all.
func Hold(t *testing.T, seed uint64, streams, least int, what string, law func(t *testing.T, stream []byte) int) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, seed+1))
	seen := 0
	for range streams {
		choices := Random(r)
		seen += law(t, Stream(choices))
		if t.Failed() {
			t.Fatalf("choices %v", choices)
		}
	}
	if seen < least {
		t.Errorf("only %d %s were read", seen, what)
	}
}

// Stream makes a stream of the bytes of a fuzz test. The first one chooses how: fragments of YAML and JSON in UTF-8 or
// UTF-16, or the bytes as they are.
func Stream(choices []byte) []byte {
	if len(choices) == 0 {
		return nil
	}
	how, choices := choices[0], choices[1:]
	if how%8 == 7 {
		return choices
	}
	var out bytes.Buffer
	all := fragments()
	for _, c := range choices {
		out.WriteString(all[int(c)%len(all)])
	}
	switch how % 8 {
	case 5:
		return utf16Text(out.String(), func(b []byte, c uint16) []byte { return append(b, byte(c>>8), byte(c)) })
	case 6:
		return utf16Text(out.String(), func(b []byte, c uint16) []byte { return append(b, byte(c), byte(c>>8)) })
	}
	return out.Bytes()
}

func utf16Text(text string, add func([]byte, uint16) []byte) []byte {
	out := add(nil, 0xfeff)
	for _, c := range utf16.Encode([]rune(text)) {
		out = add(out, c)
	}
	return out
}

// Random returns bytes for Stream that give a few documents.
func Random(r *rand.Rand) []byte {
	out := make([]byte, 1+r.IntN(12))
	for i := range out {
		switch r.IntN(5) {
		case 0:
			out[i] = 0 // divides documents
		case 1:
			out[i] = byte(wholeDocuments + r.IntN(8))
		default:
			out[i] = byte(r.IntN(256))
		}
	}
	out[0] = byte(r.IntN(7))
	return out
}

// wholeDocuments is where the fragments that are documents start.
const wholeDocuments = 20

const (
	flowSpec   = `spec: {podSelector: {}, ingress: [{}]}`
	flowPolicy = `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: a, namespace: ns}, ` + flowSpec + `}`
	jsonPolicy = `{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"j","namespace":"ns"},"spec":{"podSelector":{},"ingress":[{}]}}`
	template   = `{metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: i, ports: [{name: p, containerPort: 80}]}]}}`
	deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, namespace: ns}\nspec:\n  selector: {matchLabels: {app: a}}\n  template: " + template + "\n"
	flowPod    = `{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: ns, labels: {app: a}}, spec: {hostNetwork: yes, containers: [{name: c, image: i}]}}`
	pod        = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: q\n  namespace: ns\n  labels: {a: b}\nspec:\n  containers:\n  - {name: c, image: i, ports: [{containerPort: 81}]}\n"
	emitted    = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: e\n  namespace: ns\nspec:\n  ingress:\n  - {}\n  podSelector: {}\n  policyTypes:\n  - Ingress\n"
)

// fragments returns what streams are made of.
func fragments() []string {
	return []string{
		"---\n", "--- # c\n", "---\t\n", "--- {a: b}\n", "---x\n", "...\n", "... # c\n", "%YAML 1.1\n", "%TAG ! !a\n", "\ufeff", "\r", "\r\n", "\u0085", "\u2028", "\n", " ", "  ", "\t", "# c\n", "# --- c\n",
		emitted, flowPolicy, flowPolicy + "\n", jsonPolicy, jsonPolicy + "\n", deployment, pod, flowPod + "\n", "[" + jsonPolicy + "]\n", "- " + flowPolicy + "\n", "- &b " + flowPolicy + "\n", "- *b\n", "- <<: *b\n", "  <<: *b\n", "<<: *b\n",
		"apiVersion: networking.k8s.io/v1\n", "apiVersion: extensions/v1beta1\n", "apiVersion: v1\n", "kind: NetworkPolicy\n", "kind: !!binary TmV0d29ya1BvbGljeQ==\n", "kind: !!str NetworkPolicy\n", "kind: Service\n", "kind: &k NetworkPolicy\n", "kind: *k\n",
		"kind: List\n", "kind: NetworkPolicyList\n", "kind: Foo\n", "kind: [NetworkPolicy]\n", "metadata: {name: m, namespace: ns}\n", "metadata: &m {name: m, namespace: ns}\n", "metadata: *m\n", "metadata:\n  name: n\n", "metadata: {generateName: g-}\n",
		"  namespace: ns\n", "  labels: {a: b}\n", "  labels: {a: 00000}\n", "  labels: {a: yes}\n", "  labels: {a: 2001-01-01}\n", "  labels: {a: 0x1f, b: 1_000, c: .inf, d: ~}\n", "  annotations: {1: a, true: b, 2.5: c, x: !!binary aGk=}\n", "  annotations: {k: &k NetworkPolicy}\n",
		"spec: {podSelector: {}}\n", "spec: &s {podSelector: {}, ingress: [{}]}\n", "spec: *s\n", "spec: null\n", "spec:\n", "  podSelector: {}\n", "  podSelector: {matchLabels: {a: b}}\n", "  ingress: [{}]\n", "  ingress: [null]\n", "  Ingress: [{}]\n", "  ingress: []\n", "  egress: &e [{}]\n", "  egress: *e\n",
		"  ingress: [{ports: [{port: 8e1}]}]\n", "  ingress: [{ports: [{port: 0120}]}]\n", "  ingress: [{ports: [{port: 1:20}]}]\n", "  policyTypes: [Egress]\n", "  policyTypes:\n  - Ingress\n", "items:\n", "items: null\n", "items: []\n", "items: *i\n", "x: &i [" + flowPolicy + "]\n", "x: &i\n",
		`{"kind":"List","apiVersion":"v1","items":[`, `{"kind":"NetworkPolicyList","apiVersion":"networking.k8s.io/v1","items":[`, `{"metadata":{"name":"i","namespace":"ns"},"spec":{"podSelector":{}}}`, `{"kind":"Service",`, `"kind":"NetworkPolicy",`, `"apiVersion":"networking.k8s.io/v1"`, `]}`, `,`, `{`, `}`, `[`, `]`, `"`, `'`, `:`, `? `, `- `, `|`, `>-`, `&a `, `*a`, `!!str `, `!x `, `~`, `null`, "true", "a: b\n", "a: b", "  a: b\n", "text\n", "\x00", "\xff", "é", "\\",
		"apiVersion: v1\nkind: List\nitems:\n", "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicyList\nitems:\n", "- metadata: {name: l, namespace: ns}\n  " + flowSpec + "\n", "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n", "status: {}\n", "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: c, namespace: ns}\n", "-", "---", "...", "a: |\n", "  ---\n", "  text\n", "a: \"\n", "\"\n", deployment, pod, deployment + "---\n", "---\n" + pod, "- " + flowPod + "\n", "- &p " + flowPod + "\n", "- *p\n", "- <<: *p\n", "apiVersion: apps/v1\n", "kind: Deployment\n", "kind: Pod\n", "x: &t " + template + "\n", "  template: *t\n", "  template: &t " + template + "\n", "  template:\n    <<: *t\n", "  hostNetwork: true\n", "  hostNetwork: yes\n", "  containers: [{name: c, image: i, ports: [{containerPort: 0120}, {name: q, containerPort: 8e1}]}]\n", "  selector: {matchLabels: {app: a}}\n", "  replicas: 2\n",
	}
}
