package examples_test

import "maps"

// application is what runs, by the labels of its own manifests, and who calls whom, by its own configuration: written
// down here, not read from the package.
type application struct {
	folder string
	// cluster is the one that it runs in, where the packages name clusters.
	cluster string
	// pods maps ns/name to labels.
	pods map[string]map[string]string
	// others are pods of namespaces that the package does not own, besides those that every cluster here has.
	others map[string]map[string]string
	// namespaces are labels of namespaces, besides kubernetes.io/metadata.name.
	namespaces map[string]map[string]string
	// dns is the pod that answers DNS.
	dns map[string]map[string]string
	// sets are names in edges that stand for several pods; see also flows.
	sets map[string][]string
	// addresses are more of the internet, to which something is to be open.
	addresses []string
	// edges are the flows that are to be open, as pairs of pods, sets or built-in sets with the pods' ports.
	edges []string
}

var kubeDNS = map[string]map[string]string{"kube-system/coredns": {"k8s-app": "kube-dns"}}

func applications() []application {
	return []application{onlineBoutique(), bookinfo(), bankOfAnthos(), acsSecurityDemos(), kubebuilderOperator(), teams(), wordpress(), environments(), east(), west()}
}

// apps returns pods that carry the label app=<name>.
func apps(namespace string, names ...string) map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, n := range names {
		out[namespace+"/"+n] = map[string]string{"app": n}
	}
	return out
}

func onlineBoutique() application {
	return application{
		folder: "online-boutique",
		pods: apps("default", "adservice", "cartservice", "checkoutservice", "currencyservice", "emailservice",
			"frontend", "loadgenerator", "paymentservice", "productcatalogservice", "recommendationservice",
			"redis-cart", "shippingservice"),
		dns: kubeDNS,
		sets: map[string][]string{"all-but-redis": {
			"default/adservice", "default/cartservice", "default/checkoutservice", "default/currencyservice",
			"default/emailservice", "default/frontend", "default/loadgenerator", "default/paymentservice",
			"default/productcatalogservice", "default/recommendationservice", "default/shippingservice",
		}},
		edges: []string{
			"world -> default/frontend:8080",
			"default/loadgenerator -> default/frontend:8080",
			"default/frontend -> default/adservice:9555",
			"default/frontend -> default/cartservice:7070",
			"default/frontend -> default/checkoutservice:5050",
			"default/frontend -> default/currencyservice:7000",
			"default/frontend -> default/productcatalogservice:3550",
			"default/frontend -> default/recommendationservice:8080",
			"default/frontend -> default/shippingservice:50051",
			"default/checkoutservice -> default/cartservice:7070",
			"default/checkoutservice -> default/currencyservice:7000",
			"default/checkoutservice -> default/emailservice:8080",
			"default/checkoutservice -> default/paymentservice:50051",
			"default/checkoutservice -> default/productcatalogservice:3550",
			"default/checkoutservice -> default/shippingservice:50051",
			"default/recommendationservice -> default/productcatalogservice:3550",
			"default/cartservice -> default/redis-cart:6379",
			"all-but-redis -> dns:53,53/udp",
		},
	}
}

func bookinfo() application {
	version := func(app, version string) map[string]string {
		return map[string]string{"app": app, "version": version}
	}
	return application{
		folder: "bookinfo",
		pods: map[string]map[string]string{
			"default/productpage-v1":   version("productpage", "v1"),
			"default/details-v1":       version("details", "v1"),
			"default/details-v2":       version("details", "v2"),
			"default/reviews-v1":       version("reviews", "v1"),
			"default/reviews-v2":       version("reviews", "v2"),
			"default/reviews-v3":       version("reviews", "v3"),
			"default/ratings-v1":       version("ratings", "v1"),
			"default/ratings-v2":       version("ratings", "v2"),
			"default/ratings-v2-mysql": version("ratings", "v2-mysql"),
			"default/mongodb-v1":       version("mongodb", "v1"),
			"default/mysqldb-v1":       version("mysqldb", "v1"),
		},
		others: map[string]map[string]string{
			"istio-system/ingressgateway": {"istio": "ingressgateway"},
			"istio-system/istiod":         {"istio": "pilot"},
			"elsewhere/ingressgateway":    {"istio": "ingressgateway"},
		},
		dns: kubeDNS,
		sets: map[string][]string{
			"details": {"default/details-v1", "default/details-v2"},
			"reviews": {"default/reviews-v1", "default/reviews-v2", "default/reviews-v3"},
			"rated":   {"default/reviews-v2", "default/reviews-v3"},
			"ratings": {"default/ratings-v1", "default/ratings-v2", "default/ratings-v2-mysql"},
		},
		edges: []string{
			"istio-system/ingressgateway -> default/productpage-v1:9080",
			"default/productpage-v1 -> details:9080",
			"default/productpage-v1 -> reviews:9080",
			"rated -> ratings:9080",
			"default/ratings-v2 -> default/mongodb-v1:27017",
			"default/ratings-v2-mysql -> default/mysqldb-v1:3306",
			"default/details-v2 -> internet:443",
			"own -> dns:53,53/udp",
		},
	}
}

func bankOfAnthos() application {
	pod := func(app, team, tier string) map[string]string {
		return map[string]string{"app": app, "application": "bank-of-anthos", "environment": "development", "team": team, "tier": tier}
	}
	services := []string{
		"default/frontend", "default/userservice", "default/contacts", "default/ledgerwriter",
		"default/balancereader", "default/transactionhistory",
	}
	return application{
		folder: "bank-of-anthos",
		pods: map[string]map[string]string{
			"default/frontend":           pod("frontend", "frontend", "web"),
			"default/userservice":        pod("userservice", "accounts", "backend"),
			"default/contacts":           pod("contacts", "accounts", "backend"),
			"default/accounts-db":        pod("accounts-db", "accounts", "db"),
			"default/ledgerwriter":       pod("ledgerwriter", "ledger", "backend"),
			"default/balancereader":      pod("balancereader", "ledger", "backend"),
			"default/transactionhistory": pod("transactionhistory", "ledger", "backend"),
			"default/ledger-db":          pod("ledger-db", "ledger", "db"),
			"default/loadgenerator":      {"app": "loadgenerator", "environment": "development", "team": "loadgenerator", "tier": "test"},
		},
		dns:  kubeDNS,
		sets: map[string][]string{"services": services},
		edges: []string{
			"world -> default/frontend:8080",
			"default/loadgenerator -> default/frontend:8080",
			"default/frontend -> default/userservice:8080",
			"default/frontend -> default/contacts:8080",
			"default/frontend -> default/ledgerwriter:8080",
			"default/frontend -> default/balancereader:8080",
			"default/frontend -> default/transactionhistory:8080",
			"default/ledgerwriter -> default/balancereader:8080",
			"default/userservice -> default/accounts-db:5432",
			"default/contacts -> default/accounts-db:5432",
			"default/ledgerwriter -> default/ledger-db:5432",
			"default/balancereader -> default/ledger-db:5432",
			"default/transactionhistory -> default/ledger-db:5432",
			"services -> internet:443",
			"services -> dns:53,53/udp",
			"default/loadgenerator -> dns:53,53/udp",
		},
	}
}

func acsSecurityDemos() application {
	pods := apps("frontend", "asset-cache", "webapp")
	for _, more := range []map[string]map[string]string{
		apps("backend", "catalog", "checkout", "notification", "recommendation", "reports", "shipping"),
		apps("payments", "gateway", "mastercard-processor", "visa-processor"),
	} {
		for name, labels := range more {
			pods[name] = labels
		}
	}
	return application{
		folder: "acs-security-demos",
		pods:   pods,
		dns:    map[string]map[string]string{"openshift-dns/dns-default": {"dns.operator.openshift.io/daemonset-dns": "default"}},
		sets: map[string][]string{"asking": {
			"frontend/webapp", "backend/checkout", "backend/recommendation", "backend/reports", "payments/gateway",
		}},
		edges: []string{
			"elsewhere -> frontend/asset-cache:8080",
			"elsewhere -> frontend/webapp:8080",
			"frontend/webapp -> backend/checkout:8080",
			"frontend/webapp -> backend/recommendation:8080",
			"frontend/webapp -> backend/reports:8080",
			"frontend/webapp -> backend/shipping:8080",
			"backend/checkout -> backend/notification:8080",
			"backend/checkout -> backend/recommendation:8080",
			"backend/checkout -> payments/gateway:8080",
			"backend/recommendation -> backend/catalog:8080",
			"backend/reports -> backend/catalog:8080",
			"backend/reports -> backend/recommendation:8080",
			"payments/gateway -> payments/mastercard-processor:8080",
			"payments/gateway -> payments/visa-processor:8080",
			"asking -> dns:5353,5353/udp",
		},
	}
}

func kubebuilderOperator() application {
	return application{
		folder: "kubebuilder-operator",
		pods: map[string]map[string]string{"project-v4-system/controller-manager": {
			"control-plane": "controller-manager", "app.kubernetes.io/name": "project-v4",
		}},
		others: map[string]map[string]string{
			"monitoring/prometheus": {"app": "prometheus"},
			"clients/client":        {"app": "client"},
		},
		namespaces: map[string]map[string]string{
			"monitoring": {"metrics": "enabled"},
			"clients":    {"webhook": "enabled"},
		},
		dns: kubeDNS,
		edges: []string{
			"monitoring/prometheus -> project-v4-system/controller-manager:8443",
			"clients/client -> project-v4-system/controller-manager:9443",
			"own -> world:*", // egress is not isolated
		},
	}
}

func wordpress() application {
	return application{
		folder: "wordpress",
		pods: map[string]map[string]string{
			"default/wordpress":       {"app": "wordpress", "tier": "frontend"},
			"default/wordpress-mysql": {"app": "wordpress", "tier": "mysql"},
		},
		dns: kubeDNS,
		edges: []string{
			"world -> default/wordpress:80",
			"default/wordpress -> default/wordpress-mysql:3306",
			"default/wordpress -> internet:443",
			"default/wordpress -> dns:53,53/udp",
		},
	}
}

// The teams' own sketch: the bank is one address of the internet.
func teams() application {
	pods := map[string]map[string]string{}
	for _, of := range []map[string]map[string]string{apps("shop", "web", "cart"), apps("pay", "api", "db"), apps("monitoring", "prometheus")} {
		maps.Copy(pods, of)
	}
	return application{
		folder: "teams",
		pods:   pods,
		others: apps("ingress", "controller"),
		dns:    kubeDNS,
		sets: map[string][]string{
			"bank":    {"198.51.100.7"},
			"callers": {"shop/web", "shop/cart", "pay/api", "monitoring/prometheus"},
			"scraped": {"shop/web", "shop/cart", "shop/stranger", "pay/api", "pay/db", "pay/stranger"},
		},
		edges: []string{
			"ingress/controller -> shop/web:8080",
			"shop/web -> shop/cart:8080",
			"shop/cart -> pay/api:8443",
			"pay/api -> pay/db:5432",
			"pay/api -> bank:443",
			"monitoring/prometheus -> scraped:9090",
			"callers -> dns:53,53/udp",
		},
	}
}
