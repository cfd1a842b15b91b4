package pictures

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/npgen/npgen/e2e/tool"
)

const shop = `package policy

namespaces: {shop: {}, pay: {}, monitoring: {}}
workloads: {
	"shop/web": ports: http: 8080
	"shop/api": ports: {http: 8080, metrics: 9090}
	"shop/db": ports: sql: 5432
	"pay/api": ports: https: 8443
	"monitoring/prometheus": {}
}
allow: [
	"any -> shop/web",
	"shop/web -> shop/api:http",
	"shop/api -> shop/db",
	"shop/api -> pay/api",
	"pay/api -> internet:443",
	"monitoring/prometheus -> shop/*:9090",
]
`

// page draws a package and opens the page.
func openPage(t *testing.T, b browser, fragment string, args ...string) *tab {
	t.Helper()
	dir := t.TempDir()
	tool.Write(t, dir, map[string]string{"policy/policy.cue": shop})
	return b.open(t, draw(t, dir, "html", append([]string{"./policy"}, args...)...), fragment)
}

// The page starts with the drawing; an edge shows the line and the rules that open it, a node who reaches it.
func testPicture(t *testing.T, b browser) {
	p := openPage(t, b, "")
	p.until("document.querySelectorAll('#drawing [data-node]').length === 9")
	p.until("document.querySelectorAll('#drawing [data-edge] title').length === 6")
	p.shows("#summary", "5 workloads, 6 flows, 5 more as badges")
	p.shows("#legend", "DNS to kube-system/{k8s-app=kube-dns} on 53,53/udp, 4 nodes")
	p.do(`[...document.querySelectorAll('#drawing [data-edge]')].find((e) => e.querySelector('title').textContent.startsWith('shop/api -> shop/db')).querySelector('.hit').setAttribute('id', 'wanted')`)
	p.do(`document.querySelector('#wanted').dispatchEvent(new MouseEvent('click', {bubbles: true}))`)
	p.hash("#edge=shop/api -> shop/db same")
	p.shows("#details", "policy/policy.cue:14:2 the edge `shop/api -> shop/db`")
	p.shows("#details", "shop/api-allow-egress: egress[")
	p.shows("#details", "shop/db-allow-ingress: ingress[0]")
	p.click("#drawing .node.workload[data-isolation=both] .name")
	p.until("document.querySelector('#focus') && document.querySelector('#drawing').hidden")
}

// The focus view has callers and callees by namespace, also those that an end has as one of a set.
func testFocus(t *testing.T, b browser) {
	p := openPage(t, b, "#focus=shop/api")
	p.shows("[aria-label=callers]", "callers (2)")
	p.shows("[aria-label=callers]", "web 8080")
	p.shows("[aria-label=callers]", "prometheus 9090 as one of shop/*")
	p.shows("[aria-label=callees]", "callees (3)")
	p.shows("[aria-label=callees]", "pay\n")
	p.shows("[aria-label=callees]", "db 5432")
	p.shows("[aria-label=callees]", "{k8s-app=kube-dns} 53,53/udp")
	p.shows(".card", "isolated for both directions")
	p.click("[aria-label=callers] button[title='shop/web']")
	p.hash("#focus=shop/web")
	p.shows("[aria-label=callers]", "(outside) 8080")
	p.run(chromedp.NavigateBack())
	p.shows(".card", "shop/api")
	p.click("[aria-label=callees] button.ports[title^='shop/api → shop/db']")
	p.shows("#details", "what opens it")
	p.click("#details button:last-child")
	p.until("document.querySelector('#details').hidden")
}

// Prometheus and DNS are badges elsewhere, and have their flows where they are looked at.
func testBadges(t *testing.T, b browser) {
	p := openPage(t, b, "#focus=monitoring/prometheus")
	p.shows("[aria-label=callees]", "* 9090")
	p.click("#legend button")
	p.shows("#results", "kube-system/{k8s-app=kube-dns}")
	p.until("document.querySelectorAll('#results button').length === 5")
}

// Keys: / finds, the arrows walk, Enter opens, Escape goes back.
func testKeys(t *testing.T, b browser) {
	p := openPage(t, b, "")
	p.press("/", "a", "p", "i")
	p.hash("#q=api")
	p.until("document.querySelectorAll('#results button').length === 2")
	p.press(kb.ArrowDown)
	p.until("document.activeElement.textContent === 'pay/api'")
	p.press(kb.ArrowDown)
	p.until("document.activeElement.textContent === 'shop/api'")
	p.press(kb.Enter)
	p.hash("#focus=shop/api")
	p.press(kb.Escape)
	p.hash("")
	p.press("/", "d", "b", kb.Enter)
	p.hash("#focus=shop/db")
	p.press(kb.Escape)
	p.run(chromedp.Focus(chromedp.CSS("#drawing [data-node]")))
	p.press(kb.Enter)
	p.hash("#focus=(outside)")
}

// The matrix has a cell for each edge, and squares for namespaces; arrows walk through the edges.
func testMatrix(t *testing.T, b browser) {
	p := openPage(t, b, "")
	p.click("#views button:nth-child(3)")
	p.hash("#view=matrix")
	p.until("document.querySelectorAll('.matrix .cell').length === 6 && document.querySelectorAll('.matrix .square').length === 3")
	p.until("[...document.querySelectorAll('.matrix .cell title')].every((x) => x.textContent.includes(' → '))")
	p.until("document.querySelectorAll('.matrix .across').length === 2 && document.querySelectorAll('.matrix .beyond').length === 2")
	p.run(chromedp.Focus(chromedp.CSS(".matrix")))
	p.press(kb.ArrowRight)
	p.shows("#details", "(outside) → shop/web")
	p.until("document.querySelectorAll('.matrix .chosen').length === 1")
	p.do("[...document.querySelectorAll('.matrix .cell')].find((c) => c.textContent.startsWith('shop/api → pay/api')).dispatchEvent(new MouseEvent('click', {bubbles: true}))")
	p.shows("#details", "shop/api → pay/api")
	p.click("#views button:nth-child(2)")
	p.until("document.querySelectorAll('#namespaces tbody tr').length === 4")
	p.click("#namespaces tbody tr:nth-child(3) td:nth-child(3) button")
	p.hash("#view=matrix&edge=shop/api -> pay/api same&ns=shop")
}

// What is hidden is counted, and the state is in the address: another page at it shows the same.
func testHide(t *testing.T, b browser) {
	p := openPage(t, b, "")
	p.click("#hiding summary")
	p.click("#boxes label:nth-child(2) input")
	p.hash("#hide=pay")
	p.shows("#hidden", "1 namespace hidden, with 2 edges")
	p.until("document.querySelectorAll('#drawing [data-edge]:not(.gone)').length === 4")
	p.run(chromedp.Reload())
	p.shows("#hidden", "1 namespace hidden, with 2 edges")
	p.until("!document.querySelector('#boxes label:nth-child(2) input').checked")
}

// Light and dark have colours of their own; on paper there are no controls.
func testMedia(t *testing.T, b browser) {
	p := openPage(t, b, "")
	paper := "getComputedStyle(document.body).backgroundColor"
	if got := eval[string](p, paper); got != "rgb(255, 255, 255)" {
		t.Error(got)
	}
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
	p.until(paper + " === 'rgb(13, 17, 23)' && getComputedStyle(document.querySelector('.drawing .name')).fill === 'rgb(230, 237, 243)'")
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	p.until("getComputedStyle(document.querySelector('#bar')).display === 'none' && document.querySelector('#drawing').innerText.includes('api')")
}

// A change shows what opens and closes, and on demand what stays.
func testChange(t *testing.T, b browser) {
	dir := t.TempDir()
	tool.Write(t, dir, map[string]string{"old/policy.cue": shop, "new/policy.cue": change(shop)})
	p := b.open(t, draw(t, dir, "html", "./new", "--diff", "./old"), "")
	p.shows("#summary", "1 opened, 1 changed, opening more, 1 closed")
	p.until("document.querySelectorAll('#drawing .edge.opened:not(.gone), #drawing .edge.closed:not(.gone), #drawing .edge.widened:not(.gone)').length === 3")
	p.until("document.querySelectorAll('#drawing .edge.same:not(.gone)').length === 0")
	p.click("#changes")
	p.hash("#all=1")
	p.until("document.querySelectorAll('#drawing .edge.same:not(.gone)').length > 2")
	p.click("#views button:nth-child(3)")
	p.click(".matrix .cell.closed")
	p.shows("#details", "what opened it")
	p.shows("#details", "old/policy.cue:")
	p.click(".matrix .cell.opened")
	p.shows("#details", "new/policy.cue:")
	if color := eval[string](p, "getComputedStyle(document.querySelector('.cell.opened')).fill"); color != "rgb(26, 127, 55)" {
		t.Error(color)
	}
	if color := eval[string](p, "getComputedStyle(document.querySelector('.cell.closed')).fill"); color != "rgb(207, 34, 46)" {
		t.Error(color)
	}
}
