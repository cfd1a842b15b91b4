package answer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/rollout"
)

// Shell is a POSIX shell script.
const Shell Format = "sh"

// RolloutFormats returns the formats of a plan.
func RolloutFormats() []Format { return []Format{"text", "json", Shell} }

// Rollout is a plan from one side to another, named as the user wrote them.
type Rollout struct {
	*rollout.Plan
	// Cluster is the one that every line and step names; "" is none.
	Cluster       string
	Before, After string
}

// Rollouts is the plans of several clusters, or of one.
type Rollouts []Rollout

// Write writes the plans as one. A shell script has one plan.
func (all Rollouts) Write(w io.Writer, format Format) error {
	switch format {
	case "json":
		return all.writeJSON(w)
	case Shell:
		return all[0].writeShell(w)
	}
	var names, texts []string
	for _, r := range all {
		var b bytes.Buffer
		r.text(&b)
		names, texts = append(names, r.Cluster), append(texts, b.String())
	}
	return writeFolded(w, folded(names, texts))
}

func (r Rollout) text(b *bytes.Buffer) {
	if len(r.Steps) == 0 {
		printf(b, "nothing to do: the policies are the same")
		return
	}
	printf(b, "%s in %s; after each step, what both sides allow is open, and what neither allows is closed",
		counted(len(r.Steps), "step"), counted(r.Phases(), "phase"))
	phase := 0
	for i, s := range r.Steps {
		if s.Phase != phase {
			phase = s.Phase
			b.WriteString("\n")
			printf(b, "phase %d", phase)
		}
		verb := "apply"
		if s.Deletes {
			verb = "delete"
		}
		printf(b, "  %d. %s %s/%s: %s", i+1, verb, s.Object.Namespace, s.Object.Name, s.Purpose)
	}
	if phase > 1 {
		b.WriteString("\n")
		printf(b, "wait between phases until the network plugin enforces what was applied; `--format sh` is a script that waits")
	}
}

type rolloutJSON struct {
	Steps []stepJSON `json:"steps"`
}

type stepJSON struct {
	Cluster string          `json:"cluster,omitempty"`
	Phase   int             `json:"phase"`
	Apply   json.RawMessage `json:"apply,omitempty"`
	Delete  *deletedJSON    `json:"delete,omitempty"`
}

type deletedJSON struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

func (all Rollouts) writeJSON(w io.Writer) error {
	out := rolloutJSON{Steps: []stepJSON{}}
	for _, r := range all {
		for i := range r.Steps {
			s := &r.Steps[i]
			step := stepJSON{Cluster: r.Cluster, Phase: s.Phase}
			if s.Deletes {
				step.Delete = &deletedJSON{s.Object.Kind, s.Object.Namespace, s.Object.Name}
			} else {
				text, err := applied(&s.Object)
				if err != nil {
					return err
				}
				step.Apply = text
			}
			out.Steps = append(out.Steps, step)
		}
	}
	return writeJSON(w, out)
}

// applied returns an object as it is applied. The lists of rules are there where they are empty too, as an apply leaves
// fields alone that it does not have.
func applied(o *networkingv1.NetworkPolicy) (json.RawMessage, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, err
	}
	delete(fields, "status")
	if meta, ok := fields["metadata"].(map[string]any); ok {
		delete(meta, "creationTimestamp")
	}
	if spec, ok := fields["spec"].(map[string]any); ok {
		for _, list := range []string{"ingress", "egress"} {
			if spec[list] == nil {
				spec[list] = []any{}
			}
		}
	}
	return json.Marshal(fields)
}

const scriptHead = `#!/bin/sh
# Rolls network policies out, from %s to %s:
# %s in %s. Written by npgen rollout.
# It holds where the cluster has the policies of the first side when it begins. If it stops, plan again from what is there:
#   kubectl get networkpolicies --all-namespaces --output yaml | npgen rollout - NEW
# KUBECTL is the command (kubectl), WAIT the seconds between phases (30): until the network plugin enforces what was applied.
set -eu

apply() {
	"${KUBECTL:-kubectl}" apply --server-side --force-conflicts --filename -
}

remove() {
	"${KUBECTL:-kubectl}" delete networkpolicies.networking.k8s.io --namespace "$1" -- "$2"
}

enforced() {
	sleep "${WAIT:-30}"
}
`

func (r Rollout) writeShell(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, scriptHead, diag.Line(r.Before), diag.Line(r.After),
		counted(len(r.Steps), "step"), counted(r.Phases(), "phase"))
	phase := 0
	for i := range r.Steps {
		s := &r.Steps[i]
		if s.Phase != phase {
			if phase > 0 {
				b.WriteString("enforced\n")
			}
			phase = s.Phase
			fmt.Fprintf(&b, "\necho 'phase %d of %d'\n", phase, r.Phases())
		}
		if s.Deletes {
			fmt.Fprintf(&b, "remove %s %s\n", quoted(s.Object.Namespace), quoted(s.Object.Name))
			continue
		}
		text, err := applied(&s.Object)
		if err != nil {
			return err
		}
		// JSON has no raw text of the user, and no line of it is the end.
		b.WriteString("apply <<'END'\n")
		if err := diag.EncodeJSON(&b, text); err != nil {
			return err
		}
		b.WriteString("END\n")
	}
	_, err := w.Write(b.Bytes())
	return err
}

// quoted returns a word of the shell.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
