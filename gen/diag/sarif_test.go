package diag

import (
	"encoding/json"
	"net/url"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
)

// readSARIF reads a report back and validates it against the SARIF 2.1.0 schema. The schema sees the library's view of
// the report, so the bytes must say the same as that view.
func readSARIF(t *testing.T, report string) *sarif.Run {
	t.Helper()
	r, err := sarif.FromBytes([]byte(report), sarif.WithStrictValidation())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Validate(); err != nil {
		t.Errorf("schema: %v", err)
	}
	again, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(decode(t, []byte(report)), decode(t, again)); diff != "" {
		t.Errorf("the schema did not see all of the report: %s", diff)
	}
	if len(r.Runs) != 1 {
		t.Fatalf("%d runs", len(r.Runs))
	}
	return r.Runs[0]
}

func decode(t *testing.T, b []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestSARIFSchemaRefuses shows that the schema is at work.
func TestSARIFSchemaRefuses(t *testing.T) {
	for name, result := range map[string]*sarif.Result{
		"no message": sarif.NewRuleResult("r"),
		"bad level":  sarif.NewRuleResult("r").WithMessage(sarif.NewTextMessage("m")).WithLevel("info"),
		"line 0": sarifResult(Diagnostic{Message: "m"}, 0, newSources(nil)).AddLocation(sarif.NewLocation().
			WithPhysicalLocation(sarif.NewPhysicalLocation().WithRegion(sarif.NewRegion().WithStartLine(0)))),
	} {
		run := sarif.NewRun().WithTool(sarif.NewTool().WithDriver(sarif.NewToolComponent().WithName("npgen")))
		if sarif.NewReport().AddRun(run.AddResult(result)).Validate() == nil {
			t.Errorf("%s: the schema accepts it", name)
		}
	}
}

// wantURI checks a URI against the grammar of RFC 3986, appendix A, as far as files need it: the schema's own check
// lets blanks pass.
func wantURI(t *testing.T, uri string) {
	t.Helper()
	const pchar = `(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F]{2})`
	const noColon = `(?:[A-Za-z0-9._~!$&'()*+,;=@-]|%[0-9A-F]{2})`
	absolute, relative := `file://(?:/`+pchar+`*)+`, noColon+`+(?:/`+pchar+`*)*`
	if !regexp.MustCompile(`^(?:` + absolute + `|` + relative + `)$`).MatchString(uri) {
		t.Errorf("not a URI: %q", uri)
	}
	if _, err := url.Parse(uri); err != nil {
		t.Error(err)
	}
}

func TestSARIF(t *testing.T) {
	all := sample()
	all.Errorf("not-in-the-list", Pos{File: "-", Line: 2, Col: 2}, "m")
	all.Errorf(CUESyntax, Pos{File: hostile, Line: 1, Col: 1}, "%s", hostile).WithRelated(Pos{File: `C:\a b\c.cue`, Line: 0, Col: 3}, "r").WithRelated(Pos{}, "s")
	tests := map[string]List{
		"empty":            nil,
		"all":              all,
		"without position": {{Severity: Error, Rule: EmptyPackage, Message: "m"}},
		"without rule":     {{Severity: Info, Pos: Pos{File: "a.cue", Line: 1, Col: 1}, Message: "m"}},
		"related":          sample()[1:2],
	}
	for name, l := range tests {
		t.Run(name, func(t *testing.T) {
			run := readSARIF(t, write(t, l, SARIF, Options{Version: "v1.2.3"}))
			if *run.Tool.Driver.Name != "npgen" || *run.Tool.Driver.Version != "v1.2.3" {
				t.Errorf("driver %s %s", *run.Tool.Driver.Name, *run.Tool.Driver.Version)
			}
			if got, want := len(run.Results), len(l.Sorted()); got != want {
				t.Errorf("%d results, want %d", got, want)
			}
			for _, res := range run.Results {
				if got := *run.Tool.Driver.Rules[res.RuleIndex].ID; got != *res.RuleID {
					t.Errorf("rule index of %s points at %s", *res.RuleID, got)
				}
				// GitHub refuses a report with a result that has no location or no line.
				if len(res.Locations) != 1 {
					t.Errorf("%d locations", len(res.Locations))
				}
				for _, loc := range append(res.Locations, res.RelatedLocations...) {
					wantURI(t, *loc.PhysicalLocation.ArtifactLocation.URI)
					if *loc.PhysicalLocation.Region.StartLine < 1 {
						t.Error("no line")
					}
				}
			}
		})
	}
}

// place is what a reader of a result sees of a location.
type place struct {
	URI       string
	Line, Col int
	Message   string
}

func placeOf(l *sarif.Location) place {
	p := place{URI: *l.PhysicalLocation.ArtifactLocation.URI, Line: *l.PhysicalLocation.Region.StartLine}
	if c := l.PhysicalLocation.Region.StartColumn; c != nil {
		p.Col = *c
	}
	if l.Message != nil {
		p.Message = *l.Message.Text
	}
	return p
}

func TestSARIFResults(t *testing.T) {
	type result struct {
		Rule, Level, Text string
		At                place
		Related           []place
	}
	want := []result{
		{EmptyPackage, "error", "the package is empty", place{".", 1, 0, ""}, []place{{".", 1, 0, "no file sets `workloads`"}}},
		{NoEffect, "note", "100% of `web`", place{"a,%20b.cue", 1, 0, ""}, nil},
		{
			UnknownName, "error", "unknown workload `databse`\nhelp: did you mean `database`?",
			place{"shop.cue", 4, 10, ""},
			[]place{{"dir/db.cue", 2, 3, "`database` is declared here"}},
		},
		{NoEffect, "warning", "edge `web -> db:5432` emits nothing", place{"shop.cue", 9, 2, ""}, nil},
	}
	var got []result
	for _, r := range readSARIF(t, write(t, sample(), SARIF, Options{})).Results {
		res := result{Rule: *r.RuleID, Level: r.Level, Text: *r.Message.Text, At: placeOf(r.Locations[0])}
		for _, l := range r.RelatedLocations {
			res.Related = append(res.Related, placeOf(l))
		}
		got = append(got, res)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSARIFRules(t *testing.T) {
	driver := readSARIF(t, write(t, nil, SARIF, Options{})).Tool.Driver
	var got []Rule
	for _, r := range driver.Rules {
		got = append(got, Rule{ID: *r.ID, Summary: *r.ShortDescription.Text})
		if *r.FullDescription.Text == "" || *r.Help.Text == "" {
			t.Errorf("%s: GitHub demands a full description and a help", *r.ID)
		}
	}
	want := Rules()
	for i := range want {
		want[i].Steps = 0
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if driver.Version != nil {
		t.Errorf("version %s", *driver.Version)
	}
}

func TestSARIFColumn(t *testing.T) {
	source := func(string) ([]byte, error) { return []byte("größe: 😀x\n"), nil }
	var l List
	l.Errorf("r", Pos{File: "a.cue", Line: 1, Col: 14}, "at x")
	for name, tt := range map[string]struct {
		o    Options
		want int
	}{
		"characters":            {Options{Source: source}, 9},
		"bytes, for want of it": {Options{}, 14},
	} {
		run := readSARIF(t, write(t, l, SARIF, tt.o))
		if got := placeOf(run.Results[0].Locations[0]).Col; got != tt.want || *run.ColumnKind != "unicodeCodePoints" {
			t.Errorf("%s: column %d of %s, want %d", name, got, *run.ColumnKind, tt.want)
		}
	}
}

func TestFileURI(t *testing.T) {
	for in, want := range map[string]string{
		"":                     ".",
		"-":                    "-",
		"shop.cue":             "shop.cue",
		"./dir/../shop.cue":    "shop.cue",
		"../up.cue":            "../up.cue",
		"a b/ü.cue":            "a%20b/%C3%BC.cue",
		"a:b.cue":              "./a:b.cue",
		"what?#100%.cue":       "what%3F%23100%25.cue",
		"\xff\n[x].cue":        "%FF%0A%5Bx%5D.cue",
		"/abs/a b.cue":         "file:///abs/a%20b.cue",
		"//abs":                "file:///abs",
		`C:\dir\a b.cue`:       "file:///C:/dir/a%20b.cue",
		"c:/dir/a.cue":         "file:///c:/dir/a.cue",
		`\\host\a share\x.cue`: "file:////host/a%20share/x.cue",
		"1:/x.cue":             "./1:/x.cue",
	} {
		got := fileURI(in)
		if got != want {
			t.Errorf("fileURI(%q) = %s, want %s", in, got, want)
		}
		wantURI(t, got)
	}
}

func FuzzFileURI(f *testing.F) {
	f.Add(`C:\a b`)
	f.Add(hostile)
	f.Add("a:b//./..")
	f.Fuzz(func(t *testing.T, file string) { wantURI(t, fileURI(file)) })
}
