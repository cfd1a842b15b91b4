package picture

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/npgen/npgen/gen/answer"
	"github.com/npgen/npgen/gen/load"
)

// example draws an example of the repository.
func example(t testing.TB, name string) ([]Cluster, *Picture) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	clusters := read(t, load.Env{Dir: root}, "./examples/"+name+"/...")
	return clusters, OfFlows(clusters, "")
}

// Every row that `npgen list` shows is one edge or one badge, and nothing else is drawn as a flow.
func TestRows(t *testing.T) {
	found, err := filepath.Glob("../../examples/*/README.md")
	if err != nil || len(found) < 10 {
		t.Fatal(found, err)
	}
	for _, readme := range found {
		name := filepath.Base(filepath.Dir(readme))
		t.Run(name, func(t *testing.T) {
			clusters, p := example(t, name)
			held := map[string]int{}
			for _, e := range p.Edges {
				held[p.Nodes[e.From].title()+" -> "+p.Nodes[e.To].title()+": "+e.Ports]++
			}
			pinned := 0
			for i := range p.Nodes {
				for _, at := range p.Nodes[i].Badges {
					b, n := p.Badges[at], p.Nodes[i].title()
					pinned++
					if b.IsSource {
						held[b.End+" -> "+n+": "+b.Ports]++
					} else {
						held[n+" -> "+b.End+": "+b.Ports]++
					}
				}
			}
			all := 0
			for _, c := range clusters {
				in := ""
				if c.Cluster != "" {
					in = c.Cluster + ": "
				}
				rows, _ := c.Shown()
				all += len(rows)
				for _, r := range rows {
					key := in + r.From + " -> " + in + r.To + ": " + answer.Ports(r)
					if held[key] != 1 {
						t.Errorf("%s: drawn %d times", key, held[key])
					}
				}
			}
			if all != len(p.Edges)+pinned {
				t.Errorf("%d rows, but %d edges and %d badges", all, len(p.Edges), pinned)
			}
			counted := 0
			for _, b := range p.Badges {
				counted += b.Nodes
			}
			if counted != pinned {
				t.Errorf("%d badges are counted, and %d are at nodes", counted, pinned)
			}
			for _, format := range []Format{"mermaid", "dot", "svg"} {
				drawn := map[Format]string{"mermaid": `-->|"`, "dot": " -> ", "svg": `class="edge `}[format]
				text := regexp.MustCompile(`label="[^"]*"|tooltip="[^"]*"`).ReplaceAllString(written(t, p, format), "")
				if n := strings.Count(text, drawn); n != len(p.Edges) {
					t.Errorf("%s has %d of %d edges", format, n, len(p.Edges))
				}
			}
		})
	}
}

// 1: DNS, Prometheus and the API server are badges, where they are just that.
func TestBadges(t *testing.T) {
	_, p := example(t, "online-boutique")
	if len(p.Edges) != 18 || len(p.Badges) != 1 || p.Badges[0].Nodes != 11 {
		t.Errorf("%d edges, badges %+v", len(p.Edges), p.Badges)
	}
	p = text(t, `package policy
namespace: "shop"
namespaces: "kube-system": owned: false
workloads: {
	web: dns: false
	api: {}
	"kube-system/kube-dns": {labels: "k8s-app": "kube-dns"}
	prometheus: dns: false
}
apiserver: {cidrs: ["10.0.0.1/32"], ports: [443]}
allow: ["web -> kube-system/kube-dns:53/udp", "web -> apiserver", "api -> dns", "api -> kube-system/kube-dns:9153", "prometheus -> web:9100", "prometheus -> api:9101"]
`)
	want := map[string][]string{"web": {"API server", "Prometheus :9100"}, "api": {"Prometheus :9101"}, "prometheus": nil}
	for i := range p.Nodes {
		if badges, is := want[p.Nodes[i].Name]; is && !slices.Equal(p.badges(&p.Nodes[i]), badges) {
			t.Errorf("%s: %q", p.Nodes[i].Name, p.badges(&p.Nodes[i]))
		}
	}
	drawn := written(t, p, "mermaid")
	for _, edge := range []string{`n_shop_web -->|"53/udp"|`, `n_shop_api -->|"53,9153,53/udp"|`} { // more or less than DNS
		if !strings.Contains(drawn, edge) {
			t.Errorf("no %s in\n%s", edge, drawn)
		}
	}
}

// 2: namespaces are boxes; where there is only one, there is none.
func TestBoxes(t *testing.T) {
	one, several := text(t, "package policy\nnamespace: \"shop\"\nworkloads: {a: {}, b: {}}\nallow: [\"a -> b:1\"]\n"), text(t, large(20, 10))
	for format, mark := range map[Format]string{"mermaid": "subgraph", "dot": "subgraph", "svg": `<g class="box">`} {
		if n := strings.Count(written(t, one, format), mark); n != 0 {
			t.Errorf("%s: %d boxes for one namespace", format, n)
		}
		if n := strings.Count(written(t, several, format), mark); n != 2 {
			t.Errorf("%s: %d boxes for two namespaces", format, n)
		}
	}
}

var rectangle = regexp.MustCompile(`<g class="node (\w+)" [^>]*><title>([^<\n]*)[^<]*</title>\n<rect x="(-?\d+)" y="(-?\d+)" width="(\d+)" height="(\d+)"`)

// 3: what comes from outside is at the left edge, where it goes outside at the right one, in a colour that warns.
func TestOutside(t *testing.T) {
	_, p := example(t, "bank-of-anthos")
	left, right := map[string]int{}, 1<<20
	all := rectangle.FindAllStringSubmatch(written(t, p, "svg"), -1)
	if len(all) != len(p.Nodes) {
		t.Fatalf("%d of %d nodes", len(all), len(p.Nodes))
	}
	for _, m := range all {
		x, _ := strconv.Atoi(m[3])
		left[m[2]+" "+m[1]] = x
		if m[1] == string(Workload) {
			right = min(right, x)
		}
	}
	out, in := left["internet outside"], left["(outside) outside"]
	for name, x := range left {
		if x > out || strings.HasSuffix(name, " workload") && x <= in {
			t.Errorf("%s at %d, (outside) at %d and the internet at %d", name, x, in, out)
		}
	}
	if in >= right || !strings.Contains(drawingCSS, ".drawing .outside rect { fill: var(--warnfill); stroke: var(--warn)") {
		t.Error("no warning")
	}
}

// 4: up to 25 nodes the ports stand at the edges, above that in their titles alone.
func TestPorts(t *testing.T) {
	for nodes, written := range map[int]string{20: written(t, text(t, large(20, 30)), "svg"), 30: written(t, text(t, large(30, 40)), "svg")} {
		edges, texts := strings.Count(written, `class="edge `), len(regexp.MustCompile(`<text x="\d+" y="\d+">8080</text></g>`).FindAllString(written, -1))
		titles := len(regexp.MustCompile(`<title>ns\d+/svc-\d+ -&gt; ns\d+/svc-\d+: 8080\n`).FindAllString(written, -1))
		if want := map[bool]int{true: edges, false: 0}[nodes <= 25]; texts != want || titles != edges || edges < 30 {
			t.Errorf("%d nodes: %d edges, %d with ports, %d with titles", nodes, edges, texts, titles)
		}
	}
}

// 5: what is closed shows: the left half of a border is what may enter, the right half where it may go.
func TestIsolation(t *testing.T) {
	p := text(t, `package policy
namespace: "shop"
deny: "workload"
workloads: {both: {}, in: isolate: "ingress", out: isolate: "egress", free: isolate: "none", node: hostNetwork: true}
`)
	got := map[string]string{}
	for _, m := range regexp.MustCompile(`<g class="node workload" [^>]*><title>shop/(\w+)[^<]*</title>\n<rect[^>]*>\n<path class="border (\w+)"[^>]*>\n<path class="border (\w+)"`).FindAllStringSubmatch(written(t, p, "svg"), -1) {
		got[m[1]] = m[2] + " " + m[3]
	}
	if want := (map[string]string{"both": "closed closed", "in": "closed open", "out": "open closed", "free": "open open", "node": "open open"}); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
	drawn := written(t, p, "mermaid")
	for _, node := range []string{`n_shop_both["<b>both</b>"]:::isolation_both`, `n_shop_in["<b>in</b><br/>egress open"]:::isolation_ingress`, `n_shop_out["<b>out</b><br/>ingress open"]:::isolation_egress`, `n_shop_free["<b>free</b><br/>not isolated"]:::isolation_none`, `n_shop_node["<b>node</b><br/>host network, not governed"]:::isolation_host`} {
		if !strings.Contains(drawn, node) {
			t.Errorf("no %s in\n%s", node, drawn)
		}
	}
}

// 6: half edges are dashed, and where the rest is closed they are no flows.
func TestHalf(t *testing.T) {
	p := text(t, `package policy
namespace: "shop"
workloads: {a: {}, b: {}, c: isolate: "both"}
allow: [{from: "a", to: "b", ports: [1], half: "egress"}, "c -> b:2"]
`)
	if n := len(p.Edges); n != 2 || p.Edges[0].State != HalfOpen || p.Edges[1].State != Same || p.Summary() != "3 workloads, 1 flow, 1 half open, 2 more as badges" {
		t.Errorf("%d edges: %+v; %s", n, p.Edges, p.Summary())
	}
	for format, mark := range map[Format]string{"mermaid": `n_shop_a -.->|"1 (egress half)"| n_shop_b`, "dot": "style=dashed", "svg": `<g class="edge half half"`} {
		if strings.Count(written(t, p, format), mark) != 1 {
			t.Errorf("%s has no %s", format, mark)
		}
	}
	if !strings.Contains(drawingCSS, ".edge.half .line { stroke-dasharray") {
		t.Error("not dashed")
	}
}

// pageOf returns the data of a page.
func pageOf(t testing.TB, page string) pageData {
	t.Helper()
	_, rest, _ := strings.Cut(page, `<script type="application/json" id="data">`)
	data, _, found := strings.Cut(rest, "</script>")
	var out pageData
	if err := json.Unmarshal([]byte(data), &out); err != nil || !found {
		t.Fatal(err)
	}
	return out
}

// 7: a few nodes are a drawing in the page, fifty are a matrix, and five hundred namespaces first; the page stays small.
func TestSizes(t *testing.T) {
	for _, size := range []struct {
		nodes, edges int
		isDrawn      bool
	}{{5, 6, true}, {50, 150, false}, {503, 2000, false}} {
		p := text(t, large(size.nodes, size.edges))
		page := written(t, p, "html")
		data := pageOf(t, page)
		if isDrawn := strings.Contains(page, "<svg"); isDrawn != size.isDrawn || len(data.Nodes) != size.nodes || len(data.Edges) != size.edges {
			t.Errorf("%d nodes and %d edges of %d and %d; drawn: %t", len(data.Nodes), len(data.Edges), size.nodes, size.edges, isDrawn)
		}
		if len(page) > 400_000 {
			t.Errorf("%d nodes: %d bytes", size.nodes, len(page))
		}
		t.Logf("%d nodes, %d edges: html %d, svg %d, mermaid %d bytes", size.nodes, size.edges, len(page), len(written(t, p, "svg")), len(written(t, p, "mermaid")))
		if nodes := strings.Count(written(t, p, "mermaid"), ":::") - 1; nodes > mostDrawn { // one is the notes
			t.Errorf("mermaid has %d nodes", nodes)
		}
		if drawn := strings.Count(written(t, p, "svg"), `class="node `); drawn > mostFiled {
			t.Errorf("svg has %d nodes", drawn)
		}
	}
}

// 8: each edge has the line of CUE that says it, and the rules of both halves.
func TestCauses(t *testing.T) {
	source := large(30, 60)
	lines := strings.Split(source, "\n")
	p := text(t, source)
	for _, e := range p.Edges {
		from, to := p.Nodes[e.From].title(), p.Nodes[e.To].title()
		var cue, egress, ingress bool
		for _, c := range e.Causes {
			edge := from + " -> " + to
			cue = cue || c.Text == "the edge `"+edge+"`" && strings.Contains(lines[c.At.Line-1], strconv.Quote(edge))
			egress = egress || strings.HasPrefix(c.Text, "egress[") && c.Object == from+"-allow-egress" && strings.HasSuffix(c.At.File, "/allow.yaml") && c.At.Line > 0
			ingress = ingress || strings.HasPrefix(c.Text, "ingress[") && c.Object == to+"-allow-ingress"
		}
		if !cue || !egress || !ingress {
			t.Errorf("%s -> %s: %+v", from, to, e.Causes)
		}
	}
}

// 10: one new edge changes nothing but itself, and the order of what is written changes nothing.
func TestStable(t *testing.T) {
	before := "package policy\nnamespace: \"shop\"\nworkloads: {a: {}, b: {}, c: {}, d: {}}\nallow: [\"a -> b:1\", \"b -> c:2\", \"c -> d:3\", \"d -> dns\"]\n"
	after := strings.Replace(before, `"b -> c:2"`, `"a -> d:4", "b -> c:2"`, 1)
	p, q := text(t, before).data(), text(t, after).data()
	for i := range p.Edges { // the places of texts and lines move
		p.Edges[i] = p.Edges[i][:4]
	}
	var rest [][]any
	for _, e := range q.Edges {
		if e[3] != "4" {
			rest = append(rest, e[:4])
		}
	}
	if fmt.Sprint(p.Nodes) != fmt.Sprint(q.Nodes) || fmt.Sprint(p.Edges) != fmt.Sprint(rest) || len(rest)+1 != len(q.Edges) {
		t.Errorf("%v\n%v\n%v\n%v", p.Nodes, q.Nodes, p.Edges, q.Edges)
	}
	shuffled := strings.NewReplacer("{a: {}, b: {}", "{b: {}, a: {}", `"a -> b:1", "b -> c:2"`, `"b -> c:2", "a -> b:1"`).Replace(before)
	for _, format := range Formats() {
		first := written(t, text(t, before), format)
		if again := written(t, text(t, before), format); again != first {
			t.Errorf("%s: other bytes of the same", format)
		}
		position := regexp.MustCompile(`policy\.cue:\d+:\d+|-:\d+:\d+|,\d+,\d+,|[,\[]\d+`)
		if again := written(t, text(t, shuffled), format); position.ReplaceAllString(again, "") != position.ReplaceAllString(first, "") {
			t.Errorf("%s: the order shows", format)
		}
	}
}

// 10: nothing in a picture leads elsewhere, and a page may load nothing and run only its own script.
func TestNoReferences(t *testing.T) {
	_, p := example(t, "online-boutique")
	page := written(t, p, "html")
	between := func(start, end string) string {
		_, rest, _ := strings.Cut(page, start)
		text, _, _ := strings.Cut(rest, end)
		return text
	}
	want := "default-src 'none'; style-src '" + hash(between("<style>", "</style>")) + "'; script-src '" + hash(between("<script>", "</script>")) + "'; base-uri 'none'; form-action 'none'"
	if got := between(`<meta http-equiv="Content-Security-Policy" content="`, `">`); got != want {
		t.Errorf("the policy is %s\nwant %s", got, want)
	}
	for _, format := range Formats() {
		text := strings.ReplaceAll(written(t, p, format), "http://www.w3.org/2000/svg", "")
		for _, mark := range []string{"http:", "https:", "//cdn", "@import", "url(h", "src=", "href="} {
			if strings.Contains(text, mark) {
				t.Errorf("%s has `%s`", format, mark)
			}
		}
	}
}
