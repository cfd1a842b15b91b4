package judges

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/load"
)

// TestCiliumMutations changes the YAML that npgen wrote for Cilium, field by field, over the examples and over random
// packages. Whenever Cilium's engine sees another flow, request or question of DNS, the proof must refuse.
func TestCiliumMutations(t *testing.T) {
	const packages, places = 50, 24
	byKind := map[string]*tally{}
	for _, dir := range exampleDirs(t) {
		result, err := gen.Build(load.Env{Dir: dir}, []string{"."})
		if err != nil {
			t.Fatal(err)
		}
		if result.Graph != nil && result.Graph.Target() == graph.Cilium {
			mutateCilium(t, filepath.Base(dir), result, 4*places**scale, byKind)
		}
	}
	for i := range uint64(packages * *scale) {
		talk := randomCilium(*seed<<32 + i)
		if result := build(t, talk.cue()); result.Findings.Count(diag.Error) == 0 && len(result.Cilium) > 0 {
			mutateCilium(t, talk.cue(), result, places, byKind)
		}
	}
	total := &tally{}
	for _, kind := range sorted(byKind) {
		n := byKind[kind]
		t.Logf("cilium mutations, %s: %s", kind, n)
		total.made, total.seen, total.caught, total.strict = total.made+n.made, total.seen+n.seen, total.caught+n.caught, total.strict+n.strict
	}
	t.Logf("cilium mutations, all %d kinds: %s", len(byKind), total)
	if total.seen < 300 {
		t.Errorf("the engine sees only %d of the changes", total.seen)
	}
}

// change is one place of a document and what is done to it.
type ciliumChange struct {
	kind string
	do   func()
}

// ciliumChanges returns every change of a document that it knows, each of which is to be done alone.
func ciliumChanges(doc tree) []ciliumChange {
	var out []ciliumChange
	add := func(kind string, do func()) { out = append(out, ciliumChange{kind, do}) }
	spec, _ := doc["spec"].(tree)
	for _, d := range []string{"ingress", "egress"} {
		if list, ok := spec[d].([]any); ok {
			add("no rules at all", func() { delete(spec, d) })
			add("an empty list of rules", func() { spec[d] = []any{} })
			add("a rule for everyone", func() {
				spec[d] = append(list, tree{map[string]string{"ingress": "fromEntities", "egress": "toEntities"}[d]: []any{"all"}})
			})
			add("allow becomes deny", func() { spec[d+"Deny"], spec[d] = list, []any{tree{}} })
			add("no default deny", func() { spec["enableDefaultDeny"] = tree{d: false} })
		}
	}
	add("every pod", func() { spec["endpointSelector"] = tree{} })
	var walk func(v any, path string)
	walk = func(v any, path string) {
		switch v := v.(type) {
		case tree:
			for _, key := range sorted(v) {
				ciliumFields(v, key, path, add)
				walk(v[key], path+"."+key)
			}
		case []any:
			for _, e := range v {
				walk(e, path)
			}
		}
	}
	walk(spec, "")
	return out
}

// ciliumFields adds the changes of one field.
func ciliumFields(in tree, key, path string, add func(string, func())) {
	switch v := in[key].(type) {
	case []any:
		for i := range v {
			add("drop of "+key, func() {
				if rest := slices.Delete(slices.Clone(v), i, i+1); len(rest) > 0 || key == "ingress" || key == "egress" {
					in[key] = rest
				} else {
					delete(in, key)
				}
			})
		}
		if strings.HasSuffix(key, "Entities") {
			for _, entity := range []string{"world", "cluster", "host", "all"} {
				add("entity "+entity, func() { in[key] = []any{entity} })
			}
		}
		if strings.HasSuffix(key, "Endpoints") {
			add("empty list of endpoints", func() { in[key] = []any{} })
			add("any endpoint", func() { in[key] = []any{tree{}} })
		}
	case tree:
		if key == "rules" {
			add("no rules for requests", func() { delete(in, key) })
		}
		if key == "matchLabels" {
			add("no labels", func() { delete(in, key) })
		}
	case string:
		switch {
		case key == "port":
			for _, to := range []string{"0", "1", "81"} {
				add("port "+to, func() { in[key] = to })
			}
		case key == "protocol":
			for _, to := range []string{"TCP", "UDP", "SCTP", "ANY"} {
				add("protocol "+to, func() { in[key] = to })
			}
		case key == "cidr":
			add("all addresses", func() { in[key] = "0.0.0.0/0" })
		case key == "path" || key == "method":
			add("any "+key, func() { delete(in, key) })
			add(key+" without escaping", func() { in[key] = strings.ReplaceAll(v, `\`, "") })
			add(key+" with more", func() { in[key] = v + ".*" })
			add(key+" without a query", func() { in[key] = strings.TrimSuffix(v, `(\?.*)?`) })
			add(key+" of another letter", func() { in[key] = v + "x" })
			add(key+" in any case", func() { in[key] = "(?i)" + v })
		case key == "matchName":
			add("a pattern for a name", func() { delete(in, key); in["matchPattern"] = "**." + v })
			add("another name", func() { in[key] = "x" + v })
		case key == "matchPattern":
			add("one level for all", func() { in[key] = strings.TrimPrefix(v, "*") })
			add("all levels for one", func() { in[key] = "*" + v })
		case key == "value" && strings.HasSuffix(path, "headerMatches"):
			add("header without a value", func() { delete(in, key) })
			add("header with another value", func() { in[key] = v + "x" })
		case strings.HasSuffix(path, "matchLabels"):
			add("no label", func() { delete(in, key) })
			add("another value", func() { in[key] = v + "x" })
		case key == "operator":
			add("another operator", func() {
				in[key] = map[string]string{"In": "NotIn", "NotIn": "In", "Exists": "DoesNotExist", "DoesNotExist": "Exists"}[v]
			})
		}
	case float64, int64, int:
		if key == "endPort" {
			add("no end", func() { delete(in, key) })
			add("a later end", func() { in[key] = 65535 })
		}
	}
}

func mutateCilium(t *testing.T, name string, result *gen.Result, places int, byKind map[string]*tally) {
	t.Helper()
	r := rand.New(rand.NewPCG(*seed, uint64(len(name))))
	b := newCiliumBench(t, result, r.Uint64(), r.IntN(2) == 0)
	if refusesCilium(result, b.stream) {
		t.Fatalf("the proof refuses npgen's own output\n%s", name)
	}
	docs, err := documents(b.stream)
	if err != nil {
		t.Fatal(err)
	}
	probes := slices.Concat(b.world.probes(r, 200), aimed(t, b.world, r), aimed(t, b.world, r), b.special(r, 60))
	before := b.answers(t, b.judge, probes)
	type place struct{ doc, change int }
	var all []place
	for i := range docs {
		for j := range ciliumChanges(copied(t, docs[i])) {
			all = append(all, place{i, j})
		}
	}
	for _, n := range r.Perm(len(all))[:min(len(all), places)] {
		at := all[n]
		changed := copied(t, docs[at.doc])
		change := ciliumChanges(changed)[at.change]
		change.do()
		stream := streamOf(t, docs, at.doc, changed)
		refused := refusesCilium(result, stream)
		count := byKind[change.kind]
		if count == nil {
			count = &tally{}
			byKind[change.kind] = count
		}
		count.made++
		seen := ""
		if judge, err := b.judgeOf(stream); err != nil {
			seen = "Cilium refuses it and enforces nothing: " + err.Error()
		} else if i := firstDifference(before, b.answers(t, judge, probes)); i >= 0 {
			seen = b.world.show(probes[i])
		}
		switch {
		case seen == "" && refused:
			count.strict++
		case seen != "" && refused:
			count.seen, count.caught = count.seen+1, count.caught+1
		case seen != "":
			count.seen++
			t.Errorf("%s: the proof holds, and Cilium sees another flow: %s\n%s\n%s", change.kind, seen, name, stream)
		}
	}
}

func firstDifference(a, b []string) int {
	for i := range a {
		if a[i] != b[i] {
			return i
		}
	}
	return -1
}

// answers is all that the engine says of each probe.
func (b *ciliumBench) answers(t *testing.T, j *ciliumObjects, probes []Probe) []string {
	t.Helper()
	out := make([]string, len(probes))
	for i, p := range probes {
		egress, ingress, err := j.Verdicts(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range []Verdict{egress, ingress} {
			out[i] += fmt.Sprintf("%v %v;", v.Open, v.Read && v.dns && !v.whole)
			if v.Read && p.Protocol == "TCP" {
				for _, request := range askedRequests() {
					out[i] += map[bool]string{true: "y", false: "n"}[v.Passes(request)]
				}
			} else if v.Read && !v.dns && !v.whole {
				out[i] += "nothing"
			}
		}
	}
	return out
}

func refusesCilium(result *gen.Result, stream []byte) bool {
	proof, err := result.Prove(stream)
	return err != nil || len(proof.Differences) > 0
}

func copied(t *testing.T, doc tree) tree {
	t.Helper()
	data, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	out := tree{}
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func streamOf(t *testing.T, docs []tree, at int, changed tree) []byte {
	t.Helper()
	all := slices.Clone(docs)
	all[at] = changed
	var parts [][]byte
	for _, doc := range all {
		data, err := yaml.Marshal(maps.Clone(doc))
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, data)
	}
	return bytes.Join(parts, []byte("---\n"))
}
