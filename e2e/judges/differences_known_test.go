package judges

import (
	"bytes"
	"testing"

	"sigs.k8s.io/yaml"
)

// worldOf reads the short policies of a table.
func worldOf(t *testing.T, policies string) *world {
	t.Helper()
	w := &world{}
	for _, doc := range bytes.Split([]byte(policies), []byte("\n---\n")) {
		var p tree
		if err := yaml.Unmarshal(doc, &p); err != nil {
			t.Fatal(err)
		}
		p["apiVersion"], p["kind"] = "networking.k8s.io/v1", "NetworkPolicy"
		w.policies = append(w.policies, p)
	}
	return w
}

// TestKnownDifferences shows every known difference on its least example: the engine that has it answers otherwise than
// the API, that rewriting alone explains it, and no engine answers so that the table does not name.
func TestKnownDifferences(t *testing.T) {
	for _, d := range knownDifferences() {
		t.Run(d.engine+" "+d.name, func(t *testing.T) {
			w := worldOf(t, d.policies)
			w.pods = d.pods
			if d.reason == "" || d.source == "" {
				t.Error("no reason or no source")
			}
			api := answerOf(t, w, d.probe)
			if explained := answerOf(t, w, d.probe, d); explained == api {
				t.Errorf("the rewriting changes nothing: %s", word(api))
			}
			for _, e := range Engines() {
				got, want := judgeOf(t, w, e, d.probe), api
				if has(e.Name, d.name) {
					want = !api
				}
				if got != want {
					t.Errorf("%s says %s, expected %s", e.Name, word(got), word(want))
				}
			}
			t.Logf("%s, %s: the API says %s; %s (%s)", d.engine, d.name, word(api), d.reason, d.source)
		})
	}
}

func has(engine, name string) bool {
	for _, d := range differencesOf(engine) {
		if d.name == name {
			return true
		}
	}
	return false
}

func answerOf(t *testing.T, w *world, p Probe, differences ...difference) bool {
	t.Helper()
	witness, err := w.witness(differences...)
	if err != nil {
		t.Fatal(err)
	}
	return witness.allowed(p)
}

func judgeOf(t *testing.T, w *world, e Engine, p Probe) bool {
	t.Helper()
	cluster, err := w.cluster()
	if err != nil {
		t.Fatal(err)
	}
	judge, err := e.New(cluster)
	if err != nil {
		t.Fatal(err)
	}
	out, err := judge.Allowed(p)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
