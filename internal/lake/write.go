package lake

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/ingest"
)

var _ ingest.Sink = (*Lake)(nil)

// Write implements [ingest.Sink]. Rows stream through DuckDB into Parquet files, so memory does not grow with their number.
// Equal rows with one key are taken for one: a source that is read again with an overlap repeats them.
func (l *Lake) Write(ctx context.Context, w ingest.Write) (ingest.Written, error) {
	rows := &progressReader{RecordReader: w.Rows, report: w.Progress}
	defer w.Rows.Release()
	t, err := l.Prepare(ctx, Spec{
		By: w.By, Table: w.Table, Mode: Mode(w.Mode), Key: w.Key, Duplicates: CollapseEqual, Columns: w.Columns,
		DropMissing: w.Anew,
	})
	if err != nil {
		return ingest.Written{}, err
	}
	files, err := l.copyRows(ctx, rows, t)
	if err != nil {
		return ingest.Written{}, errors.Join(fmt.Errorf("write %s: %w", w.Table, err), l.Abandon(t))
	}
	var effects catalog.Effects
	if w.Effects != nil {
		if effects, err = w.Effects(); err != nil {
			return ingest.Written{}, errors.Join(err, l.Abandon(t))
		}
	}
	s, err := l.Stage(ctx, t, files)
	if err != nil {
		return ingest.Written{}, err
	}
	published, err := l.Publish(ctx, s, effects)
	if err != nil {
		return ingest.Written{}, errors.Join(err, l.Discard(context.WithoutCancel(ctx), s))
	}
	return ingest.Written{
		Rows: rows.rows.Load(), Changed: s.Rows, Bytes: s.Bytes, Files: s.Files, SnapshotID: published.SnapshotID,
	}, nil
}

// progressReader counts what passes through.
type progressReader struct {
	array.RecordReader
	report func(rows, bytes int64)
	rows   atomic.Int64
	bytes  atomic.Int64
}

func (r *progressReader) Next() bool {
	if !r.RecordReader.Next() {
		return false
	}
	batch := r.RecordBatch()
	rows := r.rows.Add(batch.NumRows())
	bytes := r.bytes.Add(batchBytes(batch))
	if r.report != nil {
		r.report(rows, bytes)
	}
	return true
}

// batchBytes is about the Arrow memory of a batch: a slice of a larger array counts whole.
func batchBytes(batch arrow.RecordBatch) (bytes int64) {
	for _, column := range batch.Columns() {
		bytes += dataBytes(column.Data())
	}
	return bytes
}

func dataBytes(data arrow.ArrayData) (bytes int64) {
	for _, buffer := range data.Buffers() {
		if buffer != nil {
			bytes += int64(buffer.Len())
		}
	}
	for _, child := range data.Children() {
		bytes += dataBytes(child)
	}
	return bytes
}
