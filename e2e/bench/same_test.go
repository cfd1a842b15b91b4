package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/e2e/tool"
)

// TestSame holds the programs that are compared to the same work: a ratio between two that do different things is none.
func TestSame(t *testing.T) {
	tool.Watch(t)
	h := &harness{dir: t.TempDir(), talk: t.Logf}
	if err := h.setUp(tool.Root(t)); err != nil {
		t.Fatal(err)
	}
	for _, grouping := range groupings {
		t.Run("generators "+grouping, func(t *testing.T) { sameGenerators(t, h, grouping) })
		t.Run("shapes "+grouping, func(t *testing.T) { sameShapes(t, h, grouping) })
	}
	t.Run("stages", func(t *testing.T) { sameStages(t, h) })
	t.Run("pairs", func(t *testing.T) { samePairs(t, h) })
	t.Run("fleets", func(t *testing.T) { sameFleets(t, h) })
}

// sameGenerators compares, object by object, what helm and cue write with what npgen writes, at the measured size.
func sameGenerators(t *testing.T, h *harness, grouping string) {
	commands, err := h.rivals(size{workloads: 1000, edges: 5000}, grouping)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]object{}
	for i, c := range commands {
		got := objects(t, output(t, c))
		if i == 0 {
			want = got
			if len(want) < 2000 {
				t.Fatalf("npgen writes %d objects", len(want))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s writes other policies than npgen (-npgen +other):\n%.4000s", c.name, diff)
		}
	}
}

// sameShapes compares what npgen writes for the shapes of one fleet.
func sameShapes(t *testing.T, h *harness, grouping string) {
	var want map[string]object
	for _, sh := range shapes() {
		dir, err := h.fleet(size{workloads: 300, edges: 1500}, sh.name, grouping)
		if err != nil {
			t.Fatal(err)
		}
		got := objects(t, output(t, h.program("npgen", dir, "build", "-q", "./...")))
		if want == nil {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s gives other policies (-one +this):\n%.4000s", sh.name, diff)
		}
	}
}

// sameStages compares the output of the program whose stages are measured with that of npgen, byte by byte, and holds
// it to the stages that the tables have columns for.
func sameStages(t *testing.T, h *harness) {
	for _, sh := range shapes() {
		dir, err := h.fleet(size{workloads: 300, edges: 1500}, sh.name, "workload")
		if err != nil {
			t.Fatal(err)
		}
		want := output(t, h.program("npgen", dir, "build", "-q", "./..."))
		for proof, stages := range map[string]string{
			"-proof=false": "load check policies yaml", "-proof": "load check policies yaml read back proof",
		} {
			c := h.program("stages", dir, proof, "./...")
			if !bytes.Equal(output(t, c), want) {
				t.Errorf("%s, %s: the stages write other bytes than npgen", sh.name, proof)
			}
			f, err := c.measure()
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(f.order, " "); got != stages {
				t.Errorf("%s: the stages are `%s`, want `%s`", proof, got, stages)
			}
		}
	}
}

// samePairs compares the listing with the answers of the engines, for every pair of pods and every declared port.
func samePairs(t *testing.T, h *harness) {
	s := size{workloads: 100, edges: 500}
	commands, err := h.asked(s, engines()...)
	if err != nil {
		t.Fatal(err)
	}
	want := listed(t, h, s, output(t, commands[0]))
	if len(want) < s.edges/2 {
		t.Fatalf("npgen lists %d flows", len(want))
	}
	for _, c := range commands[1:] {
		got := strings.Split(strings.TrimSpace(string(output(t, c))), "\n")
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s says otherwise (-npgen +engine):\n%.4000s", strings.Join(c.args, " "), diff)
		}
	}
}

// listed returns the flows between workloads of a listing, on ports that the target declares, in the words of the
// program pairs.
func listed(t *testing.T, h *harness, s size, listing []byte) []string {
	t.Helper()
	data, err := h.fleet(s, "data", "workload")
	if err != nil {
		t.Fatal(err)
	}
	var fleet struct {
		Pods map[string]struct {
			Namespace string
			Labels    map[string]string
			Ports     []struct {
				Port     int
				Protocol string
			}
		}
	}
	decode(t, []byte(tool.Read(t, filepath.Join(data, "data.json"))), &fleet)
	var list struct {
		Flows []struct {
			FromSet, ToSet podSet
			Ports          []string
		}
	}
	decode(t, listing, &list)
	var out []string
	for _, flow := range list.Flows {
		var from []string
		for name, p := range fleet.Pods {
			if len(p.Labels) > 0 && flow.FromSet.has(t, p.Namespace, p.Labels) { // others are whole namespaces
				from = append(from, name)
			}
		}
		for to, q := range fleet.Pods {
			if len(from) == 0 || len(q.Labels) == 0 || !flow.ToSet.has(t, q.Namespace, q.Labels) {
				continue
			}
			for _, p := range q.Ports {
				text := fmt.Sprint(p.Port)
				if p.Protocol != "TCP" {
					text += "/" + strings.ToLower(p.Protocol)
				}
				if !slices.Contains(flow.Ports, text) && !slices.Contains(flow.Ports, "*") {
					continue
				}
				for _, name := range from {
					if name != to {
						out = append(out, fmt.Sprintf("%s %s %d/%s", name, to, p.Port, p.Protocol))
					}
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// podSet is an end of a row as `npgen list --format json` gives it: pods of any selection, without those of others.
type podSet struct{ Pods, Except []podSelection }

type podSelection struct {
	NamespaceSelector, PodSelector *metav1.LabelSelector
}

// has reports whether the set has a pod, of whose namespace no more is known than its name.
func (s podSet) has(t *testing.T, namespace string, pod map[string]string) bool {
	t.Helper()
	in := func(x podSelection) bool {
		return selects(t, x.NamespaceSelector, map[string]string{corev1.LabelMetadataName: namespace}) && selects(t, x.PodSelector, pod)
	}
	return slices.ContainsFunc(s.Pods, in) && !slices.ContainsFunc(s.Except, in)
}

func selects(t *testing.T, s *metav1.LabelSelector, set map[string]string) bool {
	t.Helper()
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		t.Fatal(err)
	}
	return selector.Matches(labels.Set(set))
}

func decode(t *testing.T, data []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

// object is what a policy says: the pods, the directions, and each peer with each port.
type object struct {
	Selector string
	Types    []networkingv1.PolicyType
	Open     map[string]bool
}

// objects reads a stream as sigs.k8s.io/yaml does; annotations, labels and the grouping of peers into rules count for
// nothing.
func objects(t *testing.T, stream []byte) map[string]object {
	t.Helper()
	out := map[string]object{}
	for doc := range strings.SplitSeq("\n"+string(stream), "\n---\n") {
		if strings.TrimSpace(doc) == "" {
			continue
		}
		var p networkingv1.NetworkPolicy
		if err := yaml.UnmarshalStrict([]byte(doc), &p); err != nil {
			t.Fatalf("%v\n%s", err, doc)
		}
		if p.Kind != "NetworkPolicy" || p.APIVersion != "networking.k8s.io/v1" {
			t.Fatalf("no policy:\n%s", doc)
		}
		o := object{Selector: text(t, p.Spec.PodSelector), Types: p.Spec.PolicyTypes, Open: map[string]bool{}}
		for _, r := range p.Spec.Ingress {
			o.add(t, "from", r.From, r.Ports)
		}
		for _, r := range p.Spec.Egress {
			o.add(t, "to", r.To, r.Ports)
		}
		name := p.Namespace + "/" + p.Name
		if _, twice := out[name]; twice {
			t.Fatalf("two objects `%s`", name)
		}
		out[name] = o
	}
	return out
}

// add adds each peer of a rule with each of its ports. An empty list would mean everything, which no fleet opens.
func (o *object) add(t *testing.T, direction string, peers []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort) {
	t.Helper()
	if len(peers) == 0 || len(ports) == 0 {
		t.Fatalf("a rule opens everything: %v %v", peers, ports)
	}
	for _, peer := range peers {
		for _, port := range ports {
			o.Open[direction+" "+text(t, peer)+" "+text(t, port)] = true
		}
	}
}

func text(t *testing.T, x any) string {
	t.Helper()
	data, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func output(t *testing.T, c command) []byte {
	t.Helper()
	out, err := c.output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestPage holds the page to the harness: it has a place for each table, and the commands that it names exist.
func TestPage(t *testing.T) {
	file := filepath.Join(tool.Root(t), "docs", "performance.md")
	page := tool.Read(t, file)
	_, commands, found := strings.Cut(page, beginMark("targets"))
	if !found {
		t.Fatalf("%s has no targets", file)
	}
	commands, _, _ = strings.Cut(commands, endMark("targets"))
	for line := range strings.Lines(commands) {
		_, name, found := strings.Cut(line, "`make bench ONLY=")
		name, _, _ = strings.Cut(name, "`")
		if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| Target") && !strings.HasPrefix(line, "| ---") && (!found || !slices.Contains(names(), name)) {
			t.Errorf("no comparison gives this target: %s", line)
		}
	}
	copied := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(copied, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	r := &report{}
	for _, name := range []string{"machine", "targets", "whole", "stages", "memory", "growth", "generators", "start", "list", "pairs", "base", "statements", "statements-growth", "reading"} {
		r.add(name, "new "+name+"\n")
	}
	if err := r.writeTo(copied); err != nil {
		t.Error(err)
	}
	if got := tool.Read(t, copied); strings.Count(got, "new ") < len(r.parts) || strings.Contains(got, "| 1,500 / 9,300 |") {
		t.Errorf("a table of the page is not written anew:\n%s", got)
	}
}
