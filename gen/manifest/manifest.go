// Package manifest lays policies out as a folder of YAML and keeps such a folder.
//
// In: NetworkPolicy objects in stream order and the names of the packages that they were built from. Out: the files of a
// folder, with kustomizations that give the objects in the order of the stream; for files that are proven the folder
// itself, or a unified diff between it and the files. It refuses to touch a file that npgen did not write, and a folder
// built from other packages unless it is told to adopt it. A refusal comes before the first change.
package manifest
