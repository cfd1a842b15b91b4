package write

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/gen/internal/policytest"
)

// texts are scalars that YAML 1.1, YAML 1.2 or sigs.k8s.io/yaml treats in a way of its own, and plain ones beside them.
var texts = []string{
	"", " ", "a", "web", "web-1", "1password", "v1.2.3", "1.2.3", "a b", "a  b", " a", "a ", "a\tb", "a:b", "a: b", "a:", ":a",
	"a#b", "a #b", "#a", "a,b", "[a]", "{a}", "a]", "a}", "-", "-a", "- a", "--", "---", "--- a", "...", "... a", "?", "? a", "?a",
	"*", "*a", "&a", "!a", "!!str a", "|", ">", "> a", "'a'", `"a"`, "a'b", `a"b`, `a\b`, "%a", "@a", "`a`", "=", "<<", "~",
	"y", "Y", "yes", "Yes", "YES", "yEs", "n", "N", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF", "oFF",
	"true", "True", "TRUE", "tRue", "false", "False", "FALSE", "null", "Null", "NULL", "nULL", "nan", ".nan", ".NaN", ".NAN", "inf",
	".inf", ".Inf", "-.inf", "+.INF", "0", "00", "007", "-1", "+1", "1e3", "1E3", "1e+3", ".5", "5.", "0.5", "1.", "-.5", "._5", "1_000",
	"_1", "1__0", "0x1f", "0X1F", "0xg", "0o17", "0b11", "-0b11", "0b2", "08", "09", "1e", "e1", "0.1e", "12:30", "12:30:45", "190:20:30.15",
	"+1:2", "12:60", "12:3a", "2001-01-01", "2001-1-1", "2001-01-01T10:20:30Z", "2001-01-01t10:20:30+01:00", "2001-01-01 10:20:30", "2001-13-01",
	"20010101", "18446744073709551615", "18446744073709551616", "9223372036854775808", "0x_1", "1/2", "1e3/4", "10.0.0.0/8", "0.0.0.0/0", "::/0", "::1/128",
	":/0", ":: /0", "2001:db8::/32", "64:ff9b::/96", "10:20::/32", "1:2:3:4:5:6:7:8/128", "fe80::/10", "::ffff:0:0/96", "10.0.0.0/8 ", "10.0.0.0/8: a",
	"a\nb", "a\n\nb", "a\n", "\na", "a\n b", " a\nb", "a \nb", "a\nb ", "a\r\nb", "a\rb", "\n", "a\n---\nb", "a\n...", "a\n# b", "a\n\tb", "true\nfalse", "1\n2", "a: b\nc: d", "- a\n- b",
	"a -> b:80: it's said", "a -> b:80: 'so' #1", "true: a", "1/2: a", "::/0 #1", "don't", "a: '", "* '", "a' #", strings.Repeat("it's ", 17) + "so: " + strings.Repeat("it's ", 30) + "end",
	"a -> b:80", "* -> b:80", "*/* -> any:*", "a/* -> *:80,443/udp", "a -> [::1/128]:80", "a -> 10.0.0.0/8:80", "1a -> b:80",
	"ä", "日本", "a\u00a0b", "a\u0085b", "a\u2028b", "a\u2028", "\ufeffa", "a\ufeff", "😀", "a\x00b", "a\x7fb", "a\x1bb", "\xff", "a\xc3", "a\nä", "a\n\xff",
	"<a>&b", "a <b> & c", "npgen", "app.kubernetes.io/name", "NetworkPolicy", "networking.k8s.io/v1", "key=value", "a;b", "a(b)c", "a|b", "a~b", "~a", "a+b", "a^b", "a$b",
	strings.Repeat("a", 99), strings.Repeat("a", 100), strings.Repeat("a", 101), strings.Repeat("a", 128), strings.Repeat("a", 129), strings.Repeat("a", 1100),
	strings.Repeat("word ", 30) + "end", strings.Repeat("a", 70) + " -> " + strings.Repeat("b", 70), strings.Repeat("long word ", 20) + " end",
	strings.Repeat("a", 90) + " b", strings.Repeat("x ", 90) + "\n" + strings.Repeat("x ", 90) + "y", "a\n" + strings.Repeat("word ", 30) + "end", strings.Repeat("a", 81) + "  b c",
	"a0", "a00", "a1", "a01", "a1a", "a10", "a2", "a-1", "a.1", "a_1", "a100", "a1-0", "A1", "1a", "10", "2", "a99999999999999999999", "a99999999999999999998", "z10", "z2", "Z",
}

// sameAsLibrary checks an object against sigs.k8s.io/yaml. The order of some keys differs there from run to run; then
// one of the orders must be ours.
func sameAsLibrary(t *testing.T, p *networkingv1.NetworkPolicy) {
	t.Helper()
	got, err := Stream([]networkingv1.NetworkPolicy{*p})
	want, wantErr := yaml.Marshal(p)
	for range 200 {
		if bytes.Equal(got, want) {
			break
		}
		want, wantErr = yaml.Marshal(p)
	}
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("error %v, want %v", err, wantErr)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("sigs.k8s.io/yaml writes otherwise:\n%s", diff)
	}
	sameInStream(t, p, got)
}

// sameInStream checks that an object is written in a stream as it is alone: behind one with its selectors that the
// appender gave up, and behind itself, where they were written before. What is left to sigs.k8s.io/yaml may differ there
// from run to run.
func sameInStream(t *testing.T, p *networkingv1.NetworkPolicy, alone []byte) {
	t.Helper()
	left := *p
	left.Finalizers = []string{"left/to-the-library"}
	stream, err := Stream([]networkingv1.NetworkPolicy{left, *p, *p})
	if err != nil || !newAppender(nil).appendPolicy(p) {
		return
	}
	want := bytes.Repeat(append([]byte("---\n"), alone...), 2)
	if diff := cmp.Diff(string(want), string(stream[max(0, len(stream)-len(want)):])); diff != "" {
		t.Errorf("written otherwise in a stream:\n%s", diff)
	}
}

// everywhere returns objects with a text in each place that takes one.
func everywhere(s string) map[string]networkingv1.NetworkPolicy {
	out := map[string]networkingv1.NetworkPolicy{}
	add := func(place string, set func(p *networkingv1.NetworkPolicy)) {
		p := policytest.Policy("shop", "web")
		set(&p)
		out[place] = p
	}
	peer := func(p *networkingv1.NetworkPolicy) *networkingv1.NetworkPolicyPeer { return &p.Spec.Ingress[0].From[0] }
	add("name", func(p *networkingv1.NetworkPolicy) { p.Name = s })
	add("namespace", func(p *networkingv1.NetworkPolicy) { p.Namespace = s })
	add("label", func(p *networkingv1.NetworkPolicy) { p.Labels = map[string]string{"a": s, "z": "z"} })
	add("label key", func(p *networkingv1.NetworkPolicy) { p.Labels = map[string]string{s: "a", "m": "z"} })
	add("annotation", func(p *networkingv1.NetworkPolicy) { p.Annotations = map[string]string{"npgen.dev/edges": s, "z": "z"} })
	add("label of a pod", func(p *networkingv1.NetworkPolicy) { p.Spec.PodSelector.MatchLabels = map[string]string{s: s} })
	add("operator", func(p *networkingv1.NetworkPolicy) {
		peer(p).PodSelector.MatchExpressions = []metav1.LabelSelectorRequirement{{Key: s, Operator: "Exists"}, {Key: "a", Operator: metav1.LabelSelectorOperator(s)}}
	})
	add("value", func(p *networkingv1.NetworkPolicy) {
		peer(p).NamespaceSelector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "In", Values: []string{"a", s}}}}
	})
	add("range", func(p *networkingv1.NetworkPolicy) {
		*peer(p) = networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: s, Except: []string{s, "::/1"}}}
	})
	add("policy type", func(p *networkingv1.NetworkPolicy) {
		p.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyType(s)}
	})
	add("port", func(p *networkingv1.NetworkPolicy) {
		port, protocol := intstr.FromString(s), corev1.Protocol(s)
		p.Spec.Ingress[0].Ports = []networkingv1.NetworkPolicyPort{{Port: &port}, {Protocol: &protocol}}
	})
	return out
}

func TestAppendTexts(t *testing.T) {
	for _, s := range texts {
		t.Run(fmt.Sprintf("%.40q", s), func(t *testing.T) {
			for place, p := range everywhere(s) {
				t.Run(place, func(t *testing.T) { sameAsLibrary(t, &p) })
			}
		})
	}
}

// TestAppendEveryField sets one field after the other, those of lists and pointers too. It fails when Kubernetes adds
// one that the appender does not write.
func TestAppendEveryField(t *testing.T) {
	seen := 0
	set := func(fill func(reflect.Value)) {
		p := policytest.Policy("shop", "deny")
		fill(reflect.ValueOf(&p).Elem())
		p.TypeMeta, p.CreationTimestamp = policytest.Policy("shop", "deny").TypeMeta, metav1.Time{}
		sameAsLibrary(t, &p)
		seen++
	}
	everyField(reflect.TypeFor[networkingv1.NetworkPolicy](), set)
	if seen < 60 {
		t.Errorf("only %d fields", seen)
	}
}

// everyField calls set with a function for each field below a type that fills it with something.
func everyField(of reflect.Type, set func(fill func(reflect.Value))) {
	switch of.Kind() {
	case reflect.Struct:
		set(func(reflect.Value) {})
		for i := range of.NumField() {
			if of.Field(i).IsExported() && of != reflect.TypeFor[metav1.Time]() {
				everyField(of.Field(i).Type, func(fill func(reflect.Value)) {
					set(func(v reflect.Value) { fill(v.Field(i)) })
				})
			}
		}
	case reflect.Pointer:
		everyField(of.Elem(), func(fill func(reflect.Value)) {
			set(func(v reflect.Value) {
				v.Set(reflect.New(of.Elem()))
				fill(v.Elem())
			})
		})
	case reflect.Slice:
		for _, n := range []int{0, 1, 2} {
			everyField(of.Elem(), func(fill func(reflect.Value)) {
				set(func(v reflect.Value) {
					v.Set(reflect.MakeSlice(of, n, n))
					for i := range n {
						fill(v.Index(i))
					}
				})
			})
		}
	case reflect.Map:
		for n := range 3 {
			set(func(v reflect.Value) {
				v.Set(reflect.MakeMap(of))
				for i := range n {
					v.SetMapIndex(reflect.ValueOf(fmt.Sprintf("key%d", i)), reflect.ValueOf("value"))
				}
			})
		}
	case reflect.String:
		set(func(v reflect.Value) { v.SetString("text") })
	case reflect.Bool:
		set(func(v reflect.Value) { v.SetBool(true) })
	case reflect.Uint8:
		set(func(v reflect.Value) { v.SetUint('1') })
	default:
		for _, n := range []int64{0, 1, -1, 65535, 1 << 30} {
			set(func(v reflect.Value) { v.SetInt(n) })
		}
	}
}

// TestAppendAppends checks that objects as npgen writes them are not left to sigs.k8s.io/yaml.
func TestAppendAppends(t *testing.T) {
	port, protocol, end := intstr.FromInt32(80), corev1.ProtocolTCP, int32(90)
	p := policytest.Policy("shop", "web-allow-ingress")
	p.Labels = map[string]string{"app.kubernetes.io/managed-by": "npgen", "npgen.dev/package": "shop"}
	p.Annotations = map[string]string{"npgen.dev/edges": "*/* -> web:80-90\ninternet -> web:80-90", "npgen.dev/why": "people shop"}
	p.Spec.Ingress[0].Ports = []networkingv1.NetworkPolicyPort{{Protocol: &protocol, Port: &port, EndPort: &end}}
	p.Spec.Ingress[0].From = append(p.Spec.Ingress[0].From, networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{
		CIDR: "0.0.0.0/0", Except: []string{"10.0.0.0/8", "2001:db8::/32", "::1/128"},
	}})
	p.Spec.Egress = []networkingv1.NetworkPolicyEgressRule{{}, {To: []networkingv1.NetworkPolicyPeer{{
		NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": "kube-system"}},
		PodSelector:       &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "tier", Operator: "In", Values: []string{"a", "b"}}}},
	}}}}
	if !newAppender(nil).appendPolicy(&p) {
		t.Error("the appender gave up")
	}
	sameAsLibrary(t, &p)
}

// TestKeyLess compares the order of any two short keys with sigs.k8s.io/yaml.
func TestKeyLess(t *testing.T) {
	keys := []string{""}
	for i := 0; i < len(keys); i++ {
		for _, c := range "a012-" {
			if len(keys[i]) < 3 {
				keys = append(keys, keys[i]+string(c))
			}
		}
	}
	for i, a := range keys {
		for _, b := range keys[:i] {
			// A letter before them keeps YAML from quoting them.
			a, b := "x"+a, "x"+b
			out, err := yaml.Marshal(map[string]string{a: "v", b: "v"})
			if err != nil {
				t.Fatal(err)
			}
			if want := bytes.HasPrefix(out, []byte(a+": ")); keyLess(a, b) != want || keyLess(b, a) == want {
				t.Errorf("%s before %s: got %t and %t the other way round, want %t", a, b, keyLess(a, b), keyLess(b, a), want)
			}
		}
	}
}

// BenchmarkPolicy writes one object by the appender and by sigs.k8s.io/yaml.
func BenchmarkPolicy(b *testing.B) {
	p := policytest.Policy("shop", "web-allow-ingress")
	p.Labels = map[string]string{"app.kubernetes.io/managed-by": "npgen", "npgen.dev/package": "shop"}
	p.Annotations = map[string]string{"npgen.dev/edges": "api -> web:80\ncli -> web:80\njobs -> web:80"}
	b.Run("appender", func(b *testing.B) {
		b.ReportAllocs()
		a := newAppender(nil)
		for b.Loop() {
			a.out = a.out[:0]
			if !a.appendPolicy(&p) {
				b.Fatal("the appender gave up")
			}
		}
	})
	b.Run("sigs.k8s.io", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := yaml.Marshal(&p); err != nil {
				b.Fatal(err)
			}
		}
	})
}
