package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// evil is text that tries everything at once: a colour, a title of the window, line ends of three kinds, commands of
// GitHub, Azure and GitLab, 8-bit CSI and NEL, changes of direction, and Markdown that would be a row, a mention, HTML.
const evil = "\x1b[31m\x1b]0;t\a\n::error::x\r\n##[error]y\r##vso[z]\nsection_start:1:a\r\x1b[0K\u009b2J\u0085\u202e\u2066\u2069\u2028| a |`@b` <img src=x>"

// evilName is as much of it as the name of a file can have, as the start of a line.
const evilName = "::error::x\x1b[31m\n##[error]y\r\u009b2J\u202e\u2066.yaml"

// evilFiles is packages, policies and manifests in which each place that takes text has some of it.
func evilFiles() map[string]string {
	q := strconv.QuoteToASCII
	cue := func(s string) string { return `"` + strings.Trim(strings.ReplaceAll(q(s), `\x`, `\u00`), `"`) + `"` }
	deployment := `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, annotations: {a: "::error::a ##[error]b"}}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: NAME, image: "a::b", ports: [{name: NAME, containerPort: 80}]}]}}}
`
	named := func(name string) string { return strings.ReplaceAll(deployment, "NAME", name) }
	policy := func(metadata, spec string) string {
		return "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {" + metadata + "}\nspec: {" + spec + "}\n"
	}
	fine := policy("name: web, namespace: shop, annotations: {a: \"::error::a ##[error]b @c\"}", "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {}}], ports: [{port: 80}]}]")
	return map[string]string{
		"good/policy.cue": "package policy\n\nnamespace: \"shop\"\nworkloads: {web: {}, api: ports: http: 80}\nallow: [{from: \"web\", to: \"api\", why: " + cue("::error::a\u202eb ##[error]c") + "}]\ntests: {deny: [\"web -> api\"]}\n",
		"names/policy.cue": "package policy\n\nnamespace: " + cue(evil) + "\nworkloads: {web: labels: (" + cue(evil) + "): " + cue(evil) + "}\nallow: [" + cue(evil) + ", " + cue("web -> "+evil) + "]\n" +
			"why: " + cue(evil) + "\noutput: annotations: (" + cue(evil) + "): " + cue(evil) + "\n",
		"fields/policy.cue":           "package policy\n\nnamespace: \"shop\"\n(" + cue(evil) + "): 1\nworkloads: (" + cue(evil) + "): {}\nallow: [{edge: \"web -> \" + 1}]\n",
		"syntax/" + evilName + ".cue": "package policy\n\nnamespace: \"" + evil + "\nallow: [\n",
		"import/policy.cue":           "package policy\n\nimport " + cue("example.com/a::error::") + "\n\nnamespace: \"shop\"\n",
		"fine/" + evilName:            fine + "---\n" + named("web"),
		"odd/" + evilName: policy("name: "+q(evil)+", namespace: "+q(evil)+", labels: {"+q(evil)+": "+q(evil)+"}", "podSelector: {matchLabels: {"+q(evil)+": "+q(evil)+"}}") + "---\n" +
			policy("name: a, namespace: shop", "podSelector: {}, ingress: [{from: [{ipBlock: {cidr: "+q(evil)+"}}], ports: [{port: "+q(evil)+", protocol: "+q(evil)+"}]}]") + "---\n" +
			policy("name: a, namespace: shop", q(evil)+": 1, podSelector: {}, policyTypes: ["+q(evil)+"]") + "---\n" +
			"apiVersion: " + q(evil) + "\nkind: " + q(evil) + "\nmetadata: {name: " + q(evil) + "}\n---\n" + named(q(evil)),
		"broken/" + evilName:      "kind: NetworkPolicy\n  a: \"" + evil + "\n- b",
		"selector/p.yaml":         policy("name: a, namespace: shop", "podSelector: {matchExpressions: [{key: "+q(evil)+", operator: "+q(evil)+", values: ["+q(evil)+"]}]}"),
		"list.json":               `{"apiVersion":"v1","kind":"List","items":[{"apiVersion":` + jsonOf(evil) + `,"kind":` + jsonOf(evil) + `,"metadata":{"name":` + jsonOf(evil) + `}}]}`,
		"foreign/shop/allow.yaml": evil,
		"krm.yaml":                "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig: {apiVersion: npgen.dev/v1alpha1, kind: PolicyPackage, metadata: {name: a}, spec: {paths: [names], " + q(evil) + ": 1}}\nitems: []\n",
		"krm2.yaml":               "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig: {apiVersion: npgen.dev/v1alpha1, kind: PolicyPackage, metadata: {name: a}, spec: {paths: [names]}}\nitems: []\n",
		"krm3.yaml":               "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig: {apiVersion: npgen.dev/v1alpha1, kind: PolicyPackage, metadata: {name: a}, spec: {paths: [" + q(evil) + "]}}\nitems: []\n",
	}
}

func jsonOf(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.String() + `"`
}

// command is what the runner of a CI job acts on.
var command = regexp.MustCompile(`(?m)^\s*(::|section_(start|end):)|##(vso|teamcity)?\[`)

// annotation is the one command that npgen means.
var annotation = regexp.MustCompile(`(?m)^::(error|warning|notice) (file=[^:,\n]*,)?(line=[0-9]+,)?(col=[0-9]+,)?title=npgen [a-z-]+::`)

// checkRaw reports what of a stream a terminal or the runner of a job would act on. Tabs stand in files that are shown.
func checkRaw(t *testing.T, stream, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("%s is not UTF-8: %q", stream, text)
	}
	for _, r := range text {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			t.Errorf("%s has %U: %q", stream, r, text)
			break
		}
	}
	if found := command.FindString(annotation.ReplaceAllString(text, "")); found != "" {
		t.Errorf("%s has a command, %q: %q", stream, found, text)
	}
}

// said checks both streams of a command. Policies on standard output are data, in which YAML has its own escapes: only
// what they quote of messages is looked at as the rest.
func said(t *testing.T, name string, args []string, stdout, stderr string) {
	t.Helper()
	checkRaw(t, name+": standard error", stderr)
	_, results, _ := strings.Cut(stdout, "\nresults:\n")
	switch {
	case args[0] == "krm":
		checkRaw(t, name+": results", results)
	case args[0] != "build" || slices.Contains(args, "--check"):
		checkRaw(t, name+": standard output", stdout)
	}
	for _, r := range stdout {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			t.Errorf("%s: standard output has %U: %q", name, r, stdout)
			break
		}
	}
}

// drifted builds a folder and adds lines to what npgen wrote there.
func drifted(t *testing.T) {
	t.Helper()
	if status := Main([]string{"build", "good", "-o", "out"}, nil, io.Discard, io.Discard); status != statusFine {
		t.Fatal("the package does not build")
	}
	path := filepath.Join("out", "shop", "allow.yaml")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(evil, "\n") {
		data = append(data, "# "+line+"\n"+line+"\n"...)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestNothingRaw runs every command over names of files, labels, namespaces, annotations, messages and arguments that
// hold what a terminal or a runner acts on.
func TestNothingRaw(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("HOME", dir)
	for name, text := range evilFiles() {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	drifted(t)
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "a"}} {
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %s", args, out)
		}
	}
	packages := []string{"good", "names", "fields", "syntax", "syntax/" + evilName + ".cue", "import", evil, "./..."}
	manifests := []string{"fine", "fine/" + evilName, "odd", "broken", "selector", "list.json", "foreign", "out", evil}
	sides := append(packages, manifests...)
	var runs [][]string
	add := func(args ...string) { runs = append(runs, args) }
	for _, p := range packages {
		for _, format := range []string{"text", "json", "github", "sarif", "gitlab", evil} {
			add("vet", p, "--format", format)
		}
		add("vet", p, "--manifests", "odd")
		add("vet", "good", "--manifests", p)
		add("test", p)
		add("build", p)
		add("build", p, "-o", "out", "--check")
		add("build", p, "-o", "foreign", "--check")
		add("build", p, "-o", evil, "--check")
		add("build", p, "-o", "made\n"+evilName)
		add("build", p, "-o", evilName, "--adopt", "--exit-code")
	}
	for _, p := range sides {
		for _, format := range []string{"text", "json", "csv", "md", evil} {
			add("list", p, "--all", "--format", format)
		}
		for _, format := range []string{"text", "json", "md", evil} {
			add("diff", p, "fine", "--format", format)
			add("diff", "fine", p, "--all", "--format", format)
			add("diff", "git:HEAD", p, "--format", format)
			add("diff", "good", p, "--with", "odd", "--format", format)
		}
		for _, format := range []string{"mermaid", "dot", "svg", "html", evil} {
			add("graph", p, "--format", format)
			add("graph", "fine", "--diff", p, "--format", format)
			add("graph", p, "--diff", "git:HEAD", "--focus", evil, "--format", format)
		}
		for _, format := range []string{"text", "json", "sh", evil} {
			add("rollout", p, "fine", "--format", format)
			add("rollout", "fine", p, "--format", format)
		}
		for _, format := range []string{"text", "json", evil} {
			add("explain", p, "--format", format)
			add("explain", p, "web -> "+evil, "--format", format)
			add("explain", p, "shop/web -> shop/api:80", "--format", format)
			add("explain", p, "shop/web -> shop/web", "--format", format)
		}
		for _, format := range []string{"text", "json", "github", "sarif", "gitlab"} {
			add("review", p, "--format", format)
		}
		add("list", p, "--from", evil)
		add("list", p, "-n", evil)
		add("init", "--from", p, "new"+strconv.Itoa(len(runs)))
		add("init", "--from", p, filepath.Join("new"+strconv.Itoa(len(runs)), evilName))
		add("__complete", "list", p, "--from", "")
		add("__complete", "explain", p, "")
	}
	add(evil)
	add("help", evil)
	add("vet", "--"+evil)
	add("version", evil)
	add("completion", evil)
	add("init", evil, evil)
	add("diff", "git:"+evil, "good")
	add("diff", "git:HEAD:"+evil, "good")
	add("explain", "good", "\x1b[31m -> api")
	for _, args := range runs {
		var stdout, stderr bytes.Buffer
		Main(args, strings.NewReader(""), &stdout, &stderr)
		said(t, fmt.Sprintf("%q", args), args, stdout.String(), stderr.String())
	}
	for _, stdin := range []string{"krm.yaml", "krm2.yaml", "krm3.yaml", "list.json", "foreign/shop/allow.yaml"} {
		data, err := os.ReadFile(stdin)
		if err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"krm"}, {"review", "-"}, {"list", "-"}, {"graph", "-"}, {"vet", "-"}} {
			var stdout, stderr bytes.Buffer
			Main(args, bytes.NewReader(data), &stdout, &stderr)
			said(t, fmt.Sprintf("%s %q", stdin, args), args, stdout.String(), stderr.String())
		}
	}
}
