package kustomize

type pkg struct {
	name       string
	cue        string
	namespaces []string
}

// packages returns a package of one namespace and one of three. The order of npgen's stream is neither that of the
// names alone nor that of kustomize: `a` has objects after those of `zoo`.
func packages() []pkg {
	return []pkg{
		{name: "one namespace", namespaces: []string{"shop"}, cue: `package policy

namespace: "shop"
workloads: {
	web: ports: http: 8080
	api: ports: http: 8080
	db: {
		labels: {"app.kubernetes.io/name": "db", tier: "1"}
		ports: {sql: 5432, metrics: "9187/tcp"}
	}
}
external: partner: {cidrs: ["203.0.113.0/24", "2001:db8::/32"], except: ["203.0.113.128/25"]}
allow: [
	"any -> web",
	"web -> api",
	{from: "api", to: "db", ports: ["sql"], why: "orders: and \"quotes\", # no comment\nsecond line"},
	"api -> internet:443",
	"api -> partner:8000-8010",
	"api -> *:*/udp",
]
output: {labels: {"on": "off", version: "1.0"}, annotations: {"example.com/number": "0x10", "example.com/yes": "yes"}}
`},
		{name: "three namespaces", namespaces: []string{"a", "shop", "zoo"}, cue: `package policy

namespace: "shop"
namespaces: {
	a: {}
	zoo: isolate: "ingress"
	monitoring: owned: false
}
workloads: {
	web: ports: http: 8080
	"a/web": ports: http: 8080
	"zoo/cat": ports: http: 80
	"a/zebra": {}
	"monitoring/prometheus": {}
}
allow: [
	"web -> a/web",
	"a/web -> zoo/cat",
	"a/zebra -> zoo/cat:80,81/sctp",
	"monitoring/prometheus -> */*:9090",
	"zoo/* -> web",
	"a/* -> apiserver",
]
apiserver: {cidrs: ["10.0.0.1/32"], ports: [6443]}
`},
	}
}
