// Command pairs asks an engine about each pair of pods of a generated fleet, on each port that the target listens on.
//
// In: policies as YAML, and the fleet as data.json. Out: a line "from to port/protocol" for each flow that is allowed;
// on standard error what the questions cost, without the reading of the files.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/e2e/bench/programs/measure"
	"github.com/npgen/npgen/e2e/judges"
	"github.com/npgen/npgen/internal/fleet"
)

func main() {
	engine := flag.String("engine", "cyclonus", "engine to ask")
	flag.Parse()
	if err := run(*engine, flag.Arg(0), flag.Arg(1)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(name, policies, data string) error {
	c, err := cluster(policies, data)
	if err != nil {
		return err
	}
	engines := judges.Engines()
	i := slices.IndexFunc(engines, func(e judges.Engine) bool { return e.Name == name })
	if i < 0 {
		return fmt.Errorf("no engine `%s`", name)
	}
	out := bufio.NewWriter(os.Stdout)
	clock := measure.Start()
	judge, err := engines[i].New(c)
	if err != nil {
		return err
	}
	for from := range c.Pods {
		for to := range c.Pods {
			if err := ask(judge, c, from, to, out); err != nil {
				return err
			}
		}
	}
	clock.End("pairs")
	return out.Flush()
}

// ask prints the ports of one pod that another may reach. A pod reaches itself whatever policies say.
func ask(j judges.Judge, c *judges.Cluster, from, to int, out *bufio.Writer) error {
	if from == to {
		return nil
	}
	for _, p := range c.Pods[to].Ports {
		allowed, err := j.Allowed(judges.Probe{From: judges.Side{Pod: from}, To: judges.Side{Pod: to}, Protocol: p.Protocol, Port: int(p.ContainerPort)})
		if err != nil {
			return err
		}
		if allowed {
			fmt.Fprintf(out, "%s/%s %s/%s %d/%s\n", c.Pods[from].Namespace, c.Pods[from].Name, c.Pods[to].Namespace, c.Pods[to].Name, p.ContainerPort, p.Protocol)
		}
	}
	return nil
}

// cluster reads the files.
func cluster(policies, data string) (*judges.Cluster, error) {
	text, err := os.ReadFile(data)
	if err != nil {
		return nil, err
	}
	var d fleet.Data
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, err
	}
	c := &judges.Cluster{Namespaces: map[string]map[string]string{}}
	for _, ns := range d.Namespaces {
		c.Namespaces[ns] = map[string]string{"kubernetes.io/metadata.name": ns}
	}
	for _, key := range slices.Sorted(maps.Keys(d.Pods)) {
		if p := d.Pods[key]; len(p.Ports) > 0 {
			n := len(c.Pods)
			pod := judges.Pod{Namespace: p.Namespace, Name: p.Name, Labels: p.Labels, Address: netip.AddrFrom4([4]byte{10, 0, byte(n / 250), byte(1 + n%250)})}
			for i, port := range p.Ports {
				pod.Ports = append(pod.Ports, corev1.ContainerPort{Name: fmt.Sprintf("p%d", i), ContainerPort: int32(port.Port), Protocol: corev1.Protocol(port.Protocol)})
			}
			c.Pods = append(c.Pods, pod)
		}
	}
	stream, err := os.ReadFile(policies)
	if err != nil {
		return nil, err
	}
	var all []networkingv1.NetworkPolicy
	for doc := range strings.SplitSeq(string(stream), "---\n") {
		var p networkingv1.NetworkPolicy
		if err := yaml.UnmarshalStrict([]byte(doc), &p); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	c.Policies, err = judges.Stored(all)
	return c, err
}
