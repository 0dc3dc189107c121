package scan

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/hosu-io/hosu/internal/engine"
)

// Executor runs resolved statements. The default is engine/sandbox; another is Trino.
//
// An error of a statement (its SQL is wrong, it ran out of memory, the process that ran it died) is an
// *engine.StatementError; everything else is an error of the executor itself.
type Executor interface {
	// Query streams the rows of job. The caller releases the reader; cancelling ctx ends
	// the statement within 200 ms.
	Query(ctx context.Context, job engine.Job) (array.RecordReader, error)
	// Build writes the rows of job as Parquet data files and returns them, with statistics.
	Build(ctx context.Context, job engine.Job, out engine.Output) ([]engine.WrittenFile, error)
}

// Planner looks into SQL without running it.
type Planner interface {
	// Parse rejects anything that is not one SELECT statement of the allowlist.
	Parse(ctx context.Context, sql string) (*engine.Statement, error)
	// Plan binds and optimizes sql over stubs, where no row and no file is in reach.
	Plan(ctx context.Context, sql string, stubs []engine.Stub, params []engine.Param, timeZone string) (*engine.Plan, error)
}
