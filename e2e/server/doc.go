// Package server holds npgen's output against a Kubernetes API server.
//
// In: every example and golden, built into folders. Out: the server takes each object by `kubectl apply`, in a dry run
// and for real, and gives back what was in the folder. It refuses an object that defaulting changes.
package server
