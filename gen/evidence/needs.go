package evidence

import (
	"cmp"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/inventory"
)

// Need says that a workload probably calls the API server.
type Need struct {
	From *inventory.Workload
	// Sure is not set where the account only has a role that the manifests do not show, as many are given too many rights.
	Sure bool
	// ByRole is set where a role alone says so: it gives the right to call, which is not a call.
	ByRole bool
	Says   string
	Pos    func() diag.Pos
}

// Needs returns which workloads probably call the API server, and what says so, once for each thing that does.
func (f *Finder) Needs() []Need {
	rights := map[[2]string][]inventory.Right{}
	for _, r := range f.Rights {
		key := [2]string{r.Namespace, r.Account}
		rights[key] = append(rights[key], r)
	}
	var out []Need
	for _, w := range f.Workloads {
		if !w.NoToken {
			for _, r := range rights[[2]string{w.Namespace, w.Account}] {
				out = append(out, Need{w, r.Shown, true, r.Role, func() diag.Pos { return r.Key() }})
			}
		}
		for _, t := range f.told(w) {
			if t.callsAPI() {
				out = append(out, Need{w, true, false, t.From, t.pos})
			}
		}
	}
	return out
}

// callsAPI reports whether a value makes a program call the API server: an election of a leader takes a lease there.
func (t told) callsAPI() bool {
	if !t.Environment {
		switch flag := strings.TrimLeft(cmp.Or(t.key, t.value), "-"); flag {
		case "leader-elect", "enable-leader-election", "leader-election", "leader-election-id", "leader-election-namespace", "leader-elect-lease-duration":
			return t.value != "false"
		}
	}
	return slices.ContainsFunc(t.mentions(), func(m mention) bool {
		return m.host == inventory.APIService+".default" || strings.HasPrefix(m.host, inventory.APIService+".default.svc")
	})
}
