package examples_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/npgen/npgen/gen"
	"github.com/npgen/npgen/gen/diag"
)

// Three environments of one shop, each in a namespace of its own.
func environments() application {
	pods := map[string]map[string]string{}
	for _, of := range []map[string]map[string]string{
		apps("shop-dev", "web", "api", "db", "shell"), apps("shop-stage", "web", "api", "db", "load"), apps("shop-prod", "web", "api", "db"),
	} {
		maps.Copy(pods, of)
	}
	return application{
		folder: "environments",
		pods:   pods,
		others: apps("ingress", "controller"),
		dns:    kubeDNS,
		sets: map[string][]string{
			"webs":    {"shop-dev/web", "shop-stage/web", "shop-prod/web"},
			"callers": {"shop-dev/web", "shop-dev/api", "shop-dev/shell", "shop-stage/web", "shop-stage/api", "shop-stage/load", "shop-prod/web", "shop-prod/api"},
			"bank":    {"198.51.100.7"},
			"sandbox": {"198.51.100.23"},
		},
		addresses: []string{"198.51.100.23"},
		edges: []string{
			"ingress/controller -> webs:8080",
			"shop-dev/web -> shop-dev/api:8080",
			"shop-dev/api -> shop-dev/db:5432",
			"shop-dev/shell -> shop-dev/api:8080",
			"shop-dev/shell -> shop-dev/db:5432",
			"shop-stage/web -> shop-stage/api:8080",
			"shop-stage/api -> shop-stage/db:5432",
			"shop-stage/load -> shop-stage/web:8080",
			"shop-stage/api -> sandbox:443",
			"shop-prod/web -> shop-prod/api:8080",
			"shop-prod/api -> shop-prod/db:5432",
			"shop-prod/api -> bank:443",
			"callers -> dns:53,53/udp",
		},
	}
}

// The shop in one cluster: its pods, its store, and more flows.
func inCluster(cluster, store string, more []string, extra ...string) application {
	pods := apps("shop", append([]string{"web", "api", "db", "backup"}, extra...)...)
	callers := slices.DeleteFunc(slices.Collect(maps.Keys(pods)), func(name string) bool { return name == "shop/db" })
	return application{
		folder: "clusters", cluster: cluster,
		pods:      pods,
		others:    apps("ingress", "controller"),
		dns:       kubeDNS,
		addresses: []string{"198.51.100.2", "203.0.113.2", "169.254.20.10"},
		sets:      map[string][]string{"store": {store}, "callers": callers},
		edges: append([]string{
			"ingress/controller -> shop/web:8080",
			"shop/web -> shop/api:8080",
			"shop/api -> shop/db:5432",
			"shop/backup -> shop/db:5432",
			"shop/backup -> store:443",
			"callers -> dns:53,53/udp",
		}, more...),
	}
}

func east() application {
	a := inCluster("east", "198.51.100.2", nil)
	a.sets["store"] = append(a.sets["store"], "198.51.100.7")
	return a
}

func west() application {
	a := inCluster("west", "203.0.113.2", []string{"shop/report -> shop/db:5432", "callers -> cache:53,53/udp"}, "report")
	a.sets["cache"] = []string{"169.254.20.10"}
	return a
}

// TestEnvironmentsAreGuarded sees the guardrails of the base refuse a way into the database of an environment from
// elsewhere, and the way out of it, and no other.
func TestEnvironmentsAreGuarded(t *testing.T) {
	for edge, refused := range map[string]bool{
		"other -> shop-prod/db":               true,
		"shop-stage/load -> shop-prod/db":     true,
		"shop-prod/db -> 198.51.100.0/28:443": true,
		"other -> shop-prod/web":              false,
		"shop-prod/web -> shop-prod/db":       false,
	} {
		env := env(t)
		env.Stdin = strings.NewReader("package other\nnamespace: \"other\"\nworkloads: other: {}\nallow: [\"" + edge + "\"]\n")
		built, err := gen.BuildClusters(env, []string{packages(t, "environments"), "-"})
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.Equal(rules(built.Findings), []string{diag.BasePackage, diag.ForbiddenFlow}); got != refused {
			t.Errorf("`%s` is refused: %t\n%v", edge, got, built.Findings)
		}
	}
}

// TestClustersAreApart sees that each cluster is a graph of its own: `report` of the west is unknown in the east.
func TestClustersAreApart(t *testing.T) {
	built := buildAll(t, env(t), packages(t, "clusters"))
	workloads := map[string][]string{}
	for _, r := range built.Clusters {
		for _, w := range r.Graph.Workloads {
			workloads[r.ClusterName] = append(workloads[r.ClusterName], w.String())
		}
		slices.Sort(workloads[r.ClusterName])
	}
	want := map[string][]string{
		"east": {"shop/api", "shop/backup", "shop/db", "shop/web"},
		"west": {"shop/api", "shop/backup", "shop/db", "shop/report", "shop/web"},
	}
	if diff := cmp.Diff(want, workloads); diff != "" {
		t.Error(diff)
	}
	if _, err := gen.Build(env(t), []string{packages(t, "clusters")}); err == nil {
		t.Error("two clusters are one graph")
	}
}
