package stream

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/npgen/npgen/gen/budget"
	"github.com/npgen/npgen/gen/internal/streamtest"
)

// FuzzDocuments holds the law of the package: up to the first document that kubectl refuses, the documents and their
// objects are kubectl's, or refused here with a reason.
func FuzzDocuments(f *testing.F) {
	for _, seed := range seeds() {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, choices []byte) { sameAsKubectl(t, streamtest.Stream(choices)) })
}

// TestRandomDocuments tries streams of random fragments.
func TestRandomDocuments(t *testing.T) {
	streamtest.Hold(t, 1, 20000, 5000, "objects", sameAsKubectl)
}

func seeds() [][]byte {
	all := [][]byte{{7}}
	for i := range 256 {
		all = append(all, []byte{0, byte(i)}, []byte{5, byte(i), 0, byte(i)})
	}
	return all
}

// sameAsKubectl compares a stream, and returns how many objects were read of it.
func sameAsKubectl(t *testing.T, data []byte) (objects int) {
	t.Helper()
	want, wantErr := streamtest.Documents(data)
	for _, d := range Split(data) {
		if d.Expand(&budget.Expansion{}, budget.Limits{}, "the stream") != nil {
			return objects
		}
		content, err := d.Content()
		text := content.JSON
		if err != nil {
			if wantErr == nil || len(want) > 0 {
				t.Errorf("refused, but kubectl reads on: %v\n%q\n%q", err, d.Text, data)
			}
			return objects
		}
		if bytes.Equal(text, []byte("null")) {
			continue
		}
		if len(want) == 0 {
			t.Errorf("read, but kubectl does not (%v):\n%q\n%q", wantErr, d.Text, data)
			return objects
		}
		if got, want := streamtest.Canonical(text), streamtest.Canonical(want[0]); !d.isJSON && got != want {
			t.Errorf("got  %s\nwant %s\nof %q", got, want, d.Text)
		}
		objects += sameObjects(t, text, want[0])
		want = want[1:]
	}
	if wantErr != nil || len(want) > 0 {
		t.Errorf("kubectl reads %q, and says %v; nothing was refused of\n%q", want, wantErr, data)
	}
	return objects
}

func sameObjects(t *testing.T, text, document []byte) int {
	t.Helper()
	got, err := Objects(text)
	if err != nil {
		return 0 // named
	}
	want, wantErr := streamtest.Objects(document)
	if wantErr != nil {
		for _, o := range got {
			if o.Kind != "" && o.APIVersion != "" {
				t.Errorf("kubectl refuses it, %v:\n%s", wantErr, document)
			}
		}
		return 0
	}
	if len(got) != len(want) {
		t.Errorf("%d objects, kubectl has %d:\n%s", len(got), len(want), document)
		return 0
	}
	for i, o := range got {
		var fields map[string]any
		if err := json.Unmarshal(o.JSON, &fields); err != nil {
			t.Fatal(err)
		}
		fields["kind"] = o.Kind
		if o.APIVersion != "" {
			fields["apiVersion"] = o.APIVersion
		}
		if _, isText := want[i]["kind"].(string); !isText {
			want[i]["kind"] = ""
		}
		a, _ := json.Marshal(fields)
		b, _ := json.Marshal(want[i])
		if diff := cmp.Diff(streamtest.Canonical(b), streamtest.Canonical(a)); diff != "" {
			t.Errorf("%s", diff)
		}
	}
	return len(got)
}
