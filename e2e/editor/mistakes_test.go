package editor

// mistake is a line that somebody adds to the starter package, and what plain CUE says of it.
type mistake struct {
	name, cue string
	// says is empty where plain CUE sees nothing wrong.
	says string
}

// seen returns what the schema says in CUE.
func seen() []mistake {
	return []mistake{
		{"top level", `allows: ["web -> db"]`, "allows: field not allowed"},
		{"top level by if", `if true {workload: web: {}}`, "workload: field not allowed"},
		{"top level by for", `for n in ["x"] {"\(n)": 1}`, "x: field not allowed"},
		{"top level struct", `workload: web: ports: http: 8080`, "workload: field not allowed"},
		{"workload field", `workloads: web: prots: http: 8080`, "workloads.web.prots: field not allowed"},
		{"workload field in a comprehension", `workloads: {for n in ["x"] {"\(n)": {port: 80}}}`, "workloads.x.port: field not allowed"},
		{"workload name", `workloads: "a/b/c": {}`, `workloads."a/b/c": field not allowed`},
		{"workload name in capitals", `workloads: Web: {}`, "workloads.Web: field not allowed"},
		{"service field", `workloads: web: service: port: 80`, "workloads.web.service.port: field not allowed"},
		{"expression field", `workloads: web: expressions: [{key: "a", operator: "In", value: ["b"]}]`, "workloads.web.expressions.0.value: field not allowed"},
		{"expression operator", `workloads: web: expressions: [{key: "a", operator: "Equals"}]`, "workloads.web.expressions.0.operator: "},
		{"external field", `external: partner: cidr: ["203.0.113.0/24"]`, "external.partner.cidr: field not allowed"},
		{"namespace field", `namespaces: shop: own: false`, "namespaces.shop.own: field not allowed"},
		{"dns field", `dns: profil: "coredns"`, "dns.profil: field not allowed"},
		{"dns profile", `dns: profile: "core-dns"`, "dns.profile: "},
		{"output field", `output: group: "edge"`, "output.group: field not allowed"},
		{"output word", `output: grouping: "edges"`, "output.grouping: "},
		{"internet field", `internet: excepts: ["1.1.1.1/32"]`, "internet.excepts: field not allowed"},
		{"apiserver field", `apiserver: {cidrs: ["10.0.0.1/32"], ports: [443], port: 443}`, "apiserver.port: field not allowed"},
		{"tests field", `tests: alow: ["web -> api"]`, "tests.alow: field not allowed"},
		{"edge field", `forbid: [{from: "web", to: "db", port: [80]}]`, "forbid.0.port: field not allowed"},
		{"namespace of another type", `namespace: 5`, "namespace: conflicting values"},
		{"isolate word", `isolate: "all"`, `isolate: conflicting values "both" and "all"`},
		{"deny word", `deny: "workloads"`, `deny: conflicting values "namespace" and "workloads"`},
		{"port of another type", `workloads: web: ports: admin: true`, "workloads.web.ports.admin: conflicting values true and int"},
		{"label of another type", `workloads: web: labels: version: 2`, "workloads.web.labels.version: conflicting values"},
		{"edge of another type", `forbid: [80]`, "forbid.0: conflicting values 80 and string"},
		{"a string for a list", `groups: all: "web"`, "groups.all: conflicting values"},
		{"no value", `workloads: web: ports: admin: int`, "workloads.web.ports.admin: incomplete value int"},
	}
}

// unseen returns what npgen alone knows: the grammar inside of strings, and what refers to what.
func unseen() []mistake {
	return []mistake{
		{name: "edge grammar", cue: `forbid: ["web => db"]`},
		{name: "unknown workload", cue: `forbid: ["web -> dbb"]`},
		{name: "unknown port name", cue: `forbid: ["web -> db:http"]`},
		{name: "address", cue: `external: partner: cidrs: ["203.0.113.0/33"]`},
		{name: "address that is no range", cue: `external: partner: cidrs: ["203.0.113.7"]`},
		{name: "exception outside", cue: `external: partner: {cidrs: ["203.0.113.0/24"], except: ["198.51.100.0/25"]}`},
		{name: "port out of range", cue: `workloads: web: ports: admin: 70000`},
		{name: "port grammar", cue: `workloads: web: ports: admin: "9090/tpc"`},
		{name: "label value", cue: `workloads: web: labels: app: "no blanks"`},
		{name: "two names for one peer", cue: `groups: web: ["api"]`},
		{name: "unknown group member", cue: `groups: all: ["web", "wbe"]`},
	}
}
