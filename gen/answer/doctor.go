package answer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/doctor"
	"github.com/npgen/npgen/gen/kubectl"
)

// Doctor is what was found of a cluster.
type Doctor struct {
	*doctor.Diagnosis
	// Findings is those to show in JSON, Options how.
	Findings diag.List
	Options  diag.Options
}

// WriteJSON writes all of it as one document, the findings as the format `json` has them.
func (d Doctor) WriteJSON(w io.Writer) error {
	var findings bytes.Buffer
	if err := d.Findings.Write(&findings, diag.JSON, d.Options); err != nil {
		return err
	}
	x := *d.Diagnosis
	x.Engines, x.Targets, x.Coverage, x.Probe, x.Unknown = notNil(x.Engines), notNil(x.Targets), notNil(x.Coverage), notNil(x.Probe), notNil(x.Unknown)
	return writeJSON(w, struct {
		doctor.Diagnosis
		Report json.RawMessage `json:"report"`
	}{x, findings.Bytes()})
}

// WriteText writes what was found, a line for each part; findings are for the report.
func (d Doctor) WriteText(w io.Writer) error {
	var b bytes.Buffer
	if d.Kubernetes != "" {
		printf(&b, "kubernetes  %s", d.Kubernetes)
	}
	d.engines(&b)
	d.more(&b)
	if len(d.Unknown) > 0 {
		b.WriteString("\n")
		printf(&b, "not known:")
		said := map[string]bool{}
		for _, u := range d.Unknown {
			if more := d.alike(u); !said[u.Without] {
				said[u.Without] = true
				printf(&b, "  %s (%s%s)", u.Without, whyNot(u), more)
			}
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// alike says how many other questions would have told the same.
func (d Doctor) alike(u doctor.Unknown) string {
	n := -1
	for _, v := range d.Unknown {
		if v.Without == u.Without {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", and %d more", n)
}

func whyNot(u doctor.Unknown) string {
	command := "`kubectl " + u.Query + "`"
	switch u.Why {
	case kubectl.Answered:
		return command + " would say"
	case kubectl.Failing:
		return command + ": " + u.Said
	}
	return command + ": " + string(u.Why)
}

func (d Doctor) engines(b *bytes.Buffer) {
	if len(d.Engines) == 0 {
		printf(b, "policies    not known what enforces them")
	}
	for i, x := range d.Engines {
		name, verb := "policies", map[doctor.Verdict]string{doctor.Yes: "enforces", doctor.No: "enforces none", doctor.Unclear: "may enforce"}[x.Enforces]
		if i > 0 {
			name = "  beside"
		}
		line := fmt.Sprintf("%-11s %s", name, strings.TrimSpace(x.Name+" "+x.Version))
		line += ": " + verb + " (" + x.Found + ")"
		if x.Why != "" {
			line += "; " + x.Why
		}
		printf(b, "%s", line)
		for _, s := range x.Settings {
			printf(b, "              %s: %s", s.Name, s.Value)
		}
	}
}

func (d Doctor) more(b *bytes.Buffer) {
	if n := d.Nodes; n.All > 0 {
		line := fmt.Sprintf("nodes       %d", n.All)
		if n.Wanted > 0 {
			line += fmt.Sprintf(", ready on %d of %d", n.Ready, n.Wanted)
		}
		for _, sort := range []struct {
			count int
			name  string
		}{{n.Windows, "Windows"}, {n.Fargate, "Fargate"}} {
			if sort.count > 0 {
				line += fmt.Sprintf(", %d of %s", sort.count, sort.name)
			}
		}
		printf(b, "%s", line)
	}
	var kinds []string
	for _, t := range d.Targets {
		kind := t.Kind + " (" + t.APIVersion
		if t.Channel != "" {
			kind += ", " + t.Channel
		}
		kinds = append(kinds, kind+")")
	}
	if len(kinds) > 0 {
		printf(b, "kinds       %s", strings.Join(kinds, ", "))
	}
	if d.DNS.Field != "" {
		printf(b, "dns         %s; %s", d.DNS.Field, d.DNS.Why)
	}
	if d.APIServer != nil {
		printf(b, "apiserver   %s", d.APIServer.Field)
	}
	for _, c := range d.Coverage {
		line := fmt.Sprintf("pods        %s: %d of %d covered", c.Namespace, c.Covered, c.Pods)
		if c.OnNode > 0 {
			line += fmt.Sprintf(", %d on the node's network", c.OnNode)
		}
		printf(b, "%s", line)
	}
	if a := d.Applied; a != nil {
		printf(b, "applied     %s as in the package, %d other, %d missing, %d left over", counted(a.Same, "object"), len(a.Differing), len(a.Missing), len(a.Left))
	}
	var lacks []string
	for _, r := range d.Probe {
		if !r.Allowed {
			lacks = append(lacks, r.Verb+" "+r.Resource)
		}
	}
	switch {
	case len(lacks) > 0:
		printf(b, "probe       cannot run: not allowed to %s", strings.Join(lacks, ", "))
	case len(d.Probe) > 0:
		printf(b, "probe       can run: `npgen probe`")
	}
}
