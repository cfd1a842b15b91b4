package review

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/inventory"
	"github.com/npgen/npgen/gen/rule"
)

// openToAll finds rules without peers that are most likely not meant for everyone: where another rule for the same pods
// names peers for the same ports, which is then without effect; and where the ports, or the labels of the pods, are those
// of databases. A port that is open to everyone by itself is what public services look like, and `- {}` in a policy of its
// own says what it means.
func (r *reviewer) openToAll(x *writtenRule) {
	if len(x.Peers) > 0 || r.isAny(x) {
		return
	}
	_, peers := field(x.Direction)
	if narrow := r.narrower(x); narrow != nil {
		r.findings.Warnf(diag.OpenToAll, x.Value(x.path()...), "this rule has no `%s`, so its ports are open to everyone, and the peers of another rule restrict nothing", peers).
			WithHelp("add `%s`, or remove the rule that names peers", peers).
			WithRelated(narrow.Value(narrow.path()...), "the rule that names peers for the same ports")
		return
	}
	if x.Direction != graph.Ingress || len(x.Ports) == 0 {
		return
	}
	names := r.databases(x)
	if word := databaseWord(x.Spec.PodSelector); len(names) == 0 && word != "" {
		names = []string{"the pods `" + word + "`"}
	}
	if len(names) > 0 {
		r.findings.Warnf(diag.OpenToAll, x.Value(x.path()...), "this rule has no `from`, so everyone reaches %s", strings.Join(names, " and ")).
			WithHelp("name those who need it in `from`")
	}
}

// isAny reports whether a package says that the rule is for everyone: by an edge with `any` on the other side.
func (r *reviewer) isAny(x *writtenRule) bool {
	return x.declared(func(e edge) bool { return e.other(x.Direction).Kind == graph.Any })
}

// narrower returns a rule of the same direction that names peers for ports that this one opens to everyone: of the same
// policy, or for a rule with ports of another policy for the same selector.
func (r *reviewer) narrower(x *writtenRule) *writtenRule {
	policies := []*policy{x.policy}
	if len(x.Ports) > 0 && !rule.SelectsAll(&x.Spec.PodSelector) {
		policies = r.sameSubject[x.selected.Key()]
	}
	for _, p := range policies {
		if p != x.policy && len(p.edges) > 0 {
			continue
		}
		for _, y := range p.rules {
			if y.Direction == x.Direction && len(y.Peers) > 0 && covers(x.Ports, y.Ports) {
				return y
			}
		}
	}
	return nil
}

// covers reports whether ports hold all of others, as written.
func covers(wide, narrow []networkingv1.NetworkPolicyPort) bool {
	if len(wide) == 0 {
		return true
	}
	if len(narrow) == 0 {
		return false
	}
	return !slices.ContainsFunc(narrow, func(n networkingv1.NetworkPolicyPort) bool {
		return !slices.ContainsFunc(wide, func(w networkingv1.NetworkPolicyPort) bool { return coversPort(w, n) })
	})
}

func coversPort(w, n networkingv1.NetworkPolicyPort) bool {
	if *w.Protocol != *n.Protocol || w.Port == nil || n.Port == nil {
		return *w.Protocol == *n.Protocol && w.Port == nil
	}
	if w.Port.Type == intstr.String || n.Port.Type == intstr.String {
		return *w.Port == *n.Port
	}
	return w.Port.IntVal <= n.Port.IntVal && last(n) <= last(w)
}

// last returns the last port of an item by number.
func last(p networkingv1.NetworkPolicyPort) int32 {
	if p.EndPort != nil {
		return *p.EndPort
	}
	return p.Port.IntVal
}

// databaseWord returns a label value of a selector that has a word by which databases, queues and caches are called.
func databaseWord(s metav1.LabelSelector) string {
	words := []string{
		"db", "database", "postgres", "postgresql", "mysql", "mariadb", "mongo", "mongodb", "redis", "memcached",
		"rabbitmq", "kafka", "cassandra", "elasticsearch", "etcd", "cockroachdb",
	}
	for _, k := range slices.Sorted(maps.Keys(s.MatchLabels)) {
		v := s.MatchLabels[k]
		if slices.ContainsFunc(strings.FieldsFunc(v, func(c rune) bool { return c == '-' || c == '_' || c == '.' }), func(w string) bool { return slices.Contains(words, w) }) {
			return k + "=" + v
		}
	}
	return ""
}

// databases returns the ports of a rule that are those of databases, queues and caches by the numbers that those are known
// for, and that no container of its pods calls after something else.
func (r *reviewer) databases(x *writtenRule) []string {
	known := map[int32]string{
		1433: "SQL Server", 1521: "Oracle", 2379: "etcd", 2380: "etcd", 3306: "MySQL", 5432: "PostgreSQL", 5672: "AMQP",
		6379: "Redis", 9042: "Cassandra", 9092: "Kafka", 9200: "Elasticsearch", 11211: "Memcached", 26257: "CockroachDB",
		27017: "MongoDB",
	}
	var out []string
	for _, p := range x.Ports {
		if p.Port != nil && p.EndPort == nil && *p.Protocol == "TCP" && known[p.Port.IntVal] != "" && !r.isOther(x, int(p.Port.IntVal)) {
			out = append(out, fmt.Sprintf("port `%d` (%s)", p.Port.IntVal, known[p.Port.IntVal]))
		}
	}
	return out
}

// isOther reports whether a container of the pods of a rule has a name for a port that is not one of databases.
func (r *reviewer) isOther(x *writtenRule, port int) bool {
	words := []string{"metrics", "prom", "prometheus", "web", "ui", "api", "admin", "health", "webhook", "grpc", "http", "https"}
	switch port {
	case 9200: // Elasticsearch speaks HTTP
		words = words[:len(words)-2]
	case 26257: // and CockroachDB gRPC
		words = words[:len(words)-3]
	}
	return slices.ContainsFunc(r.subjects(x.policy), func(p *pods) bool {
		return p.workload != nil && slices.ContainsFunc(p.workload.Ports, func(q inventory.Port) bool {
			return q.Number == port && q.Protocol == graph.TCP && slices.ContainsFunc(strings.Split(q.Name, "-"), func(w string) bool { return slices.Contains(words, w) })
		})
	})
}
