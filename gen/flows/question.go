package flows

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/npgen/npgen/gen/diag"
	"github.com/npgen/npgen/gen/graph"
	"github.com/npgen/npgen/gen/sets"
)

// question is an edge that somebody asks about. Besides the peers of an edge it takes pods by labels, as
// `{app: web, ns: shop}` or `shop/{app=web}`, single addresses, Services as `shop/svc/db`, and `shop/(other)` and
// `(outside)` as answers print them.
type question struct {
	decl *graph.EdgeDecl
	// pods holds the peers that edges do not have, which decl refers to by names.
	pods []*graph.TestPeer
	// ends says what else than pods by labels such a name is, written what the user wrote in its place.
	ends    map[string]askedEnd
	written map[string]string
}

// askedEnd is an end that only questions have.
type askedEnd struct {
	// isOutside is every address, isOther the pods that nothing declares of a namespace, or of each for "".
	isOutside, isOther bool
	namespace          string
	// service is the name of a Service.
	service string
}

// questionFile is the name under which findings speak of the question: it stands on the command line.
const questionFile = "edge"

// parseQuestion reads a question. What is wrong with it are findings at their column in the text.
func parseQuestion(text string) (*question, diag.List) {
	q := &question{}
	plain, findings := q.replacePeers(text)
	if len(findings) > 0 {
		return nil, findings
	}
	expr, errs := graph.ParseEdge(plain)
	for _, err := range errs {
		findings.Errorf(err.Rule, diag.Pos{File: questionFile, Line: 1, Col: err.Offset + 1}, "%s", err.Message).WithHelp("%s", err.Help)
	}
	if len(errs) > 0 {
		return nil, q.asWritten(findings)
	}
	pos := diag.Pos{File: questionFile, Line: 1, Col: 1}
	q.decl = &graph.EdgeDecl{
		Pos: pos, Text: strings.TrimSpace(text),
		From:  []graph.PeerRef{{PeerExpr: expr.From, Pos: pos.Shift(expr.FromOffset)}},
		To:    []graph.PeerRef{{PeerExpr: expr.To, Pos: pos.Shift(expr.ToOffset)}},
		Ports: expr.Ports, PortsPos: pos.Shift(expr.PortsOffset),
	}
	if expr.Ports != nil {
		for _, tok := range expr.Ports.Tokens {
			q.decl.TokenPos = append(q.decl.TokenPos, pos.Shift(expr.PortsOffset+tok.Offset))
		}
	}
	return q, nil
}

// replacePeers puts names in the place of peers that edges do not have, of the same length where they fit.
func (q *question) replacePeers(text string) (string, diag.List) {
	var findings diag.List
	left, right, ok := strings.Cut(text, "->")
	if !ok {
		return text, nil
	}
	return q.replacePeer(left, 0, &findings) + "->" + q.replacePeer(right, len(left)+2, &findings), findings
}

// specialEnd is an end that only questions have: `(outside)`, `(other)`, `ns/(other)` or `ns/svc/name`.
var specialEnd = regexp.MustCompile(`^\s*(\(outside\)|(?:([^\s{}:/]+)/)?\(other\)|([a-z0-9-]+)/svc/([a-z0-9-]+))`)

func (q *question) replacePeer(side string, offset int, findings *diag.List) string {
	if open := strings.IndexByte(side, '{'); open >= 0 {
		return q.replaceLabels(side, open, offset, findings)
	}
	if at := specialEnd.FindStringSubmatchIndex(side); at != nil {
		group := func(n int) string {
			if at[2*n] < 0 {
				return ""
			}
			return side[at[2*n]:at[2*n+1]]
		}
		end := askedEnd{isOutside: group(1) == Outside, isOther: strings.HasSuffix(group(1), other), namespace: cmp.Or(group(2), group(3)), service: group(4)}
		pos := diag.Pos{File: questionFile, Line: 1, Col: offset + at[2] + 1}
		peer := &graph.TestPeer{Labels: map[string]string{}, Namespace: graph.Text{Value: cmp.Or(end.namespace, other), Pos: pos}}
		peer.Name.Pos = pos
		out := q.stand(side, at[2], at[3], peer)
		q.ends[peer.Name.Value] = end
		return out
	}
	host, ports := strings.TrimSpace(side), ""
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") && !isAddress(host) {
		host, ports = host[:i], host[i:]
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if a, err := netip.ParseAddr(host); err == nil && a.Zone() == "" {
		text := fmt.Sprintf("%s/%d", a, a.BitLen())
		if a.Is6() {
			text = "[" + text + "]"
		}
		return text + ports
	}
	return side
}

// stand puts a name in the place of a part of a side, and names the peer so.
func (q *question) stand(side string, start, end int, peer *graph.TestPeer) string {
	const most = 50 // names of workloads are no longer than 63
	name := fmt.Sprintf("asked-%d", len(q.pods)+1)
	name += strings.Repeat("x", min(max(0, end-start-len(name)), most))
	if q.written == nil {
		q.written, q.ends = map[string]string{}, map[string]askedEnd{}
	}
	q.written[name] = side[start:end]
	peer.Name.Value = name
	q.pods = append(q.pods, peer)
	return side[:start] + name + side[end:]
}

// asWritten returns findings that speak of the peers as the user wrote them.
func (q *question) asWritten(findings diag.List) diag.List {
	for i := range findings {
		d := &findings[i]
		for name, text := range q.written {
			d.Message, d.Help = strings.ReplaceAll(d.Message, name, text), strings.ReplaceAll(d.Help, name, text)
		}
	}
	return findings
}

func isAddress(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

const labelsHelp = "write the labels of a pod as `{app: web, ns: shop}` or `shop/{app=web}`"

// replaceLabels reads pods by labels; open is where the brace stands.
func (q *question) replaceLabels(side string, open, offset int, findings *diag.List) string {
	pos := diag.Pos{File: questionFile, Line: 1, Col: offset + open + 1}
	length := strings.IndexByte(side[open:], '}')
	if length < 0 {
		findings.Errorf(diag.EdgeSyntax, pos, "expected `}` after `%s`", side[open:]).WithHelp(labelsHelp)
		return side
	}
	peer := &graph.TestPeer{Labels: map[string]string{}}
	peer.Name.Pos = pos
	if before, ok := strings.CutSuffix(strings.TrimSpace(side[:open]), "/"); ok {
		peer.Namespace = graph.Text{Value: before, Pos: pos}
	} else if strings.TrimSpace(side[:open]) != "" {
		findings.Errorf(diag.EdgeSyntax, pos, "expected nothing or `ns/` before `{`, found `%s`", strings.TrimSpace(side[:open])).WithHelp(labelsHelp)
	}
	for pair := range strings.SplitSeq(side[open+1:open+length], ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			key, value, ok = strings.Cut(pair, ":")
		}
		key, value = strings.TrimSpace(key), strings.Trim(strings.TrimSpace(value), `"'`)
		switch {
		case !ok:
			findings.Errorf(diag.EdgeSyntax, pos, "expected `key: value`, found `%s`", strings.TrimSpace(pair)).WithHelp(labelsHelp)
		case key == "ns" && !peer.Namespace.IsSet():
			peer.Namespace = graph.Text{Value: value, Pos: pos}
		case len(validation.IsQualifiedName(key)) > 0 || len(validation.IsValidLabelValue(value)) > 0:
			findings.Errorf(diag.InvalidLabel, pos, "`%s` is no label", strings.TrimSpace(pair)).WithHelp(labelsHelp)
		default:
			peer.Labels[key] = value
		}
	}
	if ns := peer.Namespace.Value; ns != "" && len(validation.IsDNS1123Label(ns)) > 0 {
		findings.Errorf(diag.InvalidName, pos, "`%s` is no name of a namespace", ns).WithHelp(labelsHelp)
	}
	return q.stand(side, len(side)-len(strings.TrimLeft(side, " \t")), open+length+1, peer)
}

// peerName is how an answer calls a pod by labels.
func peerName(t *graph.TestPeer, namespace string) string {
	return namespace + "/{" + sets.LabelsText(t.Labels) + "}"
}
