package probe

import (
	"fmt"
	"net/netip"
	"time"
)

// The ports of the server.
const (
	first  = 8080
	second = 8081
)

func (p *prober) policy(name, role string, spec object) object {
	spec["podSelector"] = object{"matchLabels": object{"role": role}}
	return object{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": p.meta(p.namespace(), name, nil), "spec": spec}
}

func peers(role string) []object {
	return []object{{"podSelector": object{"matchLabels": object{"role": role}}}}
}

func ports(numbers ...int) []object {
	var out []object
	for _, n := range numbers {
		out = append(out, object{"port": n, "protocol": "TCP"})
	}
	return out
}

func (p *prober) drop(names ...string) error {
	_, err := p.do("", append([]string{"delete", "networkpolicies.networking.k8s.io", "-n", p.namespace(), "--ignore-not-found"}, names...)...)
	return err
}

// enforcement is the proof: between two controls, policies must close and open, and no more than they say.
func (p *prober) enforcement() error {
	if err := p.controlBefore(); err != nil {
		return err
	}
	if err := p.ingress(); err != nil {
		return err
	}
	if err := p.controlAfter(); err != nil {
		return err
	}
	if err := p.egress(); err != nil {
		return err
	}
	return p.controlAfter()
}

// controlBefore sees that without policies the network works. Then what is closed is so by a policy.
func (p *prober) controlBefore() error {
	for _, from := range []pod{p.client, p.stranger} {
		for _, port := range []int{first, second} {
			up, err := p.opens(from, port) // the server may still be starting
			for n := 0; up && n < 2 && err == nil; n++ {
				up, err = p.isOpen(from, port)
			}
			if err != nil {
				return err
			}
			if !up {
				return &stop{Nothing, fmt.Sprintf("without any policy `%s` does not reach the server on port %d: the network is broken, or policies of the cluster close it", from.name, port)}
			}
		}
	}
	p.event(time.Time{}, "control: without policies all is open")
	return nil
}

// controlAfter sees that without policies all is open again: what was closed in between was closed by them.
func (p *prober) controlAfter() error {
	begun := time.Now()
	if err := p.drop("deny", "allow", "dns"); err != nil {
		return err
	}
	for _, from := range []pod{p.client, p.stranger} {
		up, err := p.opens(from, first)
		if err != nil {
			return err
		}
		if !up {
			return &stop{Nothing, fmt.Sprintf("after the policies are gone `%s` does not reach the server: something else closes it, and what was seen shows nothing", from.name)}
		}
	}
	p.event(begun, "control: policies deleted, all is open again")
	return nil
}

// change applies a policy and waits for its effect.
func (p *prober) change(o object, what string, until func() (bool, error)) (bool, error) {
	begun := time.Now()
	if err := p.apply(o); err != nil {
		return false, err
	}
	ok, err := until()
	if ok && err == nil {
		p.event(begun, "%s", what)
	}
	return ok, err
}

func (p *prober) ingress() error {
	closed, err := p.change(p.policy("deny", "server", object{"policyTypes": []string{"Ingress"}}), "ingress deny: the server is closed",
		func() (bool, error) { return p.closes(p.client, first) })
	if err != nil {
		return err
	}
	if !closed {
		return &stop{NotEnforced, fmt.Sprintf("the server is still open %s after a default deny for ingress", p.Limit)}
	}
	p.proven("ingress policies are enforced")
	rule := []object{{"from": peers("client"), "ports": ports(first)}}
	opened, err := p.change(p.policy("allow", "server", object{"policyTypes": []string{"Ingress"}, "ingress": rule}), "ingress allow from the client on 8080: it is open",
		func() (bool, error) { return p.opens(p.client, first) })
	if err != nil {
		return err
	}
	if !opened {
		return &stop{NotEnforced, fmt.Sprintf("an allow from the client does not open the server within %s", p.Limit)}
	}
	return p.noMore()
}

// noMore sees that an allow opens no more than it says: other pods and other ports stay closed.
func (p *prober) noMore() error {
	for _, x := range []struct {
		from pod
		port int
		what string
	}{{p.stranger, first, "selectors of pods"}, {p.client, second, "ports"}} {
		closed, err := p.isClosed(x.from, x.port)
		if err != nil {
			return err
		}
		if !closed {
			return &stop{NotEnforced, fmt.Sprintf("an allow from the client on port %d also opens `%s` to port %d: %s are not enforced", first, x.from.name, x.port, x.what)}
		}
		p.proven("%s are told apart", x.what)
	}
	p.event(time.Time{}, "another pod and another port stay closed")
	return nil
}

func (p *prober) egress() error {
	resolved, known, err := p.resolves(p.client)
	if err != nil {
		return err
	}
	closed, err := p.change(p.policy("deny", "client", object{"policyTypes": []string{"Egress"}}), "egress deny: the client is closed",
		func() (bool, error) { return p.closes(p.client, first) })
	if err != nil {
		return err
	}
	if !closed {
		return &stop{NotEnforced, fmt.Sprintf("ingress is enforced, egress is not: the client is still open %s after a default deny for egress", p.Limit)}
	}
	p.proven("egress policies are enforced")
	opened, err := p.change(p.policy("allow", "client", object{"policyTypes": []string{"Egress"}, "egress": []object{{"to": peers("server"), "ports": ports(first)}}}),
		"egress allow to the server: it is open", func() (bool, error) { return p.opens(p.client, first) })
	if err != nil {
		return err
	}
	if !opened {
		return &stop{NotEnforced, fmt.Sprintf("an allow to the server does not open it within %s", p.Limit)}
	}
	if err := p.dns(resolved, known); err != nil {
		return err
	}
	return p.ranges()
}

// dns sees whether the DNS rule of a package finds the servers: names resolve with it, and not without.
func (p *prober) dns(resolved, known bool) error {
	switch {
	case p.DNS == nil:
		p.notProven("DNS: no package says where the servers are")
		return nil
	case !known || !resolved:
		p.notProven("DNS: names do not resolve without policies either, or the image cannot ask")
		return nil
	}
	if still, _, err := p.resolves(p.client); err != nil || still {
		p.notProven("DNS: names resolve although nothing allows it; a cache on the node may answer")
		return err
	}
	var to []object
	if p.DNS.HasPods() {
		to = append(to, object{
			"namespaceSelector": object{"matchLabels": object{"kubernetes.io/metadata.name": p.DNS.Namespace}},
			"podSelector":       object{"matchLabels": p.DNS.Labels},
		})
	}
	for _, c := range p.DNS.CIDRs {
		to = append(to, object{"ipBlock": object{"cidr": c.String()}})
	}
	var at []object
	for _, n := range p.DNS.Ports {
		at = append(at, object{"port": n, "protocol": "UDP"}, object{"port": n, "protocol": "TCP"})
	}
	opened, err := p.change(p.policy("dns", "client", object{"policyTypes": []string{"Egress"}, "egress": []object{{"to": to, "ports": at}}}),
		"DNS rule of the package: names resolve", func() (bool, error) {
			p.tried = time.Now()
			is, _, err := p.resolves(p.client)
			return is, err
		})
	switch {
	case err != nil:
		return err
	case opened:
		p.proven("the `dns` of the package reaches the servers")
	default:
		p.report.Differing = append(p.report.Differing, "DNS: with the rule of the package names do not resolve, without policies they do; `npgen doctor` says where the servers are")
	}
	return nil
}

// ranges sees whether address ranges match pods. Engines differ, and the API leaves it open.
func (p *prober) ranges() error {
	a, err := netip.ParseAddr(p.server.ip)
	if err != nil {
		return err
	}
	if err := p.drop("allow", "dns"); err != nil {
		return err
	}
	closed, err := p.closes(p.client, first)
	if err != nil || !closed {
		p.notProven("whether address ranges match pods")
		return err
	}
	begun := time.Now()
	block := []object{{"ipBlock": object{"cidr": netip.PrefixFrom(a, a.BitLen()).String()}}}
	if err := p.apply(p.policy("allow", "client", object{"policyTypes": []string{"Egress"}, "egress": []object{{"to": block}}})); err != nil {
		return err
	}
	opened, err := p.opens(p.client, first)
	if err != nil {
		return err
	}
	if opened {
		p.proven("address ranges match pods")
		p.event(begun, "egress allow to the server's address: it is open")
	} else {
		p.proven("address ranges do not match pods: within %s a rule for the server's address did not open it", p.Limit)
		p.event(time.Time{}, "egress allow to the server's address: it stays closed")
	}
	return nil
}
