package diag

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// inDump is findings about objects that stand in one line of a dump from a cluster.
func inDump() List {
	db := &Object{Kind: "NetworkPolicy", Namespace: "shop", Name: "db"}
	at := Pos{File: "-", Line: 1, Object: db, Field: "spec.ingress[0].from[1]"}
	var l List
	l.Warnf(OpenToAll, at, "too wide").WithHelp("write `from`").
		WithRelated(Pos{File: "-", Line: 1, Object: &Object{Kind: "NetworkPolicy", Namespace: "shop", Name: "db"}, Field: "spec.ingress[1]"}, "the rule").
		WithRelated(Pos{File: "-", Line: 1, Object: &Object{Kind: "Pod", Namespace: "shop", Name: "web"}}, "Pod `web`").
		WithRelated(Pos{File: "-", Line: 1, Object: &Object{Kind: "Pod", Namespace: "b", Name: "web"}}, "Pod `web`").
		WithRelated(Pos{File: "-", Line: 1, Object: &Object{Kind: "Pod", Name: "api"}, Field: "spec"}, "its pods")
	other := at
	other.Object = &Object{Kind: "NetworkPolicy", Namespace: "shop", Name: "cache"}
	l.Warnf(OpenToAll, other, "too wide")
	return l
}

// Every format says which object a finding is about, and findings of two objects at one line are two.
func TestObject(t *testing.T) {
	const text = "-:1: warning: too wide (NetworkPolicy shop/cache: spec.ingress[0].from[1]) [open-to-all]\n" +
		"-:1: warning: too wide (NetworkPolicy shop/db: spec.ingress[0].from[1]) [open-to-all]\n" +
		"  help: write `from`\n" +
		"  -:1: the rule (spec.ingress[1])\n" +
		"  -:1: Pod `web`\n" +
		"  -:1: Pod `web` (namespace b)\n" +
		"  -:1: its pods (Pod api: spec)\n"
	if diff := cmp.Diff(text, write(t, inDump(), Text, Options{})); diff != "" {
		t.Error(diff)
	}
	for _, f := range []Format{GitHub, SARIF, GitLab} {
		got := write(t, inDump(), f, Options{})
		for _, want := range []string{"too wide (NetworkPolicy shop/cache: spec.ingress[0].from[1])", "too wide (NetworkPolicy shop/db: spec.ingress[0].from[1])"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s lacks `%s`: %s", f, want, got)
			}
		}
	}
	logical := readSARIF(t, write(t, inDump(), SARIF, Options{})).Results[1].Locations[0].LogicalLocations
	if len(logical) != 1 || *logical[0].FullyQualifiedName != "NetworkPolicy shop/db: spec.ingress[0].from[1]" || *logical[0].Kind != "property" {
		t.Errorf("logical locations %v", logical)
	}
	var got struct {
		Findings []struct {
			Object  Object
			Field   string
			Related []struct {
				Object Object
				Field  string
			}
		}
	}
	if err := json.Unmarshal([]byte(write(t, inDump(), JSON, Options{})), &got); err != nil {
		t.Fatal(err)
	}
	if f := got.Findings[1]; f.Object != (Object{"NetworkPolicy", "shop", "db"}) || f.Field != "spec.ingress[0].from[1]" || f.Related[3].Object != (Object{"Pod", "", "api"}) {
		t.Errorf("json has %v", f)
	}
}

// GitLab compares findings of branches by object; a rule more in front of one is no new finding.
func TestObjectFingerprint(t *testing.T) {
	of := func(change func(*Pos)) string {
		l := inDump()[:1]
		change(&l[0].Pos)
		_, rest, _ := strings.Cut(write(t, l, GitLab, Options{}), `"fingerprint": "`)
		fingerprint, _, _ := strings.Cut(rest, `"`)
		return fingerprint
	}
	same := of(func(*Pos) {})
	if got := of(func(p *Pos) { p.Field, p.Line = "spec.ingress[1].from[1]", 7 }); got != same {
		t.Error("a finding that moved is a new one")
	}
	if got := of(func(p *Pos) { p.Object = &Object{Kind: "NetworkPolicy", Namespace: "shop", Name: "cache"} }); got == same {
		t.Error("findings of two objects are one")
	}
}

func TestFieldPath(t *testing.T) {
	for want, path := range map[string][]any{
		"":                        nil,
		"spec.egress[0].to[1]":    {"spec", "egress", 0, "to", 1},
		"[2].a":                   {2, "a"},
		`a["app.k8s.io/name"].b`:  {"a", "app.k8s.io/name", "b"},
		`a["x\ny"]["k8s-app"][0]`: {"a", "x\ny", "k8s-app", 0},
	} {
		if got := FieldPath(path); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
