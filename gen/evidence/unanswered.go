package evidence

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/inventory"
)

// Unanswered is an address that a workload is given and that no pods of the manifests answer at.
type Unanswered struct {
	From *inventory.Workload
	// Address is the name or address, and the port if one is given.
	Address string
	// Host is the name alone; Outside is set for one outside of the cluster, IP for an address.
	Host        string
	Outside, IP bool
	// Port is that of the address, or of its scheme; 0 where neither is given.
	Port int
	// Why says what stands there instead, if anything does.
	Why  string
	Says string
	Pos  func() diag.Pos
}

// Unanswered returns the addresses that lead nowhere here, once for each workload and address.
func (f *Finder) Unanswered() []Unanswered {
	var out []Unanswered
	for _, w := range f.Workloads {
		seen := map[string]bool{}
		for _, t := range f.told(w) {
			if saysNoCall(t.key) {
				continue
			}
			for _, m := range append(t.mentions(), addresses(t.value)...) {
				if m.scheme == "" && saysSecret(t.key) {
					continue // what only looks like an address must not be repeated
				}
				u, ok := f.unanswered(w, m)
				isWord := m.port == 0 && m.scheme == "" && !u.IP
				isBare := isWord && !strings.Contains(m.host, ".") && (t.line >= 0 || m.host == "true" || m.host == "false")
				if isBare || isWord && !saysAddress(t.key) {
					continue // a word of a longer text, a switch, or a file
				}
				if ok && !seen[u.Address] {
					seen[u.Address] = true
					u.Says, u.Pos = t.From, t.pos
					out = append(out, u)
				}
			}
		}
	}
	return out
}

func (f *Finder) unanswered(w *inventory.Workload, m mention) (Unanswered, bool) {
	u := Unanswered{From: w, Address: m.host, Host: m.host, Port: m.port, IP: isIP(m.host)}
	switch {
	case m.port != 0:
		u.Address = fmt.Sprintf("%s:%d", m.host, m.port)
	case schemePort(m.scheme) != 0:
		u.Port = schemePort(m.scheme)
		u.Address = fmt.Sprintf("%s:%d", m.host, u.Port)
	case len(m.beside) > 0:
		u.Port = m.beside[0]
		u.Address = fmt.Sprintf("%s:%d", m.host, u.Port)
	}
	calls, found := f.lead(w, m)
	t, _ := f.find(m.host, w.Namespace)
	switch {
	case len(calls) > 0, m.command, !m.strong, isOwn(m.host):
		return u, false
	case found:
		u.Why = f.insteadOf(t, w)
		return u, u.Why != ""
	case u.IP:
		return u, true
	}
	labels := strings.Split(m.host, ".")
	isService := slices.Contains(labels, "svc")
	u.Outside = len(labels) > 1 && !isService && isTopLevel(labels[len(labels)-1])
	inCluster := strings.HasPrefix(m.host, inventory.APIService+".default")
	return u, !inCluster && isName(labels) && (u.Outside || len(labels) < 3 || isService)
}

// insteadOf says what is behind a Service that no workload answers for.
func (f *Finder) insteadOf(t target, w *inventory.Workload) string {
	s := t.service
	switch {
	case s.ExternalName != "":
		return "Service " + s.Name + " stands for " + s.ExternalName
	case len(s.Selector) == 0:
		for _, b := range f.Behinds {
			if b.Namespace == s.Namespace && b.Service == s.Name {
				return "Service " + s.Name + " leads to " + strings.Join(b.Addresses, ", ")
			}
		}
		return "Service " + s.Name + " has no selector"
	case len(f.Behind(s)) == 0:
		return "Service " + s.Name + " selects no pods here"
	case slices.Contains(f.Behind(s), w):
		return ""
	}
	return "Service " + s.Name + " has no such port"
}

// isOwn reports whether a host is the pod's own.
func isOwn(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.IsLoopback() || a.IsUnspecified()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "localhost.localdomain"
}

func isIP(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// isName reports whether labels make a DNS name, as far as one can tell from a word of a text.
func isName(labels []string) bool {
	return !slices.ContainsFunc(labels, func(label string) bool {
		return label == "" || label[0] == '-' || label[len(label)-1] == '-' || strings.ContainsFunc(label, func(r rune) bool { return r >= 'A' && r <= 'Z' })
	})
}

// isTopLevel reports whether a label may end a name outside of the cluster: no file has it for an ending.
func isTopLevel(label string) bool {
	switch label {
	case "com", "net", "org", "io", "dev", "cloud", "app", "ai", "co", "eu", "de", "uk", "us", "fr", "nl", "ch", "jp", "cn", "in", "br", "au", "ca",
		"edu", "gov", "info", "biz", "tech", "internal", "local", "lan", "corp", "intranet", "private", "test", "example", "invalid":
		return true
	}
	return false
}

// addresses returns the IP addresses of a text that have a port or a scheme, or are all of it.
func addresses(value string) []mention {
	var out []mention
	for i := 0; i < len(value); {
		start := i
		for i < len(value) && (value[i] >= '0' && value[i] <= '9' || value[i] == '.') {
			i++
		}
		if i == start {
			for i < len(value) && isHostByte(value[i]) {
				i++
			}
			i = max(i, start+1)
			continue
		}
		host := strings.TrimRight(value[start:i], ".")
		port, command := leadingPort(value[i:])
		scheme := ""
		if rest, isURL := strings.CutSuffix(value[max(0, start-around):start], "://"); isURL {
			scheme = trailingScheme(rest)
		}
		whole := strings.TrimSpace(value) == host
		if a, err := netip.ParseAddr(host); err == nil && a.Is4() && (port != 0 || scheme != "" || whole) {
			out = append(out, mention{host: host, port: port, scheme: scheme, command: command, strong: true})
		}
	}
	return out
}
