package catalog

import (
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"

	"github.com/hosu-io/hosu/internal/govern"
)

// Commit is the one way anything in the catalog changes: some tables, and the
// effects that must be true exactly when the change is.
//
// Everything in a Commit happens in one transaction of the state database, or not at all.
type Commit struct {
	// By is who makes the change; it is recorded with it.
	By govern.Principal
	// Changes may be empty: effects alone are a commit too (a source was polled and had nothing new).
	Changes []Change
	Effects Effects
}

// Change is what happens to one table or view. Exactly one of Create, Updates,
// View and Drop is set.
type Change struct {
	Ident Ident
	// Create makes a new table. Updates may then follow in the same Change:
	// they apply to the created metadata.
	Create *CreateTable
	// Requirements are checked against the table as it is at the swap; Updates are applied to it.
	// (Iceberg REST spec, CommitTableRequest.)
	Requirements []table.Requirement
	Updates      []table.Update
	View         *PutView
	Drop         bool
	// Instead is the view that Create, or the table that View, takes the place of: it goes in the same commit. One with another
	// UUID is [ErrExists]; none at all is fine.
	Instead *Entry
}

// replaces says that what is there may go for what comes.
func (c Change) replaces(before *Entry) bool {
	return c.Instead != nil && c.Instead.UUID == before.UUID
}

// CreateTable describes a table that does not exist yet.
type CreateTable struct {
	Schema     *iceberg.Schema // field ids are kept as given
	Partition  *iceberg.PartitionSpec
	Location   string // empty: <warehouse>/<namespace>/<name>-<short uuid>
	Properties iceberg.Properties
}

// PutView creates a view or replaces its definition.
type PutView struct {
	SQL    string // DuckDB dialect
	Schema *iceberg.Schema
	// Properties such as the owning model; may be nil.
	Properties iceberg.Properties
}

// Effects are rows of the state database that change with the tables or not at all.
type Effects struct {
	// Fence, when set, must still hold: the commit of a worker that lost its lease fails.
	Fence *Fence
	// Positions move producers forward by compare-and-set.
	Positions []Position
	// Filled are the intervals of assets that this commit makes complete.
	Filled []Filled
}

// Fence is a lease held by the committer.
type Fence struct {
	Lease string // e.g. "run"
	Token int64  // given out by state when the lease was taken; grows with every holder
}

// Position is how far a producer has read its source.
type Position struct {
	Producer string // e.g. "source:shop.orders"
	// Version is the version the producer read before it started (0: none yet). When
	// another value is stored the commit fails with [ErrPositionMoved].
	Version int64
	// Value is the producer's own; stored as is, with Version+1.
	Value []byte
}

// Filled records that an asset holds, for [Start, End), what its definition
// with Fingerprint makes of Inputs. Assets without intervals use zero times.
type Filled struct {
	Asset       string
	Start, End  time.Time
	Fingerprint string
	// Inputs are the snapshots read: table name to snapshot id.
	Inputs map[string]int64
	At     time.Time
}
