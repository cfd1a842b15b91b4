package graph

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"
)

// TestNames holds the checks of names against those of apimachinery: all strings of up to four characters, each of
// another class, and the limits of length.
func TestNames(t *testing.T) {
	check := func(s string) {
		t.Helper()
		for name, c := range map[string]struct{ got, want bool }{
			"IsName":             {IsName(s), len(validation.IsDNS1123Label(s)) == 0},
			"IsLabelValue":       {IsLabelValue(s), s != "" && len(validation.IsValidLabelValue(s)) == 0},
			"IsLabelValue, keys": {strings.Contains(s, "/") || IsLabelValue(s), strings.Contains(s, "/") || len(validation.IsQualifiedName(s)) == 0},
			"isPlainPortName": {
				isPlainPortName(s), !strings.Contains(s, "-") && len(validation.IsValidPortName(s)) == 0,
			},
			"CheckPortName": {CheckPortName(s) == nil, len(validation.IsValidPortName(s)) == 0},
		} {
			if c.got != c.want {
				t.Errorf("%s(%q) is %t", name, s, c.got)
			}
		}
	}
	all := []string{""}
	for range 4 {
		for _, s := range all {
			check(s)
		}
		longer := []string{}
		for _, s := range all {
			for _, c := range "amz09-.AZ_/ü `{@[\n" {
				longer = append(longer, s+string(c))
			}
		}
		all = longer
	}
	for _, n := range []int{14, 15, 16, 62, 63, 64, 253} {
		for _, c := range []string{"a", "1", "A", "-", "a1"} {
			check(strings.Repeat(c, n)[:n])
			check(strings.Repeat(c, n)[:n-1] + "a")
			check(strings.Repeat(c, n)[:n-1] + "-")
		}
	}
}
