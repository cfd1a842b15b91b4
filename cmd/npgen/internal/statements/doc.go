// Package statements holds what npgen says to an oracle that shares nothing with it: the answers of diff, list, vet
// and test over random clusters and packages, for every pod that can exist.
//
// In: seeds. Out: for each statement how often it was made and how often it was wrong, and for what was wrong the seed,
// the input in its smallest form and a flow that shows it. It refuses answers that are not as the contract has them.
//
// NPGEN_STATEMENTS sets how many clusters are tried, NPGEN_STATEMENTS_SEED where the seeds begin.
package statements
