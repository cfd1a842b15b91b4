// Package pictures opens what `npgen graph` writes in a real browser without a screen, and gives its mermaid to the real
// mermaid.
//
// In: packages and manifests, some of them hostile. Out: what stands in the pages, what clicks and keys do, and that nothing
// is requested, run or complained about. It refuses a machine without Chromium.
package pictures

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/npgen/npgen/e2e/tool"
)

// tab is an open page, and what it said or asked for.
type tab struct {
	t   *testing.T
	ctx context.Context
	mu  sync.Mutex
	// faults are complaints, dialogs, and requests for anything but the page itself.
	faults []string
}

// draw writes what `npgen graph` prints to a file, and returns its path.
func draw(t *testing.T, dir, format string, args ...string) string {
	t.Helper()
	text := tool.Run(t, dir, "npgen", append([]string{"graph", "--format", format}, args...)...)
	name := "picture." + format
	tool.Write(t, dir, map[string]string{name: text})
	return filepath.Join(dir, name)
}

// TestPictures runs each test below with npgen in PATH and one browser, in a tab of its own.
func TestPictures(t *testing.T) {
	dirs := tool.System(t, "chromium", "npm", "sh", "git")
	script := mermaidScript(t) // before the network is gone
	tool.Setup(t)
	tool.AddPath(t, dirs...)
	alloc, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.WindowSize(1400, 900))...)
	t.Cleanup(stop)
	first, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	if err := chromedp.Do(first); err != nil {
		t.Fatal(err)
	}
	b := browser{first}
	for name, test := range map[string]func(*testing.T, browser){
		"picture": testPicture, "focus": testFocus, "badges": testBadges, "keys": testKeys, "matrix": testMatrix, "hide": testHide,
		"media": testMedia, "change": testChange, "hostile": testHostile, "many": testMany,
		"mermaid": func(t *testing.T, b browser) { testMermaid(t, b, script) },
	} {
		t.Run(name, func(t *testing.T) { test(t, b) })
	}
}

// browser is a browser that runs.
type browser struct{ ctx context.Context }

// open opens a file in a tab of its own. The test fails at its end where the page complained or asked for anything.
func (b browser) open(t *testing.T, file, fragment string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	p := &tab{t: t, ctx: ctx}
	t.Cleanup(func() {
		cancel()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, f := range p.faults {
			t.Error(f)
		}
	})
	p.run() // which opens the tab
	limited, end := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(end)
	p.ctx = limited
	url := "file://" + file
	if err := chromedp.Listen(ctx, func(event any) { p.note(event, url) }); err != nil {
		t.Fatal(err)
	}
	call(p, network.Enable, network.EnableParams{})
	call(p, log.Enable, cdp.Empty{})
	call(p, page.BringToFront, cdp.Empty{})
	p.run(chromedp.Navigate(url + fragment))
	return p
}

// note keeps what a page at an address must not do.
func (p *tab) note(event any, url string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch ev := event.(type) {
	case *runtime.EventConsoleAPICalled:
		p.faults = append(p.faults, "console: "+string(ev.Type))
	case *runtime.EventExceptionThrown:
		p.faults = append(p.faults, "exception: "+ev.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		p.faults = append(p.faults, "log: "+ev.Entry.Text)
	case *page.EventJavascriptDialogOpening:
		p.faults = append(p.faults, "dialog: "+ev.Message)
	case *network.EventRequestWillBeSent:
		if at, _, _ := strings.Cut(ev.Request.URL, "#"); at != url {
			p.faults = append(p.faults, "request: "+ev.Request.URL)
		}
	}
}

// call sends a command to the browser.
func call[P, R any](p *tab, command cdp.Command[P, R], params P) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, command, params); err != nil {
		p.t.Fatal(err)
	}
}

func (p *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

// eval returns the value of an expression of the page.
func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	out, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

// do runs a statement in the page.
func (p *tab) do(statement string) {
	p.t.Helper()
	p.run(chromedp.Evaluate[chromedp.Void](statement))
}

// until waits for an expression of the page to be true.
func (p *tab) until(expression string) {
	p.t.Helper()
	for range 200 {
		if eval[bool](p, "!!("+expression+")") {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	p.t.Fatalf("it stays false: %s\nat %s\n%s", expression, eval[string](p, "location.hash"), eval[string](p, "document.body.innerText"))
}

// hash waits for the fragment of the address, which holds the state of the page.
func (p *tab) hash(want string) {
	p.t.Helper()
	p.until("decodeURIComponent(location.hash.replaceAll('+', ' ')) === " + quoted(want))
}

// shows waits for a text that the reader sees in an element.
func (p *tab) shows(selector, text string) {
	p.t.Helper()
	p.until("document.querySelector(" + quoted(selector) + ")?.innerText.includes(" + quoted(text) + ")")
}

func (p *tab) click(selector string) {
	p.t.Helper()
	p.run(chromedp.Click(chromedp.CSS(selector)))
}

// press types keys, wherever the focus is.
func (p *tab) press(keys ...string) {
	p.t.Helper()
	for _, k := range keys {
		if k == "/" { // one event, which types nothing where the page prevents that
			call(p, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: k, Text: k})
			continue
		}
		p.run(chromedp.KeyEvent(k))
	}
}

func quoted(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`, "\n", `\n`).Replace(s) + "'"
}

// size returns how many bytes a file has.
func size(t *testing.T, file string) int64 {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
