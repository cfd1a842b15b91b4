module github.com/npgen/npgen

go 1.26.0
