//go:build linux

package packets

import (
	"fmt"
	"slices"

	"github.com/npgen/npgen/e2e/cluster"
)

// flow is one connection that may or may not pass.
type flow struct {
	from, to, port string
	v6             bool
}

func (f flow) String() string {
	text := fmt.Sprintf("%s -> %s:%s", f.from, f.to, f.port)
	if f.v6 {
		text += overV6
	}
	return text
}

const overV6 = " (IPv6)"

// matrix holds every flow that is probed, and whether it is open.
type matrix map[flow]bool

func (m matrix) count(open bool) (n int) {
	for _, is := range m {
		if is == open {
			n++
		}
	}
	return n
}

// all returns the same flows, each open or each blocked.
func (m matrix) all(open bool) matrix {
	out := matrix{}
	for f := range m {
		out[f] = open
	}
	return out
}

// without returns the matrix with some flows blocked, which must be open.
func (m matrix) without(flows ...string) (matrix, error) {
	out := matrix{}
	lost := 0
	for f, open := range m {
		if slices.Contains(flows, f.String()) && open {
			open = false
			lost++
		}
		out[f] = open
	}
	if lost != len(flows) {
		return nil, fmt.Errorf("%d of %q are open", lost, flows)
	}
	return out, nil
}

// differences names each flow that is not as it should be, sorted.
func differences(want, seen matrix) []string {
	word := map[bool]string{true: "open", false: "blocked"}
	var out []string
	for f, open := range want {
		if seen[f] != open {
			out = append(out, fmt.Sprintf("%s: must be %s, is %s", f, word[open], word[seen[f]]))
		}
	}
	slices.Sort(out)
	return out
}

// probes returns the probes of all flows between hosts, each with its flow. Nobody probes itself: such packets do not
// leave the pod, and no policy can stop them.
func probes(hosts []*cluster.Host, ports []cluster.Port, families []bool) (flows []flow, out []cluster.Probe) {
	for _, from := range hosts {
		for _, to := range hosts {
			for _, p := range ports {
				for _, v6 := range families {
					if from != to {
						flows = append(flows, flow{from.Name, to.Name, p.String(), v6})
						out = append(out, cluster.Probe{From: from, To: to, Port: p, V6: v6})
					}
				}
			}
		}
	}
	return flows, out
}
