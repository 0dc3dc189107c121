package project

// Graph is the assets of a workspace and who reads whom.
type Graph struct {
	assets map[string]*Asset
	order  []string // topological, ties by name
}

// Asset is anything that makes a table: a model or a copied source table.
type Asset struct {
	Name string // catalog name of the table it makes
	// Exactly one of Model and SourceTable is set.
	Model       *Model
	SourceTable *SourceTable
	Upstream    []string // assets it reads, sorted
	Downstream  []string // assets that read it, sorted
	Fingerprint string
}
