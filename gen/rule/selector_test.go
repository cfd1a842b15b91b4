package rule

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A label is written as a label, however a selector asks for it.
func TestText(t *testing.T) {
	in := func(key string, values ...string) metav1.LabelSelectorRequirement {
		return metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpIn, Values: values}
	}
	for want, s := range map[string]*metav1.LabelSelector{
		"app=web":              {MatchExpressions: []metav1.LabelSelectorRequirement{in("app", "web")}},
		"app=web,tier=front":   {MatchLabels: map[string]string{"tier": "front"}, MatchExpressions: []metav1.LabelSelectorRequirement{in("app", "web"), in("tier", "front")}},
		"app=web,app in (api)": {MatchLabels: map[string]string{"app": "web"}, MatchExpressions: []metav1.LabelSelectorRequirement{in("app", "api")}},
		"app in (api,web)":     {MatchExpressions: []metav1.LabelSelectorRequirement{in("app", "web", "api")}},
		"!app":                 {MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "app", Operator: metav1.LabelSelectorOpDoesNotExist}}},
	} {
		before := s.DeepCopy()
		if got := Text(s); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if before.String() != s.String() {
			t.Errorf("%s: the selector changed", want)
		}
	}
}
