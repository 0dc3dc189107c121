package query

import (
	"sync/atomic"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/scan"
)

// Rows is the result of a statement as it arrives: an Arrow reader with an account of what was read. It has one
// user at a time, who releases it.
type Rows struct {
	array.RecordReader
	// Columns have the types as DuckDB spells them.
	Columns []engine.Column
	// Tables are what the statement reads, in the order in which it names them.
	Tables []scan.TableUse
	// Stamps and Volatility say for how long the rows stay true; see [scan.Resolved].
	Stamps     []scan.Stamp
	Volatility scan.Volatility

	start, ready time.Time
	now          func() time.Time
	ended        time.Time // zero until the last row was read
	read         int64
	refs         atomic.Int64
	done         func(error)
}

// Stats count a statement.
type Stats struct {
	// Elapsed is from the start of the statement to its last row, or to now.
	Elapsed time.Duration
	// Wait is from the start to the point from which rows can be read.
	Wait time.Duration
	// Rows are those read from the result so far.
	Rows int64
	// Files and Bytes are what the statement may read of its tables, of FilesTotal and BytesTotal.
	Files, FilesTotal int
	Bytes, BytesTotal int64
}

// Next reads the next batch.
func (r *Rows) Next() bool {
	if !r.RecordReader.Next() {
		if r.ended.IsZero() {
			r.ended = r.now()
		}
		return false
	}
	r.read += r.RecordReader.RecordBatch().NumRows()
	return true
}

// Retain implements [array.RecordReader].
func (r *Rows) Retain() { r.refs.Add(1) }

// Release ends the statement when nobody uses the rows any more, whether or not all were read.
func (r *Rows) Release() {
	if r.refs.Add(-1) != 0 {
		return
	}
	if r.ended.IsZero() {
		r.ended = r.now()
	}
	r.done(r.Err())
	r.RecordReader.Release()
}

// Stats is complete once Next has returned false.
func (r *Rows) Stats() Stats {
	end := r.ended
	if end.IsZero() {
		end = r.now()
	}
	stats := Stats{Elapsed: end.Sub(r.start), Wait: r.ready.Sub(r.start), Rows: r.read}
	for _, use := range r.Tables {
		stats.Files += use.Files
		stats.FilesTotal += use.FilesTotal
		stats.Bytes += use.Bytes
		stats.BytesTotal += use.BytesTotal
	}
	return stats
}
