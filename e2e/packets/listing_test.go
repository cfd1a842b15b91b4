//go:build linux

package packets

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/npgen/npgen/e2e/cluster"
)

// listing is what `npgen list --format json` says.
type listing struct {
	Flows []struct {
		From, To string
		Ports    []string
	}
}

func readListing(text string) (*listing, error) {
	l := &listing{}
	return l, json.Unmarshal([]byte(text), l)
}

// party is a host under the names that a listing may have for it.
type party struct {
	*cluster.Host
	// as is names of which a listing uses one; the first that it has.
	as []string
	// governed is true where the namespace of the host has policies.
	governed bool
}

// names returns the names of a pod in a listing: its own, its namespace, everyone. Its own is the first whose namespace
// the listing knows.
func (l *listing) names(p party) []string {
	own := p.as[0]
	for _, name := range p.as {
		if l.knows(namespaceOf(name)) {
			own = name
			break
		}
	}
	return []string{own, namespaceOf(own) + "/*", "*/*"}
}

func namespaceOf(name string) string {
	namespace, _, _ := strings.Cut(name, "/")
	return namespace
}

func (l *listing) knows(namespace string) bool {
	for _, f := range l.Flows {
		if namespaceOf(f.From) == namespace || namespaceOf(f.To) == namespace {
			return true
		}
	}
	return false
}

// expand returns what the listing says of each flow between hosts. Of flows between hosts that no policy governs it
// says nothing: those are open, by the Kubernetes API.
func (l *listing) expand(parties []party, families []bool, ports []cluster.Port, externals map[string]addresses) (matrix, error) {
	out := matrix{}
	byHost := map[*cluster.Host]party{}
	var hosts []*cluster.Host
	for _, p := range parties {
		hosts, byHost[p.Host] = append(hosts, p.Host), p
	}
	flows, all := probes(hosts, ports, families)
	for i, p := range all {
		from, to := byHost[p.From], byHost[p.To]
		out[flows[i]] = !from.governed && !to.governed
	}
	used := map[string]bool{}
	for _, row := range l.Flows {
		for i, p := range all {
			from, err := l.speaksOf(row.From, byHost[p.From], p.V6, externals)
			if err != nil {
				return nil, err
			}
			to, err := l.speaksOf(row.To, byHost[p.To], p.V6, externals)
			if err != nil {
				return nil, err
			}
			used[row.From], used[row.To] = used[row.From] || from, used[row.To] || to
			if !from || !to {
				continue
			}
			has, err := hasPort(row.Ports, p.Port)
			if err != nil {
				return nil, err
			}
			out[flows[i]] = out[flows[i]] || has
		}
	}
	for name, is := range used {
		if _, own, isPod := strings.Cut(name, "/"); isPod && !is && own != "*" && own != "(other)" && !isAddresses(name) {
			return nil, fmt.Errorf("the listing has %s, for which there is no pod", name)
		}
	}
	return out, nil
}

func isAddresses(name string) bool {
	_, err := netip.ParsePrefix(strings.Fields(name)[0])
	return err == nil
}

// speaksOf reports whether a name of the listing is one of the host's, or addresses that its address is among.
func (l *listing) speaksOf(name string, p party, v6 bool, externals map[string]addresses) (bool, error) {
	if p.Pod != nil {
		return slices.Contains(l.names(p), name), nil
	}
	address := p.V4
	if v6 {
		address = p.V6
	}
	if name == "(outside)" {
		return true, nil
	}
	if strings.Contains(name, "/") && !isAddresses(name) {
		return false, nil // pods
	}
	if a, ok := externals[name]; ok {
		return a.contains(address), nil
	}
	a, err := parseAddresses(name)
	return a.contains(address), err
}

// addresses is ranges without parts of them.
type addresses struct{ cidrs, except []netip.Prefix }

func (a addresses) contains(addr netip.Addr) bool {
	within := func(p netip.Prefix) bool { return p.Contains(addr) }
	return slices.ContainsFunc(a.cidrs, within) && !slices.ContainsFunc(a.except, within)
}

func ranges(cidrs []string, except ...string) addresses {
	var out addresses
	for _, text := range cidrs {
		out.cidrs = append(out.cidrs, netip.MustParsePrefix(text))
	}
	for _, text := range except {
		out.except = append(out.except, netip.MustParsePrefix(text))
	}
	return out
}

// parseAddresses reads ranges as a listing names them: `10.0.0.0/8 ::/0 except (fc00::/7 fe80::/10)`. An exception lies
// in the range before it, and no other range of the name reaches into it.
func parseAddresses(name string) (addresses, error) {
	var out addresses
	into := &out.cidrs
	for _, field := range strings.Fields(name) {
		if field == "except" {
			continue
		}
		if strings.HasPrefix(field, "(") {
			into = &out.except
		}
		prefix, err := netip.ParsePrefix(strings.Trim(field, "()"))
		if err != nil {
			return out, fmt.Errorf("the listing has a name that is neither pods nor addresses: %q", name)
		}
		*into = append(*into, prefix)
		if strings.HasSuffix(field, ")") {
			into = &out.cidrs
		}
	}
	return out, nil
}

// hasPort reports whether a port is among those of a row: `*`, `*/udp`, `80`, `8000-8010/udp`.
func hasPort(ports []string, p cluster.Port) (bool, error) {
	for _, text := range ports {
		if text == "*" {
			return true, nil
		}
		number, protocol, _ := strings.Cut(text, "/")
		if (protocol == "udp") != p.UDP || protocol == "sctp" {
			continue
		}
		if number == "*" {
			return true, nil
		}
		low, high, ranged := strings.Cut(number, "-")
		if !ranged {
			high = low
		}
		first, err := strconv.Atoi(low)
		if err != nil {
			return false, fmt.Errorf("port %q: %w", text, err)
		}
		last, err := strconv.Atoi(high)
		if err != nil {
			return false, fmt.Errorf("port %q: %w", text, err)
		}
		if first <= p.Number && p.Number <= last {
			return true, nil
		}
	}
	return false, nil
}
