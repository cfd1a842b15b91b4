package judges

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"

	"github.com/cilium/cilium/pkg/endpoint/regeneration"
	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/k8s"
	corev1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/core/v1"
	metav1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/option"
	"github.com/cilium/cilium/pkg/policy"
	policytypes "github.com/cilium/cilium/pkg/policy/types"
	testpolicy "github.com/cilium/cilium/pkg/testutils/policy"
	"github.com/cilium/cilium/pkg/types"
	"github.com/cilium/cilium/pkg/u8proto"
)

// clusterName is the one that Cilium puts into the labels of every pod.
const clusterName = "default"

// cilium is github.com/cilium/cilium. It answers as policy.LookupFlow does, but resolves the policy of an identity
// once, not for each flow, and knows the named ports of every pod, for which LookupFlow has no place.
type cilium struct {
	cluster *Cluster
	logger  *slog.Logger
	repo    *policy.Repository
	// pods is the identity of each pod; named the ports of each identity that have a name.
	pods  []*identity.Identity
	named map[identity.NumericIdentity]types.NamedPortMap
	ports types.NamedPortMultiMap
	// prefixes is the CIDRs that policies name: each has an identity, and an address that of the longest around it.
	prefixes map[netip.Prefix]*identity.Identity
	// special is the addresses that are more than addresses.
	special  map[netip.Addr]*identity.Identity
	resolved map[identity.NumericIdentity]*policy.EndpointPolicy
}

func newCilium(c *Cluster) (Judge, error) {
	// Dual stack, so that the world has an identity for each family; set in the only place that Cilium has for it.
	option.Config.EnableIPv4, option.Config.EnableIPv6, option.Config.ClusterName = true, true, clusterName
	j := &cilium{
		cluster: c, logger: slog.New(slog.DiscardHandler), named: map[identity.NumericIdentity]types.NamedPortMap{},
		prefixes: map[netip.Prefix]*identity.Identity{}, resolved: map[identity.NumericIdentity]*policy.EndpointPolicy{},
	}
	var entries policytypes.PolicyEntries
	for i := range c.Policies {
		parsed, err := parsePolicy(j.logger, &c.Policies[i])
		if err != nil {
			return nil, err
		}
		entries = append(entries, parsed...)
	}
	for i := range c.Tiers {
		parsed, err := k8s.ParseClusterNetworkPolicy(j.logger, clusterName, &c.Tiers[i])
		if err != nil {
			return nil, err
		}
		entries = append(entries, parsed...)
	}
	known, err := j.identities(entries)
	if err != nil {
		return nil, err
	}
	j.repo = policy.NewPolicyRepository(j.logger, known, nil, nil, nil, testpolicy.NewPolicyMetricsNoop())
	j.repo.SetNamedPortsGetter(j)
	j.repo.UpdateIdentities(known, nil)
	j.repo.MustAddPolicyEntries(entries)
	return j, nil
}

// identities gives every pod, every prefix of a policy, the world and the nodes their identity.
func (j *cilium) identities(entries policytypes.PolicyEntries) (identity.IdentityMap, error) {
	known := identity.IdentityMap{}
	for _, reserved := range []identity.NumericIdentity{
		identity.ReservedIdentityRemoteNode, identity.ReservedIdentityWorldIPv4, identity.ReservedIdentityWorldIPv6,
	} {
		known[reserved] = identity.LookupReservedIdentity(reserved).LabelArray
	}
	ports, byLabels := types.NewNamedPortMultiMap(), map[string]*identity.Identity{}
	j.ports = ports
	for i := range j.cluster.Pods {
		p := &j.cluster.Pods[i]
		if p.HostNetwork {
			j.pods = append(j.pods, identity.LookupReservedIdentity(identity.ReservedIdentityRemoteNode))
			continue
		}
		named, all, err := j.podLabels(p)
		if err != nil {
			return nil, err
		}
		id := byLabels[all.String()]
		if id == nil {
			id = identity.NewIdentity(identity.NumericIdentity(1000+i), all)
			byLabels[all.String()], known[id.ID], j.named[id.ID] = id, id.LabelArray, named
		}
		j.pods = append(j.pods, id)
		ports.Update(id.ID, nil, named)
	}
	for i, prefix := range policy.GetCIDRPrefixes(entries) {
		id := identity.NewIdentity(identity.IdentityScopeLocal+identity.NumericIdentity(i+1), labels.GetCIDRLabels(prefix))
		known[id.ID], j.prefixes[prefix.Masked()] = id.LabelArray, id
	}
	return known, nil
}

// podLabels returns the named ports of a pod and the labels that make its identity, as Cilium derives them.
func (j *cilium) podLabels(p *Pod) (types.NamedPortMap, labels.Labels, error) {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: p.Namespace, Labels: j.cluster.Namespaces[p.Namespace]}}
	pod := &corev1.Pod{}
	if err := convert(podObject(p), pod); err != nil {
		return nil, nil, err
	}
	named, own := k8s.GetPodMetadata(j.logger, namespace, pod)
	all := labels.Map2Labels(own, labels.LabelSourceK8s)
	for _, l := range k8s.NamedPortsIdentityLabels(named) {
		all[l.Key] = l
	}
	return named, all, nil
}

func (j *cilium) Allowed(p Probe) (bool, error) {
	from, to := j.identity(p.From), j.identity(p.To)
	protocol, err := u8proto.ParseProtocol(string(p.Protocol))
	if err != nil {
		return false, err
	}
	if _, ok := j.cluster.governed(p.From); ok {
		egress, err := j.policyOf(from)
		if err != nil {
			return false, err
		}
		key := policy.EgressKey().WithIdentity(to.ID).WithPortProto(protocol, uint16(p.Port))
		if entry, _, _ := egress.Lookup(key); entry.IsDeny() {
			return false, nil
		}
	}
	if _, ok := j.cluster.governed(p.To); ok {
		ingress, err := j.policyOf(to)
		if err != nil {
			return false, err
		}
		key := policy.IngressKey().WithIdentity(from.ID).WithPortProto(protocol, uint16(p.Port))
		if entry, _, _ := ingress.Lookup(key); entry.IsDeny() {
			return false, nil
		}
	}
	return true, nil
}

func (j *cilium) identity(s Side) *identity.Identity {
	if s.Pod >= 0 {
		return j.pods[s.Pod]
	}
	if known := j.special[s.Addr]; known != nil {
		return known
	}
	for bits := s.Addr.BitLen(); bits >= 0; bits-- {
		if prefix, err := s.Addr.Prefix(bits); err == nil && j.prefixes[prefix] != nil {
			return j.prefixes[prefix]
		}
	}
	if s.Addr.Is6() {
		return identity.LookupReservedIdentity(identity.ReservedIdentityWorldIPv6)
	}
	return identity.LookupReservedIdentity(identity.ReservedIdentityWorldIPv4)
}

func (j *cilium) policyOf(id *identity.Identity) (*policy.EndpointPolicy, error) {
	if found := j.resolved[id.ID]; found != nil {
		return found, nil
	}
	selected, _, err := j.repo.ComputeSelectorPolicy(id)
	if err != nil {
		return nil, fmt.Errorf("identity %d: %w", id.ID, err)
	}
	// Any port for a proxy: without one its rules would be left out.
	proxy := map[string]uint16{policy.FallbackRedirectID: 1}
	out := selected.DistillPolicy(j.logger, &endpoint{id.ID, j.named[id.ID]}, proxy)
	out.Ready()
	out.Detach(j.logger)
	selected.Supersede()
	j.resolved[id.ID] = out
	return out, nil
}

// GetNamedPorts implements policy.NamedPortsGetter.
func (j *cilium) GetNamedPorts() types.NamedPortMultiMap { return j.ports }

// endpoint is a pod for which Cilium resolves policies.
type endpoint struct {
	id    identity.NumericIdentity
	named types.NamedPortMap
}

func (e *endpoint) GetID() uint64 { return uint64(e.id) }

// GetIngressNamedPort returns 0 for a name that the pod has not.
func (e *endpoint) GetIngressNamedPort(name string, protocol u8proto.U8proto) uint16 {
	port, _ := e.named.GetNamedPort(name, protocol)
	return port
}

func (e *endpoint) PolicyDebug(string, ...any) {}

func (e *endpoint) IsHost() bool { return false }

func (e *endpoint) PreviousMapStateSizes() policy.MapStateSizes { return policy.MapStateSizes{} }

func (e *endpoint) RegenerateIfAlive(*regeneration.ExternalRegenerationMetadata) <-chan bool {
	done := make(chan bool)
	close(done)
	return done
}

// convert copies an object of k8s.io/api to Cilium's own type of it.
func convert(from, to any) error {
	data, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, to)
}
