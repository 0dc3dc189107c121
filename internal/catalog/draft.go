package catalog

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/iceberg-go/table"
)

// Draft runs fn over an iceberg-go transaction of tbl and returns what the transaction would commit,
// to be put into a [Change]. Manifests that fn makes are written; nothing is committed.
func (c *Catalog) Draft(ctx context.Context, tbl *table.Table, fn func(*table.Transaction) error) ([]table.Requirement, []table.Update, error) {
	capture := &capture{}
	draft := table.New(tbl.Identifier(), tbl.Metadata(), tbl.MetadataLocation(), c.fileSystem, capture)
	tx := draft.NewTransaction()
	if err := fn(tx); err != nil {
		return nil, nil, err
	}
	if _, err := tx.Commit(ctx); err != nil && !errors.Is(err, errCaptured) {
		return nil, nil, fmt.Errorf("draft a change of %v: %w", tbl.Identifier(), err)
	}
	return capture.requirements, capture.updates, nil
}

// errCaptured ends an iceberg-go commit. It must not wrap table.ErrCommitFailed, which would make iceberg-go
// try again, and delete the files of the draft.
var errCaptured = errors.New("captured")

// capture is a catalog that remembers what it is asked to commit.
type capture struct {
	requirements []table.Requirement
	updates      []table.Update
}

func (c *capture) LoadTable(context.Context, table.Identifier) (*table.Table, error) {
	return nil, errors.New("a draft has no newer version")
}

func (c *capture) CommitTable(_ context.Context, _ table.Identifier, requirements []table.Requirement, updates []table.Update) (table.Metadata, string, error) {
	c.requirements, c.updates = requirements, updates
	return nil, "", errCaptured
}

// readOnly is the catalog behind loaded tables. A commit through iceberg-go itself would
// have no principal and no effects, so it is refused rather than made up.
type readOnly struct{ c *Catalog }

func (r readOnly) LoadTable(ctx context.Context, identifier table.Identifier) (*table.Table, error) {
	ident, err := identOf(identifier)
	if err != nil {
		return nil, err
	}
	return r.c.Load(ctx, ident)
}

func (r readOnly) CommitTable(_ context.Context, identifier table.Identifier, _ []table.Requirement, _ []table.Update) (table.Metadata, string, error) {
	return nil, "", fmt.Errorf("commit %v: a loaded table is read-only; use catalog.Draft and catalog.Commit, which record who makes the change", identifier)
}
