package statements

import (
	"fmt"
	"iter"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/npgen/npgen/internal/oracle"
	"github.com/npgen/npgen/internal/oracle/random"
)

const (
	importProven = "import: every policy without a port by name is in the package, proven"
	importSame   = "import: what the package builds isolates and allows what the policies do"
	importRefuse = "import: a policy with a port by name that nothing numbers is named"
)

// TestImport holds packages that are made of random policies to the oracle: built, they are the policies again.
func TestImport(t *testing.T) {
	cluster := func(seed uint64) *random.Cluster {
		c := random.Policies(seed)
		c.Pods = nil // so that nothing numbers a port
		if seed%4 > 0 {
			for p := range namedPorts(c.Policies) {
				n := intstr.FromInt32(int32(8000 + len(p.Port.StrVal)))
				p.Port = &n
			}
		}
		return c
	}
	x, count := ofYAML(t, 600, cluster, func(c *random.Cluster, _, path string) ([]string, []wrong, error) {
		return judgeImport(t, t.TempDir(), path, c)
	})
	if least := count / 2; x.made[importSame] < least {
		t.Errorf("only %d packages were held to the oracle", x.made[importSame])
	}
}

// namedPorts returns the ports of policies that are by name.
func namedPorts(policies []networkingv1.NetworkPolicy) iter.Seq[*networkingv1.NetworkPolicyPort] {
	return func(yield func(*networkingv1.NetworkPolicyPort) bool) {
		for _, p := range policies {
			var lists [][]networkingv1.NetworkPolicyPort
			for _, r := range p.Spec.Ingress {
				lists = append(lists, r.Ports)
			}
			for _, r := range p.Spec.Egress {
				lists = append(lists, r.Ports)
			}
			for _, ports := range lists {
				for i := range ports {
					if ports[i].Port != nil && ports[i].Port.Type == intstr.String && !yield(&ports[i]) {
						return
					}
				}
			}
		}
	}
}

// judgeImport holds what import makes of the file of a cluster to the oracle; dir is an empty folder.
func judgeImport(t testing.TB, dir, path string, c *random.Cluster) (made []string, found []wrong, err error) {
	say := func(statement, format string, args ...any) {
		made = append(made, statement)
		if format != "" {
			found = append(found, wrong{statement, fmt.Sprintf(format, args...)})
		}
	}
	a := npgen("import", path, "-o", dir, "-n", "default")
	names := false
	for range namedPorts(c.Policies) {
		names = true
	}
	switch {
	case a.status == 2 && strings.Contains(a.err, "would isolate them for"):
		return made, found, nil // what the language refuses: selectors that overlap in part, with other directions
	case names && a.status == 0:
		// a rule of a direction that does not count, or for addresses alone, may name any port
	case names:
		if !strings.Contains(a.err, "not in the package") || a.status != 2 {
			say(importRefuse, "exit status %d: %s", a.status, a.err)
		} else {
			say(importRefuse, "")
		}
		return made, found, nil
	case a.status != 0:
		say(importProven, "exit status %d: %s", a.status, a.err)
		return made, found, nil
	}
	say(importProven, "")
	if len(c.Policies) == 0 {
		return made, found, nil
	}
	built := npgen("build", dir)
	if built.status != 0 {
		say(importSame, "build: exit status %d: %s", built.status, built.err)
		return made, found, nil
	}
	policies, err := emitted(built.out)
	if err != nil {
		return nil, nil, err
	}
	w, err := oracle.New(oracle.Facts{}, c.Policies, policies)
	if err != nil {
		return nil, nil, err
	}
	if w.Same(0, 1) {
		say(importSame, "")
	} else {
		say(importSame, "%s", built.out)
	}
	return made, found, nil
}
