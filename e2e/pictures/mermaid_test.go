package pictures

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/npgen/npgen/e2e/tool"
)

// mermaidVersion is the mermaid that draws the pictures, and mermaidSum what its package must be.
const (
	mermaidVersion = "11.17.2"
	mermaidSum     = "V6K3C8EBdEsPFZXSKMJe6ppQOENxuHARr9GvHX4hh47lAbhMRD9qf4oEK7LoaRQxULMa80/qt5gHO73aCleBBg=="
)

// mermaidScript returns the script of mermaid, which npm fetches.
func mermaidScript(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	tool.Run(t, dir, "npm", "pack", "--silent", "--ignore-scripts", "mermaid@"+mermaidVersion)
	data, err := os.ReadFile(filepath.Join(dir, "mermaid-"+mermaidVersion+".tgz"))
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha512.Sum512(data); base64.StdEncoding.EncodeToString(sum[:]) != mermaidSum {
		t.Fatal("this is another mermaid")
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for files := tar.NewReader(unzipped); ; {
		header, err := files.Next()
		if err != nil {
			t.Fatal(err)
		}
		if header.Name == "package/dist/mermaid.min.js" {
			script, err := io.ReadAll(files)
			if err != nil {
				t.Fatal(err)
			}
			return strings.ReplaceAll(string(script), "</script", `<\/script`)
		}
	}
}

// drawn is a picture as mermaid draws it.
type drawn struct {
	Error        string
	Nodes, Edges int
	// Texts are what the labels of nodes, edges and boxes show.
	Texts string
	// Strange counts elements that no picture has.
	Strange int
}

// The real mermaid draws every picture, with as many nodes and edges as it says, and labels as they are, also where they
// are markup.
func testMermaid(t *testing.T, b browser, script string) {
	dir := t.TempDir()
	tool.Write(t, dir, map[string]string{"old/policy.cue": shop, "new/policy.cue": change(shop), "many/policy.cue": many, "all.yaml": manifests()})
	pictures := map[string]string{
		"change":  tool.Run(t, dir, "npgen", "graph", "./new", "--diff", "./old"),
		"many":    tool.Run(t, dir, "npgen", "graph", "./many"),
		"hostile": tool.Run(t, dir, "npgen", "graph", "all.yaml"),
		"focus":   tool.Run(t, dir, "npgen", "graph", "./new", "--focus", "shop/*"),
	}
	for _, readme := range tool.Glob(t, "examples/*/README.md") {
		example := filepath.Base(filepath.Dir(readme))
		pictures[example] = tool.Run(t, tool.Root(t), "npgen", "graph", "./examples/"+example+"/...")
	}
	texts, err := json.Marshal(pictures)
	if err != nil {
		t.Fatal(err)
	}
	tool.Write(t, dir, map[string]string{"mermaid.html": `<!DOCTYPE html><meta charset="utf-8"><body><script>` + script + `</script><script>
const pictures = ` + string(texts) + `;
window.drawn = {};
(async () => {
	mermaid.initialize({startOnLoad: false, securityLevel: "strict"});
	for (const name of Object.keys(pictures)) {
		try {
			const {svg} = await mermaid.render("p_" + name.replace(/\W/g, ""), pictures[name]);
			const at = document.body.appendChild(document.createElement("div"));
			at.innerHTML = svg;
			window.drawn[name] = {
				nodes: at.querySelectorAll(".node").length, edges: at.querySelectorAll(".flowchart-link").length, texts: at.textContent,
				strange: at.querySelectorAll("img, script, a, iframe, object, [onerror], [onclick]").length,
			};
		} catch (e) {
			window.drawn[name] = {error: String(e)};
		}
	}
	window.done = true;
})();
</script>`})
	p := b.open(t, filepath.Join(dir, "mermaid.html"), "")
	p.until("window.done")
	all := eval[map[string]drawn](p, "window.drawn")
	for name, text := range pictures {
		got := all[name]
		nodes, edges := strings.Count(text, ":::"), len(regexp.MustCompile(`(?m)^  n_\w+ (-->|-\.->|--x)`).FindAllString(text, -1))
		if got.Error != "" || got.Nodes != nodes || got.Edges != edges || got.Strange != 0 || nodes == 0 {
			t.Errorf("%s: %+v, want %d nodes and %d edges\n%s", name, got, nodes, edges, text)
		}
		for _, m := range regexp.MustCompile(`<b>([\w -]+)</b>`).FindAllStringSubmatch(text, -1) {
			if !strings.Contains(got.Texts, m[1]) {
				t.Errorf("%s does not show %q: %s", name, m[1], got.Texts)
			}
		}
	}
	for name, want := range map[string]string{
		"hostile": markup[0], "change": "widened, opens 9090; 8080 becomes 8080,9090", "online-boutique": "*/* but default/*",
		"teams": "DNS: to kube-system/{k8s-app=kube-dns} on 53,53/udp, 4 nodes", "many": "flows inside",
	} {
		if !strings.Contains(all[name].Texts, want) {
			t.Errorf("%s does not show %q: %s", name, want, fmt.Sprint(all[name].Texts))
		}
	}
}
