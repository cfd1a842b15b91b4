package statements

import (
	"slices"
	"testing"
)

// TestJudgeOfList shows which answers of list are wrong: rows that are not true, and flows that no row has.
func TestJudgeOfList(t *testing.T) {
	policies, _ := policiesOfLines(t, `
	shop/in: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: http}, {port: 80}]}]}
	`)
	const (
		everyone = `{"pods": [{}], "addresses": ["0.0.0.0/0", "::/0"]}`
		shop     = `"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}`
		db       = `{` + shop + `, "podSelector": {"matchLabels": {"app": "db"}}}`
		web      = `{` + shop + `, "podSelector": {"matchLabels": {"app": "web"}}}`
		toOthers = `{"from": "*/*", "fromSet": ` + everyone + `, "to": "all but db", "toSet": {"pods": [{}], "except": [` + db + `]}, "ports": ["*"]}`
		out      = `{"from": "*/*", "fromSet": {"pods": [{}]}, "to": "(outside)", "toSet": {"addresses": ["0.0.0.0/0", "::/0"]}, "ports": ["*"]}`
		shopPods = `{"pods": [{` + shop + `}]}`
		shopOnly = `{"fromSet": ` + everyone + `, "toSet": {"pods": [{` + shop + `}], "except": [` + db + `]}, "ports": ["*"]},` +
			`{"fromSet": ` + shopPods + `, "toSet": {"pods": [{}], "except": [` + db + `], "addresses": ["0.0.0.0/0", "::/0"]}, "ports": ["*"]}`
		toDB = `{"from": "web", "fromSet": {"pods": [` + web + `]}, "to": "db", "toSet": {"pods": [` + db + `]}, "ports": ["80", "http"]}`
	)
	for name, c := range map[string]struct {
		rows  string
		wrong []string
	}{
		"right":                    {toOthers + "," + out + "," + toDB, nil},
		"a row is missing":         {toOthers + "," + toDB, []string{rowsAreAll, rowsBesides}},
		"only where policies are":  {shopOnly + "," + toDB, []string{rowsBesides}},
		"the exception is missing": {`{"fromSet": ` + everyone + `, "toSet": {"pods": [{}]}, "ports": ["*"]},` + out, []string{rowIsTrue}},
		"a port is missing":        {toOthers + "," + out + `,{"fromSet": {"pods": [` + web + `]}, "toSet": {"pods": [` + db + `]}, "ports": ["80"]}`, []string{rowsAreAll}},
		"a name is a number":       {toOthers + "," + out + "," + toDB + `,{"fromSet": {"pods": [` + web + `]}, "toSet": {"pods": [` + db + `]}, "ports": ["8080"]}`, []string{rowIsTrue}},
		"no sets":                  {`{"from": "a", "to": "b", "ports": ["*"]}`, []string{setsOfRow}},
	} {
		t.Run(name, func(t *testing.T) {
			_, found, err := judgeList(answer{out: `{"flows": [` + c.rows + `]}`}, side{policies: policies})
			if err != nil {
				t.Fatal(err)
			}
			is(t, found, c.wrong)
		})
	}
}

func is(t *testing.T, found []wrong, want []string) {
	t.Helper()
	var got []string
	for _, w := range found {
		got = append(got, w.statement)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(slices.Compact(got), want) {
		t.Errorf("%v, want %v wrong", found, want)
	}
}

// TestJudgeOfDiff shows which answers of diff are wrong.
func TestJudgeOfDiff(t *testing.T) {
	before, _ := policiesOfLines(t, `shop/in: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 80}]}]}`)
	after, _ := policiesOfLines(t, `shop/in: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 80}, {port: 81}]}]}`)
	const (
		changed = `{"opened": [], "closed": [], "changed": [{"from": ["web"], "to": ["db"], "before": ["80"], "after": ["80-81"]}]}`
		nothing = `{"opened": [], "closed": [], "changed": []}`
		hidden  = "diff: nothing opens"
		none    = "diff: no flow changes"
		untrue  = "diff: something closes"
		status  = "diff: the exit status"
		witness = "diff: the witness of an entry"
	)
	with := func(witness string) string {
		return `{"changed": [{"from": ["web"], "to": ["db"], "before": ["80"], "after": ["80-81"], "undeclared": true` + witness + `}]}`
	}
	from := func(namespace, port string) string {
		return `, "witness": {"from": {"namespace": "` + namespace + `", "labels": {"app": "web"}}, "to": {"namespace": "shop", "labels": {"app": "db"}}, "port": "` + port + `"}`
	}
	for name, c := range map[string]struct {
		out    string
		status int
		wrong  []string
	}{
		"right":                     {changed, 1, nil},
		"nothing is said":           {nothing, 0, []string{hidden, none}},
		"the exit status":           {changed, 0, []string{status}},
		"undecided":                 {nothing, 2, []string{"diff: the answer is decided"}},
		"it closes nothing":         {`{"opened": [{"before": [], "after": ["81"]}], "closed": [{"before": ["80"], "after": []}]}`, 1, []string{untrue}},
		"a change that opens less":  {`{"changed": [{"before": ["80-81"], "after": ["80"]}]}`, 1, []string{hidden, untrue}},
		"a witness is right":        {with(from("shop", "81")), 1, nil},
		"a witness is missing":      {with(""), 1, []string{witness}},
		"a witness shows nothing":   {with(from("shop", "80")), 1, []string{witness}},
		"a witness is another's":    {with(from("other", "81")), 1, []string{witness}},
		"a witness is not one port": {with(from("shop", "81-82")), 1, []string{witness}},
	} {
		t.Run(name, func(t *testing.T) {
			_, found, err := judgeDiff(answer{out: c.out, status: c.status}, side{policies: before}, side{policies: after})
			if err != nil {
				t.Fatal(err)
			}
			is(t, found, c.wrong)
		})
	}
}
