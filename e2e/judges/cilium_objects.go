package judges

import (
	"fmt"
	"log/slog"
	"net/netip"
	"regexp"
	"sync"

	"github.com/cilium/cilium/pkg/crypto/certificatemanager"
	envoypolicy "github.com/cilium/cilium/pkg/envoy/policy"
	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/k8s"
	v2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	slimnet "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/networking/v1"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/option"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/policy/api"
	policytypes "github.com/cilium/cilium/pkg/policy/types"
	policyutils "github.com/cilium/cilium/pkg/policy/utils"
	testpolicy "github.com/cilium/cilium/pkg/testutils/policy"
	"github.com/cilium/cilium/pkg/types"
	"github.com/cilium/cilium/pkg/u8proto"
	networkingv1 "k8s.io/api/networking/v1"
)

// Outside is what addresses outside of the cluster are, besides addresses.
type Outside struct {
	// Hosts is the name of the host at an address.
	Hosts map[netip.Addr]string
	// Node and APIServer are the own node and the API server, as pods reach them. OnNode says that the server runs on one
	// of the other nodes.
	Node, APIServer netip.Addr
	OnNode          bool
}

// Request is one request of HTTP.
type Request struct {
	Method, Path string
	Headers      map[string]string
}

// Verdict is what passes of a flow in one direction.
type Verdict struct {
	// Open says that the flow is not dropped; Read that a proxy decides what passes of it.
	Open, Read bool
	// dns says that all questions of DNS pass the proxy. http is the requests that pass it; whole that all do.
	dns, whole bool
	http       []api.PortRuleHTTP
}

// Passes reports whether a request passes. The proxy matches the whole of each value (Envoy, safe_regex).
func (v Verdict) Passes(r Request) bool {
	if !v.Open || !v.Read || v.whole {
		return v.Open
	}
	matches := func(expression, value string) bool {
		return expression == "" || regexp.MustCompile("^(?:"+expression+")$").MatchString(value)
	}
	for _, h := range v.http {
		fits := matches(h.Method, r.Method) && matches(h.Path, r.Path) && h.Host == "" && len(h.Headers) == 0
		for _, m := range h.HeaderMatches {
			fits = fits && r.Headers[m.Name] == m.Value && m.Value != ""
		}
		if fits {
			return true
		}
	}
	return false
}

// ciliumObjects is the engine over CiliumNetworkPolicies.
type ciliumObjects struct{ cilium }

var prepare = sync.OnceFunc(func() {
	option.Config.EnableL7Proxy, option.Config.EnableNonDefaultDenyPolicies, option.Config.EnableICMPRules = true, true, true
	option.Config.EnableIPv4, option.Config.EnableIPv6, option.Config.ClusterName = true, true, clusterName
	api.InitEntities(clusterName)
})

// newCiliumObjects takes policies as the agent does: Parse checks them (Sanitize), and an error is one that it refuses.
func newCiliumObjects(c *Cluster, objects []*v2.CiliumNetworkPolicy, outside Outside) (*ciliumObjects, error) {
	prepare()
	j := &ciliumObjects{cilium{
		cluster: c, logger: slog.New(slog.DiscardHandler), named: map[identity.NumericIdentity]types.NamedPortMap{},
		prefixes: map[netip.Prefix]*identity.Identity{}, resolved: map[identity.NumericIdentity]*policy.EndpointPolicy{},
		special: map[netip.Addr]*identity.Identity{},
	}}
	var entries policytypes.PolicyEntries
	var hosts []api.FQDNSelector
	for _, o := range objects {
		rules, err := o.Parse(j.logger, clusterName)
		if err != nil {
			return nil, fmt.Errorf("%s/%s: %w", o.Namespace, o.Name, err)
		}
		for _, r := range rules {
			for _, e := range r.Egress {
				hosts = append(hosts, e.ToFQDNs...)
			}
		}
		entries = append(entries, policyutils.RulesToPolicyEntries(rules)...)
	}
	for i := range c.Policies {
		parsed, err := parsePolicy(j.logger, &c.Policies[i])
		if err != nil {
			return nil, err
		}
		entries = append(entries, parsed...)
	}
	known, err := j.identities(entries)
	if err != nil {
		return nil, err
	}
	if err := j.specials(known, hosts, outside); err != nil {
		return nil, err
	}
	translator := envoypolicy.NewEnvoyL7RulesTranslator(j.logger, certificatemanager.NewMockSecretManagerInline())
	j.repo = policy.NewPolicyRepository(j.logger, known, nil, translator, nil, testpolicy.NewPolicyMetricsNoop())
	j.repo.SetNamedPortsGetter(j)
	j.repo.UpdateIdentities(known, nil)
	j.repo.MustAddPolicyEntries(entries)
	return j, nil
}

// parsePolicy takes a NetworkPolicy as the agent does.
func parsePolicy(logger *slog.Logger, p *networkingv1.NetworkPolicy) (policytypes.PolicyEntries, error) {
	slim := &slimnet.NetworkPolicy{}
	if err := convert(p, slim); err != nil {
		return nil, err
	}
	return k8s.ParseNetworkPolicy(logger, clusterName, slim)
}

// specials gives the node, the API server and the addresses of hosts their identities: those of a host carry each
// pattern that its name matches, besides the range that they are in.
func (j *ciliumObjects) specials(known identity.IdentityMap, hosts []api.FQDNSelector, outside Outside) error {
	n := identity.NumericIdentity(50000)
	reserved := map[netip.Addr]identity.NumericIdentity{outside.Node: identity.ReservedIdentityHost}
	if outside.OnNode {
		reserved[outside.APIServer] = identity.ReservedIdentityKubeAPIServer // a remote node, too
	} else if outside.APIServer.IsValid() {
		// Elsewhere it is an address with one label more (pkg/ipcache, resolveIdentity).
		all := labels.NewFrom(j.identity(Side{-1, outside.APIServer}).Labels)
		all.MergeLabels(labels.LabelKubeAPIServer)
		n++
		id := identity.NewIdentity(identity.IdentityScopeLocal+n, all)
		j.special[outside.APIServer], known[id.ID] = id, id.LabelArray
	}
	for address, number := range reserved {
		if !address.IsValid() {
			continue
		}
		j.special[address] = identity.LookupReservedIdentity(number)
		known[number] = j.special[address].LabelArray
	}
	for address, name := range outside.Hosts {
		all := labels.Labels{}
		for k, v := range j.identity(Side{-1, address}).Labels {
			all[k] = v
		}
		for i := range hosts {
			pattern, err := hosts[i].ToRegex()
			if err != nil {
				return err
			}
			if pattern.MatchString(name + ".") {
				l := hosts[i].IdentityLabel()
				all[l.Key] = l
			}
		}
		n++
		id := identity.NewIdentity(identity.IdentityScopeLocal+n, all)
		j.special[address], known[id.ID] = id, id.LabelArray
	}
	return nil
}

// Verdicts returns what passes of a flow: out of its source, and into its target.
func (j *ciliumObjects) Verdicts(p Probe) (egress, ingress Verdict, err error) {
	egress, ingress = Verdict{Open: true}, Verdict{Open: true}
	if _, ok := j.cluster.governed(p.From); ok {
		if egress, err = j.verdict(p, j.identity(p.From), j.identity(p.To), false); err != nil {
			return egress, ingress, err
		}
	}
	if _, ok := j.cluster.governed(p.To); ok {
		ingress, err = j.verdict(p, j.identity(p.To), j.identity(p.From), true)
	}
	return egress, ingress, err
}

func (j *ciliumObjects) verdict(p Probe, subject, other *identity.Identity, ingress bool) (Verdict, error) {
	protocol, err := u8proto.ParseProtocol(string(p.Protocol))
	if err != nil {
		return Verdict{}, err
	}
	of, err := j.policyOf(subject)
	if err != nil {
		return Verdict{}, err
	}
	key := policy.EgressKey()
	if ingress {
		key = policy.IngressKey()
	}
	entry, _, _ := of.Lookup(key.WithIdentity(other.ID).WithPortProto(protocol, uint16(p.Port)))
	out := Verdict{Open: !entry.IsDeny(), Read: entry.IsRedirectEntry()}
	if !out.Read {
		return out, nil
	}
	// The proxy has all rules of the port, those without requests too: they let everything pass.
	side := &of.SelectorPolicy.L4Policy.Egress
	if ingress {
		side = &of.SelectorPolicy.L4Policy.Ingress
	}
	for f := range side.PortRules.Filters() {
		if f.U8Proto != protocol && f.U8Proto != 0 || f.Port != 0 && (uint16(p.Port) < f.Port || uint16(p.Port) > max(f.Port, f.EndPort)) {
			continue
		}
		for selector, rules := range f.PerSelectorPolicies {
			switch {
			case !selector.IsWildcard() && !selector.Selects(other.ID):
			case rules == nil || rules.L7Rules.Len() == 0:
				out.whole = true
			default:
				out.http = append(out.http, rules.HTTP...)
				for _, d := range rules.DNS {
					out.dns = out.dns || d.MatchPattern == "*"
				}
			}
		}
	}
	return out, nil
}
