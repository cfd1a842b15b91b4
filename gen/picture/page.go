package picture

import "io"

func (p *Picture) page(w io.Writer) error { return nil }
