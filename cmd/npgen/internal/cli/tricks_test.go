package cli

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// trick is a stream with a NetworkPolicy `open` that opens the namespace `shop` to everyone. The table is
// testdata/tricks.json; e2e/server holds a real API server to the same one.
type trick struct {
	Name, Text string
	Bytes      []byte
	// Applied is set where `kubectl apply` gives the policy to the API server, and that takes it.
	Applied bool
	// Named is set where npgen names what it left out.
	Named bool
}

func tricks(t *testing.T) []trick {
	t.Helper()
	data, err := os.ReadFile("../../../../testdata/tricks.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []trick
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	for i := range all {
		all[i].Text = cmp.Or(all[i].Text, string(all[i].Bytes))
	}
	return all
}

// deny is the base that each trick changes: nobody reaches the pods of shop.
const deny = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny, namespace: shop}\nspec: {podSelector: {}, policyTypes: [Ingress]}\n"

// TestTricks holds that a change which opens something cannot hide it: `npgen diff` shows the flow, or ends with 2 and
// names the document. What kubectl refuses is no flow that opens.
func TestTricks(t *testing.T) {
	for _, trick := range tricks(t) {
		t.Run(trick.Name, func(t *testing.T) {
			base, change := folder(t, deny, ""), folder(t, deny, trick.Text)
			status, out, errs := run(t, "diff", base, change)
			opens := strings.Contains(out, "-> shop/*:")
			switch {
			case trick.Named:
				if status != statusTrouble || !strings.Contains(errs, "open.yaml:") || !strings.Contains(errs, "not all of the input is counted") {
					t.Errorf("exit status %d, %s%s", status, out, errs)
				}
			case status != map[bool]int{true: statusFinding, false: statusFine}[trick.Applied]:
				t.Errorf("exit status %d, %s%s", status, out, errs)
			}
			if trick.Name == "YAML behind JSON objects" && opens {
				t.Errorf("kubectl refuses it: %s", out)
			}
			if !trick.Named && opens != trick.Applied {
				t.Errorf("opens: %v, not %v\n%s%s", opens, trick.Applied, out, errs)
			}
			// The other way round nothing that kubectl refuses may stand for what is there already.
			status, out, errs = run(t, "diff", change, folder(t, deny, tricks(t)[0].Text))
			if shows := strings.Contains(out, "opened:"); !shows && status != statusTrouble && !trick.Applied {
				t.Errorf("a real policy in the place of it: exit status %d, %s%s", status, out, errs)
			}
		})
	}
}

// folder writes a folder with the base and a file beside it.
func folder(t *testing.T, base, beside string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"deny.yaml": base, "open.yaml": beside} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run runs a command as a user would.
func run(t *testing.T, args ...string) (status int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = Main(args, strings.NewReader(""), &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}
