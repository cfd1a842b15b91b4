package inventory

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/diag"
)

// summary is what an inventory holds, a line for each object.
func summary(inv *Inventory) []string {
	var out []string
	for _, w := range inv.Workloads {
		s := fmt.Sprintf("%s: %s %s/%s %v", w.Pos, w.Kind, w.Namespace, w.Name, w.Labels)
		if len(w.Selector) > 0 {
			s += fmt.Sprintf(" by %v", w.Selector)
		}
		for _, p := range w.Ports {
			s += fmt.Sprintf(" %s=%s", p.Name, p.Graph())
		}
		if w.HostNetwork {
			s += " hostNetwork"
		}
		out = append(out, s)
	}
	for _, s := range inv.Services {
		line := fmt.Sprintf("%s: Service %s/%s %s %v", s.Pos, s.Namespace, s.Name, s.Type, s.Selector)
		for _, p := range s.Ports {
			line += fmt.Sprintf(" %s=%d/%s->%d%s", p.Name, p.Number, p.Protocol, p.Target, p.TargetName)
		}
		out = append(out, line)
	}
	for _, n := range inv.Namespaces {
		out = append(out, fmt.Sprintf("%s: Namespace %s %v", n.Pos, n.Name, n.Labels))
	}
	if inv.Skipped > 0 {
		out = append(out, fmt.Sprintf("skipped %d", inv.Skipped))
	}
	if inv.Incomplete {
		out = append(out, "incomplete")
	}
	return out
}

const (
	podSpec  = `{containers: [{name: a}]}`
	template = `template: {metadata: {labels: {app: a}}, spec: {containers: [{name: a}]}}`
)

func TestReadObjects(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string
	}{
		{"empty", "", nil},
		{"only marks", "---\n# nothing\n---\n \n---\n", nil},
		{"not an object", "- a\n---\njust text\n---\n{a: b}\n", []string{"skipped 3"}},
		{"deployment", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: ns}\nspec: {selector: {matchLabels: {app: a}}, " + template + "}", []string{
			"-:1: Deployment ns/a map[app:a] by map[app:a]",
		}},
		{"plain selector", "apiVersion: v1\nkind: ReplicationController\nmetadata: {name: a}\nspec: {selector: {app: a}, " + template + "}", []string{
			"-:1: ReplicationController /a map[app:a] by map[app:a]",
		}},
		{"selector of other pods", "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a}\nspec: {selector: {matchLabels: {app: b}}, " + template + "}", []string{
			"-:1: DaemonSet /a map[app:a]",
		}},
		{"selector by expressions", "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: a}\nspec: {selector: {matchExpressions: [{key: app, operator: Exists}]}, " + template + "}", []string{
			"-:1: ReplicaSet /a map[app:a]",
		}},
		{"pod", "apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-, labels: {x: z}}\nspec: {hostNetwork: true, containers: []}", []string{
			"-:1: Pod /a map[x:z] hostNetwork",
		}},
		{"jobs", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {template: {spec: " + podSpec + "}}\n---\n" +
			"apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: b}\nspec: {jobTemplate: {spec: {" + template + "}}}", []string{
			"-:1: Job /a map[]", "-:6: CronJob /b map[app:a]",
		}},
		{"pod templates of other kinds", "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: a}\nspec: {" + template + "}\n---\n" +
			"apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: b}\nspec: {" + template + "}\n---\n" +
			"apiVersion: x/v1\nkind: Certificate\nspec: {template: {spec: {}}}", []string{
			"-:1: Rollout /a map[app:a]", "-:6: Service /b map[app:a]", "skipped 1",
		}},
		{"kinds that cannot be", "apiVersion: x/v1\nkind: A B\nmetadata: {name: a}\nspec: {" + template + "}\n---\n" +
			"apiVersion: x/v1\nkind: " + strings.Repeat("A", 63) + "\nmetadata: {name: a}\nspec: {" + template + "}", []string{"skipped 2"}},
		{"ports", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  initContainers:\n" +
			"  - {name: i, ports: [{containerPort: 1}]}\n  - {name: j, restartPolicy: Never, ports: [{containerPort: 3}]}\n  - {name: s, restartPolicy: Always, ports: [{containerPort: 2, name: side}]}\n  containers:\n" +
			"  - {name: a, ports: [{containerPort: 80, name: http}, {containerPort: 80, name: http}, {containerPort: 53, protocol: UDP}]}\n" +
			"  - {name: b, ports: [{containerPort: 9, protocol: SCTP}, {containerPort: 70000}, {containerPort: 7, protocol: HTTP}]}", []string{
			"-:1: Pod /a map[] side=2 http=80 =53/udp =9/sctp",
		}},
		{"service", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selector: {app: a}, ports: [{port: 80}, {port: 81, targetPort: http, name: b}, {port: 53, protocol: UDP, targetPort: 5353}, {port: 0}]}", []string{
			"-:1: Service /a ClusterIP map[app:a] =80/tcp->80 b=81/tcp->0http =53/udp->5353",
		}},
		{"namespace", "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {x: z}}", []string{"-:1: Namespace a map[x:z]"}},
		{"list", "# c\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Namespace\n  metadata: {name: a}\n- {apiVersion: v1, kind: Namespace, metadata: {name: b}}\n- {apiVersion: rbac.authorization.k8s.io/v1, kind: Role}", []string{
			"-:5: Namespace a map[]", "-:8: Namespace b map[]", "skipped 1",
		}},
		{"list of one kind", "apiVersion: v1\nkind: NamespaceList\nitems:\n- metadata: {name: a}\n", []string{"-:4: Namespace a map[]"}},
		{"json with tabs", "\n{\n\t\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [\n\t\t{\"apiVersion\": \"v1\", \"kind\": \"Namespace\",\n\t\t\"metadata\": {\"name\": \"a\"}}\n\t]}", []string{
			"-:4: Namespace a map[]",
		}},
		{"marks and line ends", "\ufeff---\r\n# c\r\napiVersion: v1\r\nkind: Namespace\r\nmetadata: {name: a}\r\n...\r\n# c\r\n---\r\n\r\napiVersion: v1\r\nkind: Namespace\r\nmetadata:\r\n  name: b\r\n--- # c\napiVersion: v1\nkind: Namespace\nmetadata: {name: c}\n", []string{
			"-:3: Namespace a map[]", "-:10: Namespace b map[]", "-:15: Namespace c map[]",
		}},
		{"anchors", "apiVersion: v1\nkind: List\nitems:\n- &a {apiVersion: v1, kind: Namespace, metadata: &m {name: a}}\n- *a\n- {apiVersion: v1, kind: Namespace, metadata: {<<: *m, name: b}}", []string{
			"-:4: Namespace a map[]", "-:5: Namespace a map[]", "-:6: Namespace b map[]",
		}},
		{"patch", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: " + podSpec + "}}\n---\n" +
			"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: 2}\n---\n" +
			"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {metadata: {labels: {x: z}}, spec: {containers: []}}}", []string{"skipped 3"}},
		{"made by another", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {" + template + "}\n---\n" +
			"apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: a-1, ownerReferences: [{controller: true, kind: Deployment, name: a, apiVersion: apps/v1, uid: x}]}\nspec: {" + template + "}\n---\n" +
			"apiVersion: v1\nkind: Pod\nmetadata: {name: a-1-2, ownerReferences: [{controller: true, kind: ReplicaSet, name: a-1, apiVersion: apps/v1, uid: x}]}\nspec: " + podSpec + "\n---\n" +
			"apiVersion: v1\nkind: Pod\nmetadata: {name: b, ownerReferences: [{controller: true, kind: Cluster, name: b, apiVersion: x/v1, uid: x}]}\nspec: " + podSpec, []string{
			"-:1: Deployment /a map[app:a]", "-:16: Pod /b map[]",
		}},
		{"keys that are no text", "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, annotations: {1: a, 2.5: b, true: c}}", []string{"-:1: Namespace a map[]"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inv, findings := read(t, tt.in)
			if diff := cmp.Diff(tt.want, summary(inv)); diff != "" {
				t.Errorf("%s\n%s", diff, report(t, findings))
			}
			if inv.Incomplete != (len(findings) > 0) {
				t.Errorf("incomplete %v, findings:\n%s", inv.Incomplete, report(t, findings))
			}
		})
	}
}

func TestReadFindings(t *testing.T) {
	const good = "apiVersion: v1\nkind: Namespace\nmetadata: {name: good}\n"
	tests := []struct{ name, in, want string }{
		{"broken YAML", good + "---\na: b: c\n---\n" + good, "-:5: warning: this is not valid YAML: mapping values are not allowed in this context [manifest-syntax]"},
		{"tab", good + "---\na:\n\tb: c\n", "-:6: warning: this is not valid YAML: found character that cannot start any token [manifest-syntax]"},
		{"behind a marker", good + "---\n# c\n--- {a: b}\n", "-:6: warning: kubectl refuses `--- {a: b}`, as `---` stands alone in its line; it applies neither what is before it nor what is behind [manifest-syntax]"},
		{"dashes before text", good + "---\n---x: 1\n", "-:5: warning: kubectl refuses `---x: 1`, as `---` stands alone in its line; it applies neither what is before it nor what is behind [manifest-syntax]"},
		{"behind the end", good + "...\na: b\n", "-:1: warning: kubectl reads nothing of what stands behind the end of this document [manifest-syntax]"},
		{"directive", good + "---\n%YAML 1.1\n---\n# c\n", "-:5: warning: this is not valid YAML: did not find expected <document start> [manifest-syntax]"},
		{"list in a list", good + "---\napiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: List, items: []}]\n", "-:5: warning: item 1 of the list is a list again, and kubectl applies nothing of it; write its items beside the others [manifest-syntax]"},
		{"not UTF-8", good + "---\na: \xff\n", ""},
		{"template", good + "---\n{{- if .Values.x }}\na: b\n{{- end }}\n---\nc: {{ .x }}: y\n", "-:5: warning: this is a template, not a manifest [manifest-template]"},
		{"template that parses", good + "---\napiVersion: v1\nkind: Service\nmetadata: {name: '{{ .x }}'}\n", "-:7: warning: this is a template, not a manifest [manifest-template]"},
		{"braces in text", good + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: '{{ .x }}'}\n", ""},
		{"placeholder", good + "---\napiVersion: v1\nkind: Service\nmetadata: {name: \"${X}\"}\n", "-:5: warning: this is not a Service as Kubernetes takes it: `${X}` is not a name [manifest-syntax]"},
		{"Service name", good + "---\napiVersion: v1\nkind: Service\nmetadata: {name: a.b}\n", "-:5: warning: this is not a Service as Kubernetes takes it: `a.b` is not the name of a Service [manifest-syntax]"},
		{"no name", "apiVersion: v1\nkind: Namespace\n---\n" + good, "-:1: warning: this is not a Namespace as Kubernetes takes it: `` is not a name [manifest-syntax]"},
		{"namespace", good + "---\napiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: A.B}\n", "-:5: warning: this is not a Pod as Kubernetes takes it: `A.B` is not a namespace (Pod A.B/a) [manifest-syntax]"},
		{"label", good + "---\napiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {x: 'a b'}}\n", "-:5: warning: this is not a Pod as Kubernetes takes it: `x: a b` is not a label (Pod a) [manifest-syntax]"},
		{"selector", good + "---\napiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selector: {'a b': c}}", "-:5: warning: this is not a Service as Kubernetes takes it: `a b: c` is not a label (Service a) [manifest-syntax]"},
		{"type", good + "---\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{ports: [{containerPort: http}]}]}", "-:5: warning: this is not a Pod as Kubernetes reads it: cannot unmarshal string into Go struct field"},
		{"key twice", good + "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  name: b\n", "-:9:3: warning: the key `name` stands twice in a mapping, and the last one counts (Pod b: metadata.name) [manifest-syntax]"},
		{"circle", good + "---\n&a {apiVersion: v1, kind: Pod, metadata: *a}\n", "-:5: warning: this is not valid YAML: anchor 'a' value contains itself"},
		{"kustomization", good + "---\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\nnamePrefix: x-\n", "-:8: info: kustomize changes these manifests (`namePrefix`) before they are applied (Kustomization: namePrefix) [manifest-template]"},
		{"plain kustomization", good + "---\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\nnamePrefix: ''\n", ""},
		{"someone else's kustomization", good + "---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: x}\nspec: {}\nnamespace: y", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inv, findings := read(t, tt.in)
			if len(inv.Namespaces) == 0 || inv.Namespaces[0].Name != "good" {
				t.Errorf("the good document is lost: %v", summary(inv))
			}
			got := ""
			for _, d := range findings {
				got += d.String()
			}
			if !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" || len(findings) > 1 {
				t.Errorf("got  %s\nwant %s", report(t, findings), tt.want)
			}
		})
	}
}

func TestReadPaths(t *testing.T) {
	dir := t.TempDir()
	for name, in := range map[string]string{
		"a.yaml": "a", "sub/b.yml": "b", "sub/deep/c.JSON": "c",
		"sub/.hidden/d.yaml": "d", ".git/HEAD": "", ".git/k.yaml": "k", "e.txt": "e", "sub/f.yaml/g.yaml": "g",
		"overlay/kustomization.yaml": "kustomization",
	} {
		data := "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + in + "}\n"
		if in == "kustomization" {
			data = "namespace: x\n"
		}
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(data), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"sub/link.yaml": filepath.Join(dir, "e.txt"), "sub/dead.yaml": "gone", "linked": "sub"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		paths []string
		want  string
	}{
		{nil, ""},
		{[]string{"a.yaml"}, "a.yaml:1: a"},
		{[]string{"./sub/../a.yaml", "a.yaml"}, "./sub/../a.yaml:1: a"},
		{[]string{"e.txt", "-", "-"}, "e.txt:1: e -:1: in"},
		{[]string{"sub"}, "sub/.hidden/d.yaml:1: d sub/b.yml:1: b sub/deep/c.JSON:1: c sub/f.yaml/g.yaml:1: g sub/link.yaml:1: e"},
		{[]string{"linked/f.yaml", "sub/.hidden"}, "linked/f.yaml/g.yaml:1: g sub/.hidden/d.yaml:1: d"},
		{[]string{".", "a.yaml"}, "a.yaml:1: a sub/.hidden/d.yaml:1: d sub/b.yml:1: b sub/deep/c.JSON:1: c sub/f.yaml/g.yaml:1: g sub/link.yaml:1: e"},
		{[]string{filepath.Join(dir, "a.yaml")}, filepath.Join(dir, "a.yaml") + ":1: a"},
	}
	for _, tt := range tests {
		inv, findings, err := Read(dir, tt.paths, strings.NewReader("apiVersion: v1\nkind: Namespace\nmetadata: {name: in}\n"), budget.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range inv.Namespaces {
			got = append(got, filepath.ToSlash(n.Pos.String())+": "+n.Name)
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%v: %s", tt.paths, diff)
		}
		if hasOverlay := slices.Contains(tt.paths, "."); hasOverlay != (findings.Count(diag.Info) == 1) || inv.Incomplete != hasOverlay {
			t.Errorf("%v: %s", tt.paths, report(t, findings))
		}
	}
}

func TestReadTrouble(t *testing.T) {
	dir := t.TempDir()
	_, _, err := Read(dir, []string{"gone/x.yaml"}, nil, budget.Limits{})
	if !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "gone/x.yaml: ") {
		t.Errorf("missing path: %v", err)
	}
	broken := errors.New("broken pipe")
	if _, _, err := Read(dir, []string{"-"}, failing{broken}, budget.Limits{}); !errors.Is(err, broken) {
		t.Errorf("broken stdin: %v", err)
	}
	if _, _, err := Read(dir, []string{"-"}, nil, budget.Limits{}); err != nil {
		t.Errorf("no stdin: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// What is more than the limits is an error that says which one, and where to raise it.
func TestReadWithinLimits(t *testing.T) {
	var list, aliases strings.Builder
	list.WriteString("apiVersion: v1\nkind: List\nitems:\n")
	aliases.WriteString("a: &b " + strings.Repeat("x", 1000) + "\nc:\n")
	for range 100 {
		list.WriteString("- {apiVersion: v1, kind: Namespace, metadata: {name: n}}\n")
		aliases.WriteString("- *b\n")
	}
	doubled := "a: &a {x: text}\n"
	for c := 'b'; c <= 'z'; c++ {
		doubled += fmt.Sprintf("%c: &%c [*%c, *%c]\n", c, c, c-1, c-1)
	}
	for name, tt := range map[string]struct {
		text   string
		limits budget.Limits
		want   string // the variable that raises the limit; empty where all is well
	}{
		"as large as may be":        {"kind: X\n", budget.Limits{Input: 8}, ""},
		"larger":                    {"kind: X\n", budget.Limits{Input: 7}, budget.InputVariable},
		"objects of a list":         {list.String(), budget.Limits{Objects: 100}, ""},
		"too many":                  {list.String(), budget.Limits{Objects: 99}, budget.ObjectsVariable},
		"documents":                 {"a: 1\n---\nb: 1\n---\nc: 1\n", budget.Limits{Objects: 3}, ""},
		"too many documents":        {"a: 1\n---\nb: 1\n---\nc: 1\n", budget.Limits{Objects: 2}, budget.ObjectsVariable},
		"aliases":                   {aliases.String(), budget.Limits{Input: 110_000}, ""},
		"aliases that are too much": {aliases.String(), budget.Limits{Input: 100_000}, budget.InputVariable},
		"aliases in two documents":  {aliases.String() + "---\n" + aliases.String(), budget.Limits{Input: 110_000}, budget.InputVariable},
		"aliases that double":       {doubled, budget.Limits{}, budget.InputVariable},
	} {
		t.Run(name, func(t *testing.T) {
			// Of a pipe the size is not known before.
			_, _, err := Read("", []string{"-"}, strings.NewReader(tt.text), tt.limits)
			file := filepath.Join(t.TempDir(), "in.yaml")
			if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, _, ofFile := Read("", []string{file}, nil, tt.limits)
			for _, err := range []error{err, ofFile} {
				exceeded, _ := errors.AsType[*budget.ExceededError](err)
				switch {
				case tt.want == "" && err != nil:
					t.Error(err)
				case tt.want != "" && (exceeded == nil || exceeded.Variable != tt.want):
					t.Errorf("got error %v, want one about %s", err, tt.want)
				}
			}
		})
	}
}
