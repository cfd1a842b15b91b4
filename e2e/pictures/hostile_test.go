package pictures

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/npgen/npgen/e2e/tool"
)

// change is what a request does to the package.
func change(text string) string {
	return strings.NewReplacer(`"shop/api -> pay/api",`, `"shop/web -> pay/api",`, `"shop/web -> shop/api:http"`, `"shop/web -> shop/api"`).Replace(text)
}

// markup runs something where it is taken for markup, a script, or the end of one.
var markup = []string{
	`<img src=x onerror=document.title=1>`, `</script><script>document.title=1</script>`, `</title></svg><svg onload=document.title=1>`,
	`"><a href=javascript:document.title=1>x</a>`, "`${document.title=1}`", `'+(document.title=1)+'`, "</style><style>*{display:none}</style>",
}

// manifests have markup in every field that they have.
func manifests() string {
	var all []string
	for i, m := range markup {
		q := fmt.Sprintf("%q", m)
		all = append(all, strings.ReplaceAll(`apiVersion: v1
kind: Namespace
metadata: {name: M, labels: {M: M}}
---
apiVersion: v1
kind: Pod
metadata: {name: M, namespace: M, labels: {M: M}}
spec: {containers: [{name: M, image: M, ports: [{name: M, containerPort: 80}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: M, namespace: M, annotations: {M: M}}
spec: {podSelector: {matchLabels: {M: M}}, policyTypes: [Ingress, Egress], ingress: [{from: [{podSelector: {}}]}], egress: [{to: [{namespaceSelector: {}}], ports: [{port: 80}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: M, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: a`+fmt.Sprint(i)+`}}}]}]}
---
apiVersion: cilium.io/v2
kind: M
metadata: {name: M, namespace: M}
`, "M", q))
	}
	return strings.Join(all, "---\n")
}

// What manifests and the names of their files say is text, whatever it is: no markup, no script, no style of theirs has any
// effect. So it is where all that a page knows is markup, which npgen does not take for names.
func testHostile(t *testing.T, b browser) {
	dir := t.TempDir()
	tool.Write(t, dir, map[string]string{
		"all/all.yaml": manifests(),
		"all/<img src=x onerror=document.title=1>&amp;.yaml": "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a, namespace: shop}\nspec: {podSelector: {matchLabels: {app: a}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: b}}}]}]}\n",
	})
	file := draw(t, dir, "html", "./all")
	real := b.open(t, file, "#view=matrix")
	real.shows("#notes", "<img src=x onerror=document.title=1>")
	real.do("[...document.querySelectorAll('.matrix .cell')].find((c) => c.textContent.includes('app=b')).dispatchEvent(new MouseEvent('click', {bubbles: true}))")
	real.shows("#details", "<img src=x onerror=document.title=1>&amp;.yaml:")
	real.harmless("npgen: who may talk to whom")

	svg := b.open(t, draw(t, dir, "svg", "./all"), "")
	svg.until("document.documentElement.localName === 'svg' && !document.querySelector('script, a, image, foreignObject')")

	page := tool.Read(t, file)
	start := strings.Index(page, `id="data">`) + len(`id="data">`)
	end := start + strings.Index(page[start:], "</script>")
	var data any
	if err := json.Unmarshal([]byte(page[start:end]), &data); err != nil {
		t.Fatal(err)
	}
	n := 0
	text, err := json.Marshal(marked(data, &n)) // which escapes as npgen does
	if err != nil {
		t.Fatal(err)
	}
	tool.Write(t, dir, map[string]string{"marked.html": page[:start] + string(text) + page[end:]})
	p := b.open(t, filepath.Join(dir, "marked.html"), "")
	title := eval[string](p, "document.title")
	for _, view := range []string{"matrix", "namespaces", "picture"} {
		p.do("location.hash = 'view=" + view + "&q=i'")
		p.until("document.querySelector('#views [aria-current=true]')")
		p.harmless(title)
	}
	for i := range eval[int](p, "JSON.parse(document.getElementById('data').textContent).edges.length") {
		p.do("location.hash = new URLSearchParams({view: 'matrix'}).toString()")
		p.until(fmt.Sprintf("document.querySelectorAll('.matrix .cell').length > %d", i))
		p.do(fmt.Sprintf("document.querySelectorAll('.matrix .cell')[%d].dispatchEvent(new MouseEvent('click', {bubbles: true}))", i))
		p.until("!document.querySelector('#details').hidden")
		p.harmless(title)
		p.do("document.querySelector('#details div button').click()")
		p.until("document.querySelector('#focus')")
		p.harmless(title)
	}
}

// marked puts markup into all texts of some data.
func marked(v any, n *int) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = marked(v[k], n)
		}
	case []any:
		for i := range v {
			v[i] = marked(v[i], n)
		}
	case string:
		*n++
		return markup[*n%len(markup)] + fmt.Sprint(*n)
	}
	return v
}

// harmless waits for a page in which nothing of the markup had any effect.
func (p *tab) harmless(title string) {
	p.t.Helper()
	p.until("document.title === " + quoted(title) + " && !document.querySelector('img, a, iframe, object, [onerror], [onload]')")
	p.until("document.querySelectorAll('script').length === 2 && document.querySelectorAll('style').length === 1 && getComputedStyle(document.body).display === 'block'")
}

const many = `package policy

import "list"
import "math"

_namespace: [for i in list.Range(0, 503, 1) {"ns\(math.Floor(i/10))"}]
namespaces: {for i in list.Range(0, 51, 1) {"ns\(i)": {}}}
workloads: {for i, ns in _namespace {"\(ns)/svc\(i)": ports: http: 8080}}
allow: [for i in list.Range(0, 500, 1) for d in [1, 2, 3, 100] {
	let j = mod(i+d, 503)
	"\(_namespace[i])/svc\(i) -> \(_namespace[j])/svc\(j)"
}]
`

// 503 workloads and 2,000 edges are below 400 KB, and start with their namespaces. How long that takes is said, and no test.
func testMany(t *testing.T, b browser) {
	dir := t.TempDir()
	tool.Write(t, dir, map[string]string{"policy/policy.cue": many})
	file := draw(t, dir, "html", "./policy")
	if n := size(t, file); n > 400_000 {
		t.Errorf("%d bytes", n)
	}
	p := b.open(t, file, "")
	p.shows("#summary", "503 workloads, 2000 flows")
	p.until("document.querySelectorAll('#namespaces tbody tr').length === 51")
	p.until("[...document.querySelectorAll('#namespaces td')].reduce((n, c) => n + Number(c.textContent), 0) === 2000")
	p.until("performance.getEntriesByType('paint').length > 0")
	t.Logf("%d bytes; from navigation to first paint %.0f ms, to the end of the script %.0f ms", size(t, file),
		eval[float64](p, "performance.getEntriesByType('paint')[0].startTime"), eval[float64](p, "performance.getEntriesByType('navigation')[0].domInteractive"))
	p.click("#namespaces tbody tr:nth-child(8) td:nth-child(9) button")
	p.shows("#view h2", "ns15: ")
	p.press("/", "s", "v", "c", "4", "4", "2")
	p.click("#results button")
	p.shows(".card", "ns44/svc442")
	p.shows("[aria-label=callers]", "svc342")
	p.do("location.hash = 'view=matrix'")
	p.until("document.querySelectorAll('.matrix .cell').length === 2000")
}
