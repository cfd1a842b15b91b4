// Package sets is exact sets of ports, addresses and pods, and the only place that knows what a label selector means.
//
// In: label selectors, ranges of ports and addresses. Out: whether sets are empty, lie inside of others or meet, each
// with an example. A question about whole policies is answered by a bounded search for a flow that satisfies it
// (Question), never by writing the set out. It refuses nothing: a question that is too large for its bound is undecided.
package sets
