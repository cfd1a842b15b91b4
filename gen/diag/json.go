package diag

import "bytes"

// The json format is for scripts: every key is always there, so that a missing help is "" and an unknown line is 0.

type jsonReport struct {
	Findings []jsonFinding `json:"findings"`
	Errors   int           `json:"errors"`
	Warnings int           `json:"warnings"`
	Infos    int           `json:"infos"`
	// NotShown is how many of them are not among the findings.
	NotShown int `json:"notShown"`
	// Ignored is how many comments take out, of which none is counted or among the findings.
	Ignored int `json:"ignored"`
}

type jsonFinding struct {
	Severity string `json:"severity"`
	Rule     string `json:"rule"`
	Pos
	Message string        `json:"message"`
	Help    string        `json:"help"`
	Related []jsonRelated `json:"related"`
}

type jsonRelated struct {
	Pos
	Message string `json:"message"`
}

func renderJSON(b *bytes.Buffer, l report, _ Options) error {
	r := jsonReport{
		Findings: make([]jsonFinding, 0, len(l.List)),
		Errors:   l.found[Error],
		Warnings: l.found[Warning],
		Infos:    l.found[Info],
		NotShown: l.left[Error] + l.left[Warning] + l.left[Info],
		Ignored:  len(l.ignored),
	}
	for _, d := range l.List {
		f := jsonFinding{
			Severity: d.Severity.String(),
			Rule:     d.Rule,
			Pos:      d.Pos,
			Message:  d.Message,
			Help:     d.Help,
			Related:  make([]jsonRelated, 0, len(d.Related)),
		}
		for _, rel := range d.Related {
			f.Related = append(f.Related, jsonRelated{Pos: rel.Pos, Message: rel.Message})
		}
		r.Findings = append(r.Findings, f)
	}
	return EncodeJSON(b, r)
}
