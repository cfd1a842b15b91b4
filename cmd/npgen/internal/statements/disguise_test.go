package statements

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/npgen/npgen/internal/oracle"
	"github.com/npgen/npgen/internal/oracle/random"
)

// disguise writes clusters as somebody would who hides a policy from a reader, and not from kubectl.
type disguise struct {
	*rand.Rand
	t testing.TB
	// files are texts by path below the folder, links what links there point to.
	files map[string][]byte
	links map[string]string
}

func newDisguise(t testing.TB, seed, stream uint64) *disguise {
	return &disguise{rand.New(rand.NewPCG(seed, stream)), t, map[string][]byte{}, map[string]string{}}
}

func (d *disguise) json(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(data)
}

func (d *disguise) yaml(v any) string {
	data, err := yaml.Marshal(v)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(data)
}

// metadata returns that of a policy, as JSON without its end, so that more can follow.
func (d *disguise) metadata(p *networkingv1.NetworkPolicy) string {
	return fmt.Sprintf("{\"name\": %q, \"namespace\": %q", p.Name, p.Namespace)
}

const networking = "apiVersion: networking.k8s.io/v1\n"

// document writes a policy as one document.
func (d *disguise) document(p *networkingv1.NetworkPolicy) (text string, isJSON bool) {
	spec := "spec: " + d.json(p.Spec) + "\n"
	metadata := "metadata: " + d.metadata(p) + "}\n"
	object := d.json(p)
	item := "{\"metadata\": " + d.metadata(p) + "}, \"spec\": " + d.json(p.Spec) + "}"
	switch d.IntN(16) {
	case 0: // the kind behind an alias
		return "metadata: " + d.metadata(p) + ", \"annotations\": {\"a\": &k NetworkPolicy}}\nkind: *k\n" + networking + spec, false
	case 1: // the kind twice
		return "kind: ConfigMap\n" + networking + "kind: NetworkPolicy\n" + metadata + spec, false
	case 2:
		return networking + "kind: !!binary " + base64.StdEncoding.EncodeToString([]byte("NetworkPolicy")) + "\n" + metadata + spec, false
	case 3:
		return networking + "kind: >-\n  NetworkPolicy\n" + metadata + spec, false
	case 4:
		return networking + "kind: \"\\x4eetworkPolicy\"\n" + metadata + spec, false
	case 5: // a merged item of a list, twice the same
		return "apiVersion: v1\nkind: List\nitems:\n- &b " + object + "\n- <<: *b\n", false
	case 6: // items without a kind
		return networking + "kind: NetworkPolicyList\nitems:\n- " + item + "\n", false
	case 7:
		return `{"kind": "NetworkPolicyList", "apiVersion": "networking.k8s.io/v1", "items": [` + item + `]}`, true
	case 8:
		return "apiVersion: v1\nkind: List\nitems: [" + object + "]\n", false
	case 9: // the items behind an alias
		return "x: &i [" + object + "]\napiVersion: v1\nkind: List\nitems: *i\n", false
	case 10: // the spec twice
		return `{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "spec": {"podSelector": {}}, "metadata": ` + d.metadata(p) + `}, "spec": ` + d.json(p.Spec) + "}", true
	case 11: // a key as a block
		return networking + "? kind\n: NetworkPolicy\n" + metadata + spec, false
	case 12:
		return object, true
	case 13: // the spec of the item before, merged
		return "apiVersion: v1\nkind: List\nitems:\n- &b " + object + "\n- {<<: *b, metadata: " + d.metadata(p) + ", labels: {again: \"yes\"}}}\n", false
	}
	return d.yaml(p), false
}

// file writes documents into a file of their own.
func (d *disguise) file(name string, documents ...string) {
	for i, text := range documents {
		documents[i] = strings.TrimSuffix(text, "\n") + "\n"
	}
	text := strings.Join(documents, []string{"---\n", "--- # here\n", "---   \n"}[d.IntN(3)])
	data := []byte(text)
	switch d.IntN(8) {
	case 0:
		data = []byte("\ufeff" + text)
	case 1, 2:
		encoding := unicode.UTF16([]unicode.Endianness{unicode.BigEndian, unicode.LittleEndian}[d.IntN(2)], unicode.UseBOM)
		data, _, _ = transform.Bytes(encoding.NewEncoder(), data)
	case 3:
		data = []byte(strings.ReplaceAll(text, "\n", "\r\n"))
	}
	d.files[name] = data
}

// cluster writes what a cluster has into a folder, and holds that to what the API machinery reads.
func (d *disguise) cluster(c *random.Cluster, dir string) error {
	rest := *c
	rest.Policies = nil
	text, err := rest.YAML()
	if err != nil {
		return err
	}
	if text != "" {
		d.file("z.yaml", text)
	}
	var stream []string
	for i := range c.Policies {
		p := &c.Policies[i]
		documents := []string{}
		if d.IntN(4) == 0 { // the last of a name counts
			early := p.DeepCopy()
			early.Spec = networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{"Ingress", "Egress"}}
			documents = append(documents, d.yaml(early))
		}
		text, isJSON := d.document(p)
		documents = append(documents, text)
		name := fmt.Sprintf("%s%d", []string{"p", ".hidden/p", "sub/deep/p", ".x/.y/p"}[d.IntN(4)], i)
		switch {
		case isJSON && d.IntN(3) == 0: // JSON objects, one behind the other
			d.files[name+".json"] = []byte(`{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "a"}}` + []string{"", "\n"}[d.IntN(2)] + text)
		case d.IntN(5) == 0: // a file under another name
			d.file(name+".txt", documents...)
			d.links[name+".yaml"] = filepath.Base(name) + ".txt"
		case d.IntN(3) == 0:
			d.file(name+[]string{".yml", ".yaml"}[d.IntN(2)], documents...)
		default:
			stream = append(stream, documents...)
		}
	}
	if len(stream) > 0 {
		d.file("all.yaml", stream...)
	}
	for name, data := range d.files {
		write(d.t, dir, name, string(data))
	}
	for name, target := range d.links {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	if len(d.files) == 0 {
		write(d.t, dir, "empty.yaml", "")
	}
	return d.check(c, dir)
}

// check holds the disguise to what the API machinery reads in the order of kubectl: each policy as it is meant.
func (d *disguise) check(c *random.Cluster, dir string) error {
	read := map[string]networkingv1.NetworkPolicySpec{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.Contains(".yaml.yml.json", filepath.Ext(path)) {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		decoder := utilyaml.NewYAMLOrJSONDecoder(transform.NewReader(bytes.NewReader(data), unicode.BOMOverride(encodingUTF8())), 4096)
		for {
			var ext runtime.RawExtension
			if err := decoder.Decode(&ext); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			if err := objectsOf(ext.Raw, read); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		}
	})
	if err != nil {
		return err
	}
	names := map[string]int{}
	for i := range c.Policies {
		names[c.Policies[i].Namespace+"/"+c.Policies[i].Name] = i
	}
	for name, i := range names { // the last of a name
		p := oracle.Default(c.Policies[i])
		got := oracle.Default(networkingv1.NetworkPolicy{Spec: read[name]})
		if !reflect.DeepEqual(d.json(got.Spec), d.json(p.Spec)) {
			return fmt.Errorf("kubectl reads %s as %s, not as %s", name, d.json(got.Spec), d.json(p.Spec))
		}
		delete(read, name)
	}
	if len(read) > 0 {
		return fmt.Errorf("kubectl reads %d policies more", len(read))
	}
	return nil
}

func encodingUTF8() transform.Transformer { return unicode.UTF8.NewDecoder() }

// objectsOf notes the policies of an object, which may be a list.
func objectsOf(raw []byte, into map[string]networkingv1.NetworkPolicySpec) error {
	var o struct {
		Kind  string            `json:"kind"`
		Items []json.RawMessage `json:"items"`
		networkingv1.NetworkPolicy
	}
	if raw = bytes.TrimSpace(raw); len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	for _, item := range o.Items {
		if o.Kind == "NetworkPolicyList" {
			item = append([]byte(`{"kind": "NetworkPolicy",`), bytes.TrimPrefix(bytes.TrimSpace(item), []byte("{"))...)
		}
		if err := objectsOf(item, into); err != nil {
			return err
		}
	}
	if o.Kind == "NetworkPolicy" {
		into[o.Namespace+"/"+o.Name] = o.Spec
	}
	return nil
}
