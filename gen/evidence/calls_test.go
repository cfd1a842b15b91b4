package evidence_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/npgen/npgen/gen/evidence"
	"github.com/npgen/npgen/gen/internal/manifesttest"
)

// base is who may be called: one Service each of one port, of two ports, of a StatefulSet that shares it with another.
const base = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: db, namespace: shop}
spec: {template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, ports: [{containerPort: 5432}]}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {selector: {app: db}, ports: [{name: pg, port: 5432}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec: {template: {metadata: {labels: {app: api}}, spec: {containers: [{name: api, ports: [{containerPort: 8080}, {containerPort: 9090}]}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop, labels: {scrape: "yes"}, annotations: {prometheus.io/scrape: "true", prometheus.io/port: "9090"}}
spec: {selector: {app: api}, ports: [{name: http, port: 80, targetPort: 8080}, {name: grpc, port: 90, targetPort: 9090}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: redis-master, namespace: shop}
spec: {serviceName: redis-headless, template: {metadata: {labels: {app: redis}}, spec: {containers: [{name: r, ports: [{containerPort: 6379}]}]}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: redis-replicas, namespace: shop}
spec: {serviceName: redis-headless, template: {metadata: {labels: {app: redis}}, spec: {containers: [{name: r, ports: [{containerPort: 6379}]}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: redis-headless, namespace: shop}
spec: {clusterIP: None, selector: {app: redis}, ports: [{port: 6379}]}
---
`

// caller returns a Deployment with a container as YAML, and objects behind it.
func caller(container string, more ...string) string {
	return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n" +
		"spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, " + container + "}]}}}\n" + strings.Join(more, "\n")
}

func env(name, value string) string { return fmt.Sprintf("env: [{name: %s, value: %q}]", name, value) }

// config returns a ConfigMap with one entry.
func config(key, text string) string {
	return fmt.Sprintf("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf, namespace: shop}\ndata: {%q: %q}", key, text)
}

const loads = "envFrom: [{configMapRef: {name: conf}}]"

func finder(t *testing.T, manifests string) *evidence.Finder {
	t.Helper()
	inv, findings := manifesttest.Read(t, manifests)
	if len(findings) > 0 {
		t.Fatal(manifesttest.Report(t, findings))
	}
	placed, _, assumed := inv.Placed()
	return evidence.New(placed, assumed)
}

// calls returns the calls between pods, an unsure one with a question mark.
func calls(f *evidence.Finder) []string {
	var out []string
	for _, c := range f.Calls() {
		from := map[evidence.Caller]string{evidence.Anyone: "any", evidence.Controller: "controller", evidence.APIServer: "apiserver", evidence.Scraper: "scraper"}[c.Caller]
		if c.Caller == evidence.Pods {
			from = c.From.Name
		}
		for _, p := range c.Ports {
			s := fmt.Sprintf("%s -> %s:%s", from, c.To.Name, p)
			if !c.Sure {
				s += "?"
			}
			if !slices.Contains(out, s) && from != "scraper" {
				out = append(out, s)
			}
		}
	}
	slices.Sort(out)
	return out
}

func TestCalls(t *testing.T) {
	const (
		db  = "web -> db:5432"
		api = "web -> api:8080"
	)
	tests := []struct {
		name, manifests string
		want            []string
	}{
		{"who may pass by a proxy", caller(env("NO_PROXY", "db:5432,api.shop.svc")), nil},
		{"the same in small letters", caller(env("no_proxy", "http://db:5432")), nil},
		{"who may ask", caller(env("ALLOWED_HOSTS", "db:5432,api:80")), nil},
		{"whose pages may ask", caller(env("CORS_ORIGINS", "http://api,http://db:5432")), nil},
		{"where others find it", caller(env("KAFKA_ADVERTISED_LISTENERS", "PLAINTEXT://db:5432")), nil},
		{"the name of a database", caller(env("POSTGRES_DB", "db")), nil},
		{"the name of a Service", caller(env("OTEL_SERVICE_NAME", "api")), nil},
		{"a word under a key that says nothing", caller(env("CACHE", "api")), nil},
		{"a comment in a ConfigMap", caller(loads, config("app.conf", "# url=http://api:80\n// http://api:80\nx=1 # db:5432\n")), nil},
		{"a comment in YAML", caller(loads, config("app.yaml", "a:\n  # url: http://api:80\n  b: 1\n")), nil},
		{"a list of origins in YAML", caller(loads, config("app.yaml", "cors:\n  allowed_origins: [\"http://api:80\"]\n")), nil},
		{"an image", caller(loads, config("app.yaml", "image: db:5432\nx: 1\n")), nil},

		{"a host", caller(env("DB_HOST", "db")), []string{db}},
		{"a variable in a variable", caller(`env: [{name: TO, value: api}, {name: U, value: "http://$(TO):80"}]`), []string{api}},
		{"a variable of a ConfigMap in a variable", caller(`envFrom: [{configMapRef: {name: conf}}], env: [{name: U, value: "http://$(TO):80"}]`, config("TO", "api")), []string{api}},
		{"a variable in an argument", caller(`args: ["--to=$(TO):80"], env: [{name: TO, value: api}]`), []string{api}},
		{"a dollar is no variable", caller(`args: ["--to=$$(TO):80"], env: [{name: TO, value: api}]`), nil},
		{"a variable in itself", caller(`env: [{name: A, value: "http://$(B):80"}, {name: B, value: "$(A)"}]`), nil},
		{"ADO.NET", caller(env("DB", "Host=db;Username=u;Password=p")), []string{db}},
		{"SQL Server", caller(env("DB", "Server=tcp:db,5432;Database=x")), []string{db}},
		{"libpq", caller(env("DB", "host=db port=5432 user=u")), []string{db}},
		{"Oracle", caller(env("DB", "jdbc:oracle:thin:@db:5432:x")), []string{db}},
		{"Oracle's long form", caller(env("DB", "jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=db)(PORT=5432)))")), []string{db}},
		{"a client's flags", caller(`command: [sh, -c, "pg_isready -h db -p 5432"]`), []string{db}},
		{"a client's flags apart", caller(`args: ["-h", "api", "-p", "90"]`), []string{"web -> api:9090"}},
		{"nc", caller(`command: [sh, -c, "until nc -z api 90; do sleep 2; done"]`), []string{"web -> api:9090"}},
		{"two words", caller(`command: [sh, -c, "echo api 7"]`), nil},
		{"host and port in YAML", caller(loads, config("app.yaml", "a:\n  host: api\n  port: 90\n")), []string{"web -> api:9090"}},
		{"host and port in the second document", caller(loads, config("app.yaml", "a: 1\n---\nb:\n  host: api\n  port: 90\n")), []string{"web -> api:9090"}},
		{"host and port in JSON", caller(loads, config("app.json", `{"a": {"host": "api", "port": 90}}`)), []string{"web -> api:9090"}},
		{"host and port in an INI file", caller(loads, config("app.ini", "[a]\nhost = api\nport = 90\n")), []string{"web -> api:9090"}},
		{"HOST and PORT", caller(`env: [{name: API_HOST, value: api}, {name: API_PORT, value: "90"}]`), []string{"web -> api:9090"}},
		{"a host and two ports", caller(`env: [{name: API_HOST, value: api}, {name: API_PORT, value: "90"}, {name: API_UI_PORT, value: "80"}]`), []string{"web -> api:8080?", "web -> api:9090?"}},
		{"a host that is switched off", caller(`env: [{name: DB_HOST, value: db}, {name: DB_ENABLED, value: "false"}]`), []string{db + "?"}},
		{"the port of a scheme", caller(env("U", "http://api")), []string{api}},
		{"a host of two ports", caller(env("API_HOST", "api")), []string{api + "?", "web -> api:9090?"}},
		{"an SRV record", caller(`args: ["--endpoint=dnssrv+_grpc._tcp.api.shop.svc.cluster.local"]`), []string{"web -> api:9090"}},
		{"an SRV record of no port", caller(`args: ["--endpoint=_other._tcp.api.shop"]`), nil},
		{"a pod of one StatefulSet of two", caller(env("R", "redis-master-0.redis-headless:6379")), []string{"web -> redis-master:6379"}},
		{"both of them", caller(env("R", "redis-headless:6379")), []string{"web -> redis-master:6379", "web -> redis-replicas:6379"}},
		{"a port that nobody has", caller(env("U", "http://api:7")), nil},
		{"an init container", "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: {containers: [{name: a}], initContainers: [{name: i, " + env("U", "db:5432") + "}]}", []string{db}},
		{"OpenShift's arrows", strings.Replace(caller("image: x"), "namespace: shop}", `namespace: shop, annotations: {app.openshift.io/connects-to: '[{"kind":"Deployment","name":"db"}]'}}`, 1), []string{db}},
		{
			"one ConfigMap of two addresses for two", caller(loads, "---", strings.ReplaceAll(caller(loads), "name: web", "name: other"), config("a", "http://api\nDB_HOST=db\n")),
			[]string{"other -> api:8080?", "other -> db:5432?", "web -> api:8080?", "web -> db:5432?"},
		},
		{
			"the same, one of them named in arguments", caller(loads+`, args: ["--db=$(DB)"]`, "---", strings.ReplaceAll(caller(loads), "name: web", "name: other"),
				"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf, namespace: shop}\ndata: {API: \"http://api\", DB: \"db:5432\"}"),
			[]string{"other -> api:8080?", "other -> db:5432?", "web -> api:8080?", "web -> db:5432"},
		},
		{"an Ingress", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i, namespace: shop}\nspec: {defaultBackend: {service: {name: api, port: {name: http}}}}", []string{"controller -> api:8080"}},
		{
			"a ServiceMonitor and its Prometheus",
			"apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: p, namespace: shop}\nspec: {serviceMonitorSelector: {}}\n---\n" +
				"apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: m, namespace: shop}\nspec: {selector: {matchLabels: {scrape: \"yes\"}}, endpoints: [{port: grpc}]}",
			[]string{"prometheus-p -> api:9090"},
		},
		{
			"a PodMonitor that this Prometheus does not take",
			"apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: p, namespace: shop}\nspec: {podMonitorSelector: {matchLabels: {team: x}}}\n---\n" +
				"apiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: {name: m, namespace: shop}\nspec: {selector: {matchLabels: {app: db}}, podMetricsEndpoints: [{portNumber: 5432}]}",
			nil,
		},
		{
			"annotations and a Prometheus that asks for them",
			caller("image: prom/prometheus:v3, "+loads, config("prometheus.yml", "x: __meta_kubernetes_service_annotation_prometheus_io_scrape\n")),
			[]string{"web -> api:9090"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, calls(finder(t, base+tt.manifests)), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestCallsOfOwn has the members of a StatefulSet, which find each other by their names or by those that the Service has.
func TestCallsOfOwn(t *testing.T) {
	for peers, want := range map[string][]string{
		"s-0.s,s-1.s":   {"s -> s:7000", "s -> s:9042?"},
		"s-0.s:7000":    {"s -> s:7000"},
		"$(POD).s:7000": {"s -> s:7000"},
		"s:7000":        {"s -> s:7000"},
		"other":         nil,
	} {
		got := calls(finder(t, `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: s, namespace: shop}
spec:
  serviceName: s
  template:
    metadata: {labels: {app: s}}
    spec:
      containers:
      - name: s
        ports: [{containerPort: 7000}, {containerPort: 9042}]
        env:
        - {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        - {name: SEEDS, value: "`+peers+`"}
---
apiVersion: v1
kind: Service
metadata: {name: s, namespace: shop}
spec: {clusterIP: None, selector: {app: s}, ports: [{port: 7000}]}
`))
		for i := range want {
			want[i] = strings.TrimSuffix(want[i], "?")
		}
		for i := range got {
			got[i] = strings.TrimSuffix(got[i], "?")
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", peers, diff)
		}
	}
}

func TestUnanswered(t *testing.T) {
	tests := []struct {
		name, manifests, want string
	}{
		{"a name of nothing", caller(env("DB", "postgres://u@pg-rw:5432/x")), "pg-rw:5432 (env DB)"},
		{"a host and a port of nothing", caller(`env: [{name: DB_HOST, value: pg-rw}, {name: DB_PORT, value: "5432"}]`), "pg-rw:5432 (env DB_HOST)"},
		{"a cloud's database", caller(env("DB_HOST", "x.eu-west-1.rds.amazonaws.com")), "outside: x.eu-west-1.rds.amazonaws.com (env DB_HOST)"},
		{"an address", caller(env("DB", "10.0.0.5:5432")), "address: 10.0.0.5:5432 (env DB)"},
		{"the pod itself", caller(env("U", "http://localhost:80 http://127.0.0.1:80 0.0.0.0:80")), ""},
		{"who is passed by", caller(env("NO_PROXY", "http://pg-rw:80,10.0.0.5:80")), ""},
		{"a secret that looks like an address", caller(env("API_KEY", "x1.example.com:80")), ""},
		{"a password in front of a host", caller(env("DSN", "root:1234@tcp(mysql:3306)/x")), "mysql:3306 (env DSN)"},
		{"what is answered", caller(env("U", "http://api")), ""},
		{"a port that the Service lacks", caller(env("U", "http://api:7")), "api:7: Service api has no such port (env U)"},
		{
			"a Service for a name outside", caller(env("DB_HOST", "ext"), "---\napiVersion: v1\nkind: Service\nmetadata: {name: ext, namespace: shop}\nspec: {type: ExternalName, externalName: db.example.com}"),
			"ext: Service ext stands for db.example.com (env DB_HOST)",
		},
		{
			"a Service without a selector", caller(env("DB_HOST", "ext"), "---\napiVersion: v1\nkind: Service\nmetadata: {name: ext, namespace: shop}\nspec: {ports: [{port: 1}]}\n---\napiVersion: v1\nkind: Endpoints\nmetadata: {name: ext, namespace: shop}\nsubsets: [{addresses: [{ip: 10.1.2.3}], ports: [{port: 1}]}]"),
			"ext: Service ext leads to 10.1.2.3 (env DB_HOST)",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, u := range finder(t, base+tt.manifests).Unanswered() {
				s := u.Address
				switch {
				case u.Why != "":
					s += ": " + u.Why
				case u.IP:
					s = "address: " + s
				case u.Outside:
					s = "outside: " + s
				}
				got = append(got, s+" ("+u.Says+")")
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, ", ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNeeds(t *testing.T) {
	role := func(verb string) string {
		return "\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: \"x:y\"}\nrules: [{apiGroups: [\"\"], resources: [pods], verbs: [" + verb + "]}]" +
			"\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\nroleRef: {kind: ClusterRole, name: \"x:y\"}\nsubjects: [{kind: ServiceAccount, name: default, namespace: shop}]"
	}
	pod := func(spec string) string {
		return "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: {" + spec + "}"
	}
	tests := []struct{ name, manifests, want string }{
		{"a role", pod("containers: [{name: a}]") + role("list"), "web: ClusterRole x:y"},
		{"a role that only admission asks for", pod("containers: [{name: a}]") + role("use"), ""},
		{"no token", pod("automountServiceAccountToken: false, containers: [{name: a}]") + role("list"), ""},
		{"another account", pod("serviceAccountName: other, containers: [{name: a}]") + role("list"), ""},
		{"the election of a leader", pod(`containers: [{name: a, args: ["--leader-elect"]}]`), "web: arg --leader-elect"},
		{"none", pod(`containers: [{name: a, args: ["--leader-elect=false"]}]`), ""},
		{"its name", pod("containers: [{name: a, " + env("U", "https://kubernetes.default.svc") + "}]"), "web: env U"},
		{
			"a role that is not here", pod("containers: [{name: a}]") + "\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b, namespace: shop}\nroleRef: {kind: ClusterRole, name: view}\nsubjects: [{kind: ServiceAccount, name: default}]",
			"web: ClusterRole view?",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, n := range finder(t, tt.manifests).Needs() {
				s := n.From.Name + ": " + n.Says
				if !n.Sure {
					s += "?"
				}
				got = append(got, s)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, ", ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}
