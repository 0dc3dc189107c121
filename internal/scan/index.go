package scan

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// fileIndex is every data file of one snapshot with its statistics and deletes, in memory. It never changes, because
// a snapshot does not; only decoded columns are added as statements ask for them.
type fileIndex struct {
	files []indexedFile
	rows  int64
	bytes int64
	// specs are the partition specs the files were written with, by id.
	specs map[int32]*iceberg.PartitionSpec
	// partitionSchema resolves the types of partition values.
	partitionSchema *iceberg.Schema

	mu      sync.Mutex
	columns map[columnKey]*columnStats
}

// indexedFile is one data file and what must be read with it.
type indexedFile struct {
	path        string // local
	rows, bytes int64
	sequence    int64 // data sequence number; 0: unknown
	spec        int32
	partition   iceberg.StructLike // nil in an unpartitioned table
	stats       fileStats
	// deletes are the delete files that apply; shared between the data files of an index.
	deletes []*deleteFile
	// columns are the field ids the statistics mention; nil when there are none.
	columns map[int]struct{}
}

// fileStats are the statistics of one data file by field id, as the manifest has them.
type fileStats struct {
	values, nulls, nans map[int]int64
	lower, upper        map[int][]byte
}

type columnKey struct {
	id  int
	typ string
}

// deleteFile is one Iceberg v2 delete file.
type deleteFile struct {
	path     string // local
	equality []int  // field ids; nil for position deletes
}

// indexTasks makes an index of planned tasks. A file that was split into several tasks is one entry.
func (r *Resolver) indexTasks(meta table.Metadata, s *iceberg.Schema, tasks []table.FileScanTask) (*fileIndex, error) {
	ix := &fileIndex{
		files:           make([]indexedFile, 0, len(tasks)),
		specs:           map[int32]*iceberg.PartitionSpec{},
		partitionSchema: s,
		columns:         map[columnKey]*columnStats{},
	}
	seen := make(map[string]struct{}, len(tasks))
	deletes := map[string]*deleteFile{}
	for _, task := range tasks {
		location := task.File.FilePath()
		if _, again := seen[location]; again {
			continue
		}
		seen[location] = struct{}{}
		file, err := r.indexFile(ix, meta, task)
		if err != nil {
			return nil, err
		}
		for _, found := range slices.Concat(task.DeleteFiles, task.EqualityDeleteFiles, task.DeletionVectorFiles) {
			applies, err := r.indexDelete(deletes, found)
			if err != nil {
				return nil, err
			}
			file.deletes = append(file.deletes, applies)
		}
		ix.files = append(ix.files, file)
		ix.rows += file.rows
		ix.bytes += file.bytes
	}
	return ix, nil
}

func (r *Resolver) indexFile(ix *fileIndex, meta table.Metadata, task table.FileScanTask) (indexedFile, error) {
	data := task.File
	if format := data.FileFormat(); format != iceberg.ParquetFile {
		return indexedFile{}, fmt.Errorf("data file %s is %s: only Parquet data files can be read; rewrite the table with write.format.default=parquet",
			data.FilePath(), format)
	}
	path, err := r.store.LocalPath(data.FilePath())
	if err != nil {
		return indexedFile{}, fmt.Errorf("data file %s: %w", data.FilePath(), err)
	}
	if len(task.DeleteFiles) > 0 && pathInDeletes(data.FilePath()) != path {
		// Executors find deleted rows by the path in the delete file: a mismatch would bring them back.
		return indexedFile{}, fmt.Errorf("data file %s has position deletes, which name it by a location that is not its path %s: "+
			"compact the table (rewrite_data_files) with the engine that wrote it", data.FilePath(), path)
	}
	spec := ix.specs[data.SpecID()]
	if spec == nil {
		spec = meta.PartitionSpecByID(int(data.SpecID()))
		if spec == nil {
			return indexedFile{}, fmt.Errorf("data file %s: the metadata has no partition spec %d", data.FilePath(), data.SpecID())
		}
		ix.specs[data.SpecID()] = spec
	}
	file := indexedFile{
		path: path, rows: data.Count(), bytes: data.FileSizeBytes(), spec: data.SpecID(),
		stats: fileStats{
			values: data.ValueCounts(), nulls: data.NullValueCounts(), nans: data.NaNValueCounts(),
			lower: data.LowerBoundValues(), upper: data.UpperBoundValues(),
		},
	}
	if task.DataSequenceNumber != nil {
		file.sequence = *task.DataSequenceNumber
	}
	if !spec.IsUnpartitioned() {
		file.partition = table.GetPartitionRecord(data, spec.PartitionType(ix.partitionSchema))
	}
	if n := len(file.stats.values) + len(file.stats.lower); n > 0 {
		file.columns = make(map[int]struct{}, n)
		for id := range file.stats.values {
			file.columns[id] = struct{}{}
		}
		for id := range file.stats.lower {
			file.columns[id] = struct{}{}
		}
	}
	return file, nil
}

// pathInDeletes is the local path that executors take a data file's location in a position delete file for.
func pathInDeletes(location string) string {
	if rest, ok := strings.CutPrefix(location, "file:"); ok {
		return strings.TrimPrefix(rest, "//")
	}
	return location
}

// errDeletionVector: the table has deletes in a form that executors do not read.
var errDeletionVector = errors.New("the table has Iceberg v3 deletion vectors, which hosu does not read yet; " +
	"compact the table (rewrite_data_files) with the engine that wrote them")

func (r *Resolver) indexDelete(known map[string]*deleteFile, file iceberg.DataFile) (*deleteFile, error) {
	location := file.FilePath()
	if found := known[location]; found != nil {
		return found, nil
	}
	if table.IsDeletionVector(file) {
		return nil, fmt.Errorf("delete file %s: %w", location, errDeletionVector)
	}
	if format := file.FileFormat(); format != iceberg.ParquetFile {
		return nil, fmt.Errorf("delete file %s is %s: only Parquet delete files can be read; compact the table (rewrite_data_files) with the engine that wrote it",
			location, format)
	}
	path, err := r.store.LocalPath(location)
	if err != nil {
		return nil, fmt.Errorf("delete file %s: %w", location, err)
	}
	found := &deleteFile{path: path}
	if file.ContentType() == iceberg.EntryContentEqDeletes {
		found.equality = slices.Clone(file.EqualityFieldIDs())
	}
	known[location] = found
	return found, nil
}

// indexCache keeps the indexes of recently read snapshots, up to a total number of files.
type indexCache struct {
	mu    sync.Mutex
	limit int
	total int
	order []indexKey // least recently used first
	byKey map[indexKey]*fileIndex
}

// indexKey names a snapshot for ever: its manifest list is never rewritten.
type indexKey struct {
	table    string // table UUID
	snapshot int64
	list     string
}

func newIndexCache(limit int) *indexCache {
	return &indexCache{limit: limit, byKey: map[indexKey]*fileIndex{}}
}

func (c *indexCache) get(key indexKey) *fileIndex {
	c.mu.Lock()
	defer c.mu.Unlock()
	ix := c.byKey[key]
	if ix != nil {
		at := slices.Index(c.order, key)
		c.order = append(slices.Delete(c.order, at, at+1), key)
	}
	return ix
}

func (c *indexCache) put(key indexKey, ix *fileIndex) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey[key] != nil || len(ix.files) > c.limit {
		return
	}
	c.byKey[key] = ix
	c.order = append(c.order, key)
	c.total += len(ix.files)
	for c.total > c.limit {
		oldest := c.order[0]
		c.order = c.order[1:]
		c.total -= len(c.byKey[oldest].files)
		delete(c.byKey, oldest)
	}
}

// selection is the part of a snapshot that a statement reads.
type selection struct {
	files                 []indexedFile
	filesTotal            int
	rows, bytes           int64
	rowsTotal, bytesTotal int64
}

// selectFiles finds the files of a version that may hold rows for which filter holds.
func (r *Resolver) selectFiles(ctx context.Context, v *version, filter iceberg.BooleanExpression) (*selection, error) {
	if v.snapshot == nil {
		return &selection{}, nil
	}
	total, counted := summaryCount(v.snapshot, "total-data-files")
	if counted && total > int64(r.maxIndexed) {
		return r.selectFromManifests(ctx, v, filter, int(total))
	}
	key := indexKey{v.table.Metadata().TableUUID().String(), v.snapshot.SnapshotID, v.snapshot.ManifestList}
	ix := r.indexes.get(key)
	if ix == nil {
		var err error
		if ix, err = r.plan(ctx, v, nil); err != nil {
			return nil, err
		}
		r.indexes.put(key, ix)
	}
	kept, err := ix.prune(filter, v.schema)
	if err != nil {
		return nil, err
	}
	found := &selection{
		files: make([]indexedFile, 0, len(kept)), filesTotal: len(ix.files),
		rowsTotal: ix.rows, bytesTotal: ix.bytes,
	}
	for _, i := range kept {
		found.add(ix.files[i])
	}
	return found, nil
}

// selectFromManifests prunes while reading the manifests: for snapshots with more files than are worth keeping.
func (r *Resolver) selectFromManifests(ctx context.Context, v *version, filter iceberg.BooleanExpression, total int) (*selection, error) {
	ix, err := r.plan(ctx, v, filter)
	if err != nil {
		// iceberg-go fails on bounds it cannot read, such as those from before a column was promoted.
		r.log.WarnContext(ctx, "pruning failed, reading the whole table", "table", v.ident, "error", err)
		if ix, err = r.plan(ctx, v, nil); err != nil {
			return nil, err
		}
	}
	found := &selection{filesTotal: total}
	found.rowsTotal, _ = summaryCount(v.snapshot, "total-records")
	found.bytesTotal, _ = summaryCount(v.snapshot, "total-files-size")
	for _, file := range ix.files {
		found.add(file)
	}
	return found, nil
}

func (s *selection) add(file indexedFile) {
	s.files = append(s.files, file)
	s.rows += file.rows
	s.bytes += file.bytes
}

// plan has iceberg-go match data files with their deletes, by the rules of the
// specification for sequence numbers and partitions.
func (r *Resolver) plan(ctx context.Context, v *version, filter iceberg.BooleanExpression) (*fileIndex, error) {
	scan, err := v.scan(filter)
	if err != nil {
		return nil, err
	}
	defer scan.Close() // releases remote plans only, of which there are none
	tasks, err := scan.PlanFiles(ctx)
	if err != nil {
		return nil, fmt.Errorf("plan the files of snapshot %d: %w", v.snapshot.SnapshotID, err)
	}
	return r.indexTasks(v.table.Metadata(), v.schema, tasks)
}

// summaryCount reads a total that writers keep in the snapshot summary.
func summaryCount(snapshot *table.Snapshot, name string) (int64, bool) {
	if snapshot.Summary == nil {
		return 0, false
	}
	n, err := strconv.ParseInt(snapshot.Summary.Properties[name], 10, 64)
	return n, err == nil && n >= 0
}

// deletesOf lists the delete files of a selection, each with the data files it applies to.
func (s *selection) deletesOf() map[*deleteFile][]string {
	applies := map[*deleteFile][]string{}
	for _, file := range s.files {
		for _, found := range file.deletes {
			applies[found] = append(applies[found], file.path)
		}
	}
	return applies
}

// sortedDeletes orders delete files by path, so that the same statement is always the same job.
func sortedDeletes(applies map[*deleteFile][]string) []*deleteFile {
	return slices.SortedFunc(maps.Keys(applies), func(a, b *deleteFile) int {
		if a.path < b.path {
			return -1
		}
		if a.path > b.path {
			return 1
		}
		return 0
	})
}
