package statements

import (
	"fmt"
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
	first, count := seeds(t, 600)
	x := newTally()
	for seed := first; seed < first+uint64(count); seed++ {
		before := random.Policies(seed)
		before.Pods = nil // so that nothing numbers a port
		if seed%4 > 0 {
			numberPorts(before.Policies)
		}
		made, found, err := judgeImport(t.TempDir(), t, before)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		x.makes(made...)
		x.isWrong(seed, found, func(wrong) string { text, _ := before.YAML(); return text })
	}
	x.report(t, count)
	if least := count / 2; x.made[importSame] < least {
		t.Errorf("only %d packages were held to the oracle", x.made[importSame])
	}
}

// numberPorts gives the ports of policies that are by name a number.
func numberPorts(policies []networkingv1.NetworkPolicy) {
	number := func(ports []networkingv1.NetworkPolicyPort) {
		for i, p := range ports {
			if p.Port != nil && p.Port.Type == intstr.String {
				n := intstr.FromInt32(int32(8000 + len(p.Port.StrVal)))
				ports[i].Port = &n
			}
		}
	}
	for _, p := range policies {
		for _, r := range p.Spec.Ingress {
			number(r.Ports)
		}
		for _, r := range p.Spec.Egress {
			number(r.Ports)
		}
	}
}

func namesPort(p *networkingv1.NetworkPolicy) bool {
	name := false
	for _, r := range p.Spec.Ingress {
		for _, port := range r.Ports {
			name = name || port.Port != nil && port.Port.Type == intstr.String
		}
	}
	for _, r := range p.Spec.Egress {
		for _, port := range r.Ports {
			name = name || port.Port != nil && port.Port.Type == intstr.String
		}
	}
	return name
}

func judgeImport(dir string, t testing.TB, c *random.Cluster) (made []string, found []wrong, err error) {
	say := func(statement, format string, args ...any) {
		made = append(made, statement)
		if format != "" {
			found = append(found, wrong{statement, fmt.Sprintf(format, args...)})
		}
	}
	text, err := c.YAML()
	if err != nil {
		return nil, nil, err
	}
	a := npgen("import", write(t, dir, "in.yaml", text), "-o", dir, "-n", "default")
	names := 0
	for i := range c.Policies {
		if namesPort(&c.Policies[i]) {
			names++
		}
	}
	switch {
	case a.status == 2 && strings.Contains(a.err, "would isolate them for"):
		return made, found, nil // what the language refuses: selectors that overlap in part, with other directions
	case names > 0 && a.status == 0:
		// a rule of a direction that does not count, or for addresses alone, may name any port
	case names > 0:
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
