package review

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/npgen/npgen/gen/rule"
	"github.com/npgen/npgen/gen/sets"
)

// selectorText returns a selector as messages write it.
func selectorText(s *metav1.LabelSelector) string {
	if rule.SelectsAll(s) {
		return "`{}`"
	}
	return "`" + rule.Text(s) + "`"
}

// subjectText returns the pods of a policy as messages write them.
func (r *reviewer) subjectText(p *policy) string {
	if rule.SelectsAll(&p.Spec.PodSelector) {
		return fmt.Sprintf("of namespace `%s`", p.Namespace)
	}
	return selectorText(&p.Spec.PodSelector)
}

// partsText returns parts of the pods of a selector as messages write them.
func (r *reviewer) partsText(parts []sets.Pods) string {
	texts := make([]string, len(parts))
	for i, p := range parts {
		_, s := r.Selectors(p)
		texts[i] = selectorText(s)
	}
	slices.Sort(texts)
	return strings.Join(texts, ", ")
}
