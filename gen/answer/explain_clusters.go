package answer

import (
	"fmt"
	"io"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/flows"
)

// Explanations is the answers of several clusters to one question, or of one.
type Explanations []Explanation

// Verdict returns the verdict for all clusters: partly allowed where they differ, or where one cannot be asked.
func (all Explanations) Verdict() flows.Verdict {
	out := flows.Verdict("")
	for _, x := range all {
		switch {
		case x.Unasked != "" || out != "" && out != x.Verdict:
			return flows.Partly
		default:
			out = x.Verdict
		}
	}
	return out
}

// Write writes the explanations as one, in one of ExplanationFormats. The page is that of text.
func (all Explanations) Write(w io.Writer, format string, page Page) error {
	if format == "json" {
		return all.json(w)
	}
	var names, texts []string
	for _, x := range all {
		names = append(names, x.Cluster)
		if x.Unasked != "" {
			texts = append(texts, fmt.Sprintf("no answer: %s\n", diag.Line(x.Unasked)))
			continue
		}
		texts = append(texts, x.Text(page))
	}
	return writeFolded(w, folded(names, texts))
}

// writeFolded writes what is said of clusters, with a blank line between.
func writeFolded(w io.Writer, all []alike) error {
	for i, a := range all {
		if i > 0 {
			if _, err := io.WriteString(w, "\n"); err != nil {
				return err
			}
		}
		if _, err := w.Write(a.lines()); err != nil {
			return err
		}
	}
	return nil
}

// jsonUnasked is a cluster about which the question cannot be asked.
type jsonUnasked struct {
	Cluster string `json:"cluster"`
	Reason  string `json:"reason"`
}

func (all Explanations) json(w io.Writer) error {
	out := struct {
		Explanation
		Unasked []jsonUnasked `json:"unasked,omitempty"`
	}{Explanation: Explanation{Verdict: all.Verdict()}}
	for _, x := range all {
		out.Question = x.Question
		if x.Unasked != "" {
			out.Unasked = append(out.Unasked, jsonUnasked{x.Cluster, x.Unasked})
		}
		for _, g := range x.Groups {
			g.Cluster = x.Cluster
			out.Groups = append(out.Groups, g)
		}
		for _, n := range x.Notes {
			out.Notes = append(out.Notes, inCluster(x.Cluster, n))
		}
	}
	return writeJSON(w, out)
}

// Descriptions is the policies of several clusters in words, or of one.
type Descriptions []Description

// Write writes the descriptions as one, in one of ExplanationFormats. The page is that of text.
func (all Descriptions) Write(w io.Writer, format string, page Page) error {
	if format == "json" {
		out := Description{Policies: []PolicyWords{}}
		for _, d := range all {
			for _, p := range d.Policies {
				p.Cluster = d.Cluster
				out.Policies = append(out.Policies, p)
			}
		}
		return writeJSON(w, out)
	}
	var names, texts []string
	for _, d := range all {
		names, texts = append(names, d.Cluster), append(texts, d.text(page))
	}
	return writeFolded(w, folded(names, texts))
}
