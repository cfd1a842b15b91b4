package apiserver

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/npgen/npgen/e2e/tool"
)

// small is a package with one edge, to which the limits add a line.
const small = `package policy

namespace: "shop"
workloads: {api: {}, db: ports: http: 80}
allow: in: ["api -> db"]
`

// limit is a line of CUE with %s for a text, the longest text that fits, and texts that do not.
type limit struct {
	name, cue string
	fits      []string
	refused   []string
}

func limits() []limit {
	name := strings.Repeat("a", 63)
	prefix := strings.Repeat("a", 63) + "." + strings.Repeat("b", 63) + "." + strings.Repeat("c", 63) + "." + strings.Repeat("d", 61)
	values := limit{
		fits:    []string{"", name, "A_b.c-9", "0", "true"},
		refused: []string{name + "a", " ", "a b", "-a", "a-", ".a", "a/b", "é", "a\\n"},
	}
	keys := limit{
		fits:    []string{name, prefix + "/" + name, "A_b.c-9", "kubernetes.io/x", "1"},
		refused: []string{"", name + "a", prefix + "d/a", "B.c/a", "a..b/a", "/a", "a/", "a/b/c", "a b", "-a", "é"},
	}
	annotations := keys
	annotations.fits = append(annotations.fits[:len(annotations.fits):len(annotations.fits)], "B.c/a") // the server looks at lower case
	annotations.refused = slices.DeleteFunc(slices.Clone(keys.refused), func(key string) bool { return key == "B.c/a" })
	names := limit{
		fits:    []string{name, "0", "a-b"},
		refused: []string{"", name + "a", "A", "a.b", "a_b", "-a", "a-", "é"},
	}
	with := func(l limit, name, cue string) limit { l.name, l.cue = name, cue; return l }
	packageName := with(values, "package name", `output: name: "%s"`)
	packageName.fits, packageName.refused = packageName.fits[1:], append(packageName.refused, "")
	return []limit{
		packageName,
		with(values, "label", `output: labels: k: "%s"`),
		with(values, "selected value", `workloads: db: labels: k: "%s"`),
		with(values, "value in an expression", `workloads: db: expressions: [{key: "k", operator: "In", values: ["%s"]}]`),
		with(values, "namespace value", `namespaces: peer: labels: k: "%s", allow: more: ["peer/* -> db"]`),
		with(keys, "label key", `output: labels: "%s": "v"`),
		with(annotations, "annotation key", `output: annotations: "%s": "v"`),
		with(keys, "selected key", `workloads: db: labels: "%s": "v"`),
		with(keys, "key in an expression", `workloads: db: expressions: [{key: "%s", operator: "Exists"}]`),
		with(keys, "namespace key", `namespaces: peer: expressions: [{key: "%s", operator: "DoesNotExist"}], allow: more: ["peer/* -> db"]`),
		with(names, "workload", `workloads: "%s": ports: http: 80, allow: more: ["%s -> db", "db -> %s", "*/* -> %s"]`),
		with(names, "namespace", `namespaces: "%s": {}, workloads: "%s/%s": {}, allow: more: ["%s/%s -> db", "%s/* -> *:*", "%s/%s -> %s/*:80"]`),
		with(names, "external", `external: "%s": cidrs: ["203.0.113.0/24"], allow: more: ["%s -> db", "db -> %s:443"]`),
		{"port", `workloads: db: ports: more: "%s", allow: more: ["api -> db:%s"]`, []string{"1", "65535", "1-65535/udp"}, []string{"0", "65536", "-1", "9-8", "0-1", "65535-65536"}},
		{"operator", `workloads: db: expressions: [{key: "k", operator: %s}]`, []string{`"Exists"`, `"DoesNotExist", values: []`, `"In", values: ["a"]`}, []string{`"In"`, `"NotIn", values: []`, `"Exists", values: ["a"]`, `"Gt", values: ["1"]`, `"exists"`}},
		{"cidr", `external: x: cidrs: ["%s"], allow: more: ["api -> x:80"]`, []string{"0.0.0.0/0", "::/0", "255.255.255.255/32", "2001:DB8::/32"}, []string{"10.0.0.1/8", "10.0.0.0/33", "010.0.0.0/8", "10.0.0.0", "::/129", "::ffff:10.0.0.0/104", "fe80::%eth0/64"}},
		{"except", `external: x: {cidrs: ["10.0.0.0/8", "2001:db8::/32"], except: ["%s"]}, allow: more: ["api -> x:80"]`, []string{"10.0.0.0/9", "10.255.255.255/32", "2001:db8:1::/48"}, []string{"10.0.0.0/8", "11.0.0.0/16", "0.0.0.0/0", "2001:db8::/31", "10.1.2.3/16"}},
		{"IPv4-mapped range", `external: x: {cidrs: ["%s"]}, allow: more: ["api -> x:80"]`, []string{"::/0", "::/80", "::fffe:0:0/95", "::fffe:0:0/96"}, []string{"::ffff:0:0/96", "::ffff:0:0/97", "::ffff:1.2.3.4/128"}},
		// An exception of ::ffff:0:0/96 beside others: the server refuses it as it is.
		{"IPv4-mapped exception", `external: x: {cidrs: [%s]}, allow: more: ["api -> x:80"]`, []string{
			`"::/0"], except: ["::ffff:0:0/96"`,
			`"::/0"], except: ["::ffff:0:0/96", "::fffe:0:0/96"`,
			`"::/0"], except: ["::ffff:0:0/96", "::fffe:1:0/112", "fc00::/7"`,
			`"::/0"], except: ["::ffff:0:0/96", "::fffe:0:0/95"`,
			`"::fffe:0:0/95"], except: ["::ffff:0:0/96"`,
			`"::fffe:0:0/95"], except: ["::ffff:0:0/96", "::fffe:1:0/112"`,
			`"::fffe:0:0/95"], except: ["::ffff:0:0/96", "::fffe:0:0/96"`,
		}, []string{`"::/0"], except: ["::ffff:0:0/97"`, `"::ffff:0:0/96"], except: ["::ffff:1.2.3.0/120"`}},
		{"annotations", "import \"strings\"\n\n" + `output: annotations: k: strings.Repeat("x", %s)`, []string{"0", "65535"}, []string{"65536", "262144", "2000000"}},
	}
}

// TestLimits sees npgen refuse, with a finding and no output, what a server would refuse, and the server's code accept
// the last that npgen accepts.
func TestLimits(t *testing.T) {
	tool.Setup(t)
	for _, l := range limits() {
		t.Run(l.name, func(t *testing.T) {
			for _, grouping := range []string{"workload", "edge"} {
				for _, text := range l.fits {
					if stream, talk, status := buildLimit(t, l, text, grouping); status != 0 {
						t.Errorf("%.80q is refused:\n%s", text, talk)
					} else if count, faults := Judge([]byte(stream)); count == 0 || len(faults) > 0 {
						t.Errorf("%.80q: %d objects\n%s", text, count, strings.Join(faults, "\n"))
					}
				}
			}
			for _, text := range l.refused {
				if stream, talk, status := buildLimit(t, l, text, "edge"); status != 1 || stream != "" {
					_, faults := Judge([]byte(stream))
					t.Errorf("%.80q: exit status %d\n%s\n%s", text, status, talk, strings.Join(faults, "\n"))
				}
			}
		})
	}
}

func buildLimit(t *testing.T, l limit, text, grouping string) (stdout, stderr string, status int) {
	t.Helper()
	dir := t.TempDir()
	line := strings.ReplaceAll(l.cue, "%s", text)
	tool.Write(t, dir, map[string]string{
		"small.cue": small + fmt.Sprintf("output: grouping: %q\n", grouping),
		"limit.cue": "package policy\n\n" + line + "\n",
	})
	return tool.Try(t, dir, "npgen", "build", "-q", ".")
}

// TestManyEdges builds one object whose edges and reasons alone would take more than an object's annotations may.
func TestManyEdges(t *testing.T) {
	tool.Setup(t)
	count := judgePackage(t, map[string]string{"small.cue": small, "many.cue": `package policy

import (
	"list"
	"strings"
)

output: annotations: text: strings.Repeat("x", 65000)
allow: many: [for a in list.Range(0, 20, 1) for b in list.Range(0, 250, 1) {
	from: "10.\(a).\(b).0/24"
	to:   "db"
	why:  "reason \(a) \(b) " + strings.Repeat("x", 40)
}]
`})
	if count > 10 {
		t.Errorf("%d objects", count)
	}
}
