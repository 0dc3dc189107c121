package lake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	"github.com/google/uuid"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/failpoint"
	"github.com/hosu-io/hosu/internal/schema"
	"github.com/hosu-io/hosu/internal/storage"
)

const (
	// maxAttempts bounds how often a publish is tried against a table that others keep changing.
	maxAttempts = 40
	// maxBackoff bounds the wait before the next attempt.
	maxBackoff = 500 * time.Millisecond

	stepFileWritten     = "publish.file_written"
	stepManifestWritten = "publish.manifest_written"
)

// PublishOption refines a [Lake.Publish].
type PublishOption func(*publishing)

// Recheck has fn look at the staged write again whenever a conflict changed which rows the table would have.
// When fn fails, nothing is published and Publish returns its error.
func Recheck(fn func(ctx context.Context, s *Staged) error) PublishOption {
	return func(p *publishing) { p.recheck = fn }
}

// publishing is one call of Publish.
type publishing struct {
	*Lake
	s       *Staged
	effects catalog.Effects
	recheck func(ctx context.Context, s *Staged) error
}

// Publish commits a staged write with its effects, in one commit. A write that changes nothing commits the effects
// alone. Conflicts with other writers are resolved by planning again, as the package documentation tells; those that
// cannot be are returned: a moved position and a lost fence among them ([catalog.ErrPositionMoved], [catalog.ErrFenced]).
//
// After an error the caller discards s; after [catalog.ErrUnknown] that keeps the files.
func (l *Lake) Publish(ctx context.Context, s *Staged, effects catalog.Effects, options ...PublishOption) (Published, error) {
	p := &publishing{Lake: l, s: s, effects: effects}
	for _, option := range options {
		option(p)
	}
	if s.settled {
		return Published{}, fmt.Errorf("publish %s: it was published or discarded before", s.target.Spec.Table)
	}
	published, err := p.run(ctx)
	if err != nil {
		return published, fmt.Errorf("publish %s: %w", s.target.Spec.Table, err)
	}
	s.settled = true
	for _, change := range s.target.changes {
		l.log.InfoContext(ctx, "column changed", "table", s.target.Spec.Table.String(), "column", change.Column, "change", change.What)
	}
	if err := l.Discard(ctx, s); err != nil { // only scratch folders, and what is left of them goes at the next start
		l.log.WarnContext(ctx, "scratch folder not removed", "table", s.target.Spec.Table.String(), "error", err)
	}
	return published, nil
}

func (p *publishing) run(ctx context.Context) (Published, error) {
	for attempt := 1; ; attempt++ {
		snapshot, err := p.attempt(ctx)
		if err == nil {
			return Published{SnapshotID: snapshot, Attempts: attempt}, nil
		}
		if !retryable(err) || attempt == maxAttempts {
			return Published{Attempts: attempt}, err
		}
		p.log.DebugContext(ctx, "another writer was first; staging again",
			"table", p.s.target.Spec.Table.String(), "attempt", attempt, "error", err)
		if err := backoff(ctx, attempt); err != nil {
			return Published{Attempts: attempt}, err
		}
		if err := p.restage(ctx); err != nil {
			return Published{Attempts: attempt}, err
		}
	}
}

// retryable reports whether staging again over the newer table makes sense.
func retryable(err error) bool {
	switch {
	case errors.Is(err, catalog.ErrUnknown), errors.Is(err, catalog.ErrFenced), errors.Is(err, catalog.ErrPositionMoved):
		return false
	}
	// ErrExists: the race to create the table was lost. ErrNoSuchTable: it was dropped meanwhile.
	return errors.Is(err, catalog.ErrConflict) || errors.Is(err, catalog.ErrExists) || errors.Is(err, catalog.ErrNoSuchTable)
}

// backoff waits before the next attempt, longer each time and never the same for two writers.
func backoff(ctx context.Context, attempt int) error {
	most := min(maxBackoff, time.Millisecond<<min(attempt, 10))
	timer := time.NewTimer(rand.N(most))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// attempt commits the staged write against target.base.
func (p *publishing) attempt(ctx context.Context) (snapshotID int64, err error) {
	commit := catalog.Commit{By: p.s.target.Spec.By, Effects: p.effects}
	if !p.s.Changed {
		if p.effects.Fence == nil && len(p.effects.Positions) == 0 && len(p.effects.Filled) == 0 {
			return 0, nil
		}
		commit.Changes = p.unchanged()
		_, err := p.catalog.Commit(ctx, commit)
		return 0, err
	}
	draft, err := p.draft()
	if err != nil {
		return 0, err
	}
	if err := p.adopt(ctx, draft.table.Location()); err != nil {
		return 0, err
	}
	if err := failpoint.Hit(ctx, stepFileWritten); err != nil {
		return 0, err
	}
	if err := p.addSnapshot(ctx, draft); err != nil {
		return 0, err
	}
	if err := failpoint.Hit(ctx, stepManifestWritten); err != nil {
		return 0, err
	}
	commit.Changes = []catalog.Change{draft.change}
	_, err = p.catalog.Commit(ctx, commit)
	if errors.Is(err, catalog.ErrUnknown) {
		return p.findOut(ctx, draft, err)
	}
	if err != nil {
		p.removeManifests(draft)
		return 0, err
	}
	return draft.snapshotID(), nil
}

// unchanged requires that the table still is the one whose rows were found to be as wanted. For an append of
// nothing it does not matter.
func (p *publishing) unchanged() []catalog.Change {
	base := p.s.target.base
	if p.s.target.Spec.Mode == Append {
		return nil
	}
	var snapshotID *int64
	if snapshot := base.CurrentSnapshot(); snapshot != nil {
		snapshotID = &snapshot.SnapshotID
	}
	return []catalog.Change{{Ident: p.s.target.Spec.Table, Requirements: []table.Requirement{
		table.AssertTableUUID(base.Metadata().TableUUID()), table.AssertRefSnapshotID(table.MainBranch, snapshotID),
	}}}
}

// findOut says whether a commit of unknown outcome happened: its snapshot is in the table, or the table is as it was.
func (p *publishing) findOut(ctx context.Context, d *draft, cause error) (int64, error) {
	p.s.settled = true // the files may be the table's by now
	now, err := p.catalog.Load(ctx, p.s.target.Spec.Table)
	if err != nil || d.snapshot == nil {
		return 0, errors.Join(cause, err)
	}
	if now.Metadata().SnapshotByID(d.snapshotID()) == nil {
		return 0, cause
	}
	return d.snapshotID(), nil
}

// adopt moves new files out of scratch folders into the table's data folder, or from that of a table that lost
// the race to be created into that of the one that won.
func (p *publishing) adopt(ctx context.Context, tableLocation string) error {
	folder := storage.Join(tableLocation, "data")
	for i := range p.s.added {
		f := &p.s.added[i]
		location := f.location
		if location == "" {
			location = storage.Join(folder, uuid.NewString()+".parquet")
		} else if location = storage.Join(folder, location[len(location)-len(uuid.Nil.String())-len(".parquet"):]); location == f.location {
			continue
		}
		if err := p.store.Adopt(ctx, f.Path, location); err != nil {
			return fmt.Errorf("move a data file into the table: %w", err)
		}
		local, err := p.store.LocalPath(location)
		if err != nil {
			return err
		}
		before := f.Path
		f.location, f.Path = location, local
		for j := range p.s.written { // the same file, when it was added as it was written
			if p.s.written[j].Path == before {
				p.s.written[j] = *f
			}
		}
		for j, path := range p.s.This.Files {
			if path == before {
				p.s.This.Files[j] = local
			}
		}
	}
	return nil
}

// draft is a change of a table in the making.
type draft struct {
	table  *table.Table // with the schema and properties it will have, before the new snapshot
	change catalog.Change
	// snapshot is the new one; nil when there is none.
	snapshot *table.Snapshot
}

func (d *draft) snapshotID() int64 {
	if d.snapshot == nil {
		return 0
	}
	return d.snapshot.SnapshotID
}

// draft starts the change: the table with its new schema and properties.
func (p *publishing) draft() (*draft, error) {
	t := p.s.target
	d := &draft{change: catalog.Change{Ident: t.Spec.Table}}
	if t.base == nil {
		var err error
		d.change.Create, d.change.Instead = t.create, t.Spec.Instead
		d.table, err = p.catalog.Planned(t.Spec.Table, t.create)
		return d, err
	}
	meta := t.base.Metadata()
	properties := p.s.newProperties()
	d.change.Requirements = []table.Requirement{table.AssertTableUUID(meta.TableUUID())}
	if len(t.changes) == 0 && len(properties) == 0 {
		d.table = t.base
		return d, nil
	}
	builder, err := table.MetadataBuilderFromBase(meta, t.base.MetadataLocation())
	if err != nil {
		return nil, err
	}
	if len(t.changes) > 0 {
		// The builder keeps and numbers what it is given, so it gets a copy.
		sch := iceberg.NewSchemaWithIdentifiers(t.schema.ID, t.schema.IdentifierFieldIDs, t.schema.Fields()...)
		if err := builder.AddSchema(sch); err != nil {
			return nil, err
		}
		if err := builder.SetCurrentSchemaID(-1); err != nil {
			return nil, err
		}
		update := iceberg.NewSchemaWithIdentifiers(sch.ID, sch.IdentifierFieldIDs, sch.Fields()...)
		d.change.Updates = append(d.change.Updates, table.NewAddSchemaUpdate(update), table.NewSetCurrentSchemaUpdate(-1))
		d.change.Requirements = append(d.change.Requirements, table.AssertCurrentSchemaID(meta.CurrentSchema().ID),
			table.AssertLastAssignedFieldID(meta.LastColumnID()), table.AssertDefaultSpecID(meta.DefaultPartitionSpec()))
	}
	if len(properties) > 0 {
		if err := builder.SetProperties(properties); err != nil {
			return nil, err
		}
		d.change.Updates = append(d.change.Updates, table.NewSetPropertiesUpdate(properties))
	}
	evolved, err := builder.Build()
	if err != nil {
		return nil, err
	}
	d.table = table.New(t.base.Identifier(), evolved, t.base.MetadataLocation(), p.fileSystem, nil)
	return d, nil
}

// addSnapshot writes the manifests of the new snapshot, if there is one, and completes the change.
func (p *publishing) addSnapshot(ctx context.Context, d *draft) error {
	s := p.s
	if len(s.added) == 0 && len(s.removed) == 0 {
		return nil
	}
	files := make([]iceberg.DataFile, len(s.added))
	for i, f := range s.added {
		var err error
		if files[i], err = dataFile(f.WrittenFile, f.location, s.target.schema, d.table.Spec()); err != nil {
			return err
		}
	}
	tx := d.table.NewTransaction()
	if err := stageFiles(ctx, tx, s.removed, files, d.table.Metadata().Version(), p.summary()); err != nil {
		return fmt.Errorf("write manifests: %w", err)
	}
	commit, err := tx.TableCommit()
	if err != nil {
		return err
	}
	staged, err := tx.StagedTable()
	if err != nil {
		return err
	}
	d.snapshot = staged.CurrentSnapshot()
	if err := completeSummaries(p.store, d.snapshot, d.table.Metadata()); err != nil {
		return fmt.Errorf("write the manifest list: %w", err)
	}
	d.change.Updates = append(d.change.Updates, commit.Updates...)
	if d.change.Create == nil {
		// The branch must be where this write found it: whatever somebody else committed since is neither lost
		// nor, for an append, in the way of trying again.
		d.change.Requirements = append(d.change.Requirements, commit.Requirements...)
	}
	return nil
}

func stageFiles(ctx context.Context, tx *table.Transaction, removed, added []iceberg.DataFile, version int, summary iceberg.Properties) error {
	if len(removed) == 0 && version >= 3 {
		// Only a row delta numbers the rows of new files itself (Iceberg spec v3, row lineage).
		return tx.NewRowDelta(summary).AddRows(added...).Commit(ctx)
	}
	// Files carry field ids, so no name mapping; names are fresh UUIDs, so no search for duplicates.
	options := []table.WriteOption{table.WithoutAutoNameMapping(), table.WithoutDuplicateCheck()}
	if len(removed) == 0 {
		return tx.AddDataFiles(ctx, added, summary, options...)
	}
	if version >= 3 && len(added) > 0 {
		return errors.New("tables of format version 3 can only be appended to here: make the table version 2")
	}
	return tx.ReplaceDataFilesWithDataFiles(ctx, removed, added, summary, options...)
}

// completeSummaries writes the manifest list of a new snapshot again if the values of a string partition in one of its manifests
// begin at the empty string. iceberg-go writes that bound as NULL, which to every reader says that all values are NULL: it
// would skip the whole manifest. (In a list of version 3 it cannot be put right: the first row ids would change.)
func completeSummaries(store storage.Store, snapshot *table.Snapshot, meta table.Metadata) error {
	if meta.Version() > 2 {
		return nil
	}
	manifests, err := snapshot.Manifests(store)
	if err != nil {
		return err
	}
	changed := false
	for i, m := range manifests {
		if summaries, wrong := withEmptyStrings(m, meta); wrong {
			manifests[i], changed = withSummaries(m, summaries), true
		}
	}
	if !changed {
		return nil
	}
	var list bytes.Buffer
	if err := iceberg.WriteManifestList(meta.Version(), &list, snapshot.SnapshotID, snapshot.ParentSnapshotID, &snapshot.SequenceNumber, 0, manifests); err != nil {
		return err
	}
	return store.WriteFile(snapshot.ManifestList, list.Bytes())
}

// withEmptyStrings is what a manifest's partition summaries should be, and whether they are not. Where all values are NULL, a bound
// that says otherwise does no harm.
func withEmptyStrings(m iceberg.ManifestFile, meta table.Metadata) (summaries []iceberg.FieldSummary, wrong bool) {
	spec := meta.PartitionSpecByID(int(m.PartitionSpecID()))
	if spec == nil || spec.IsUnpartitioned() {
		return nil, false
	}
	fields := spec.PartitionType(meta.CurrentSchema()).FieldList
	summaries = m.Partitions()
	for i := range min(len(fields), len(summaries)) {
		if _, ok := fields[i].Type.(iceberg.StringType); !ok {
			continue
		}
		for _, bound := range []**[]byte{&summaries[i].LowerBound, &summaries[i].UpperBound} {
			if *bound == nil || **bound == nil {
				*bound, wrong = &[]byte{}, true
			}
		}
	}
	return summaries, wrong
}

func withSummaries(m iceberg.ManifestFile, summaries []iceberg.FieldSummary) iceberg.ManifestFile {
	return iceberg.NewManifestFile(m.Version(), m.FilePath(), m.Length(), m.PartitionSpecID(), m.SnapshotID()).
		SequenceNum(m.SequenceNum(), m.MinSequenceNum()).Content(m.ManifestContent()).
		AddedFiles(m.AddedDataFiles()).ExistingFiles(m.ExistingDataFiles()).DeletedFiles(m.DeletedDataFiles()).
		AddedRows(m.AddedRows()).ExistingRows(m.ExistingRows()).DeletedRows(m.DeletedRows()).
		Partitions(summaries).KeyMetadata(m.KeyMetadata()).Build()
}

// removeManifests removes the manifest list and the manifests of a draft that was not committed. What cannot be
// removed stays, unreferenced.
func (p *publishing) removeManifests(d *draft) {
	if d.snapshot == nil {
		return
	}
	locations, err := manifestLocations(p.store, d.snapshot)
	if err == nil {
		var known []string
		known, err = manifestLocations(p.store, d.table.CurrentSnapshot())
		locations = slices.DeleteFunc(locations, func(l string) bool { return slices.Contains(known, l) })
	}
	for _, location := range locations {
		err = errors.Join(err, p.store.Remove(location))
	}
	if err != nil {
		p.log.Warn("unreferenced manifests are left behind", "table", p.s.target.Spec.Table.String(), "error", err)
	}
}

// manifestLocations are a snapshot's manifests and its manifest list.
func manifestLocations(store storage.Store, snapshot *table.Snapshot) ([]string, error) {
	if snapshot == nil {
		return nil, nil
	}
	manifests, err := snapshot.Manifests(store)
	if err != nil {
		return nil, err
	}
	locations := []string{snapshot.ManifestList}
	for _, m := range manifests {
		locations = append(locations, m.FilePath())
	}
	return locations, nil
}

// summary is what a snapshot tells of how it came to be. It is for people and audits: what programs rely
// on is in the state database, because a summary is lost when its snapshot expires.
func (p *publishing) summary() iceberg.Properties {
	spec := p.s.target.Spec
	properties := iceberg.Properties{"hosu.by": spec.By.Name, "hosu.mode": string(spec.Mode)}
	if fence := p.effects.Fence; fence != nil {
		properties["hosu.lease"] = fence.Lease + "/" + strconv.FormatInt(fence.Token, 10)
	}
	for _, position := range p.effects.Positions {
		properties["hosu.position."+position.Producer] = string(position.Value)
	}
	for _, filled := range p.effects.Filled {
		prefix := "hosu.filled." + filled.Asset
		properties[prefix+".fingerprint"] = filled.Fingerprint
		if !filled.Start.IsZero() {
			properties[prefix+".interval"] = filled.Start.UTC().Format(time.RFC3339) + "/" + filled.End.UTC().Format(time.RFC3339)
		}
	}
	if iv := spec.Interval; iv != nil {
		properties["hosu.interval"] = iv.Start.UTC().Format(time.RFC3339) + "/" + iv.End.UTC().Format(time.RFC3339)
	}
	return properties
}

// restage plans the write again over the table as it is now.
func (p *publishing) restage(ctx context.Context) error {
	s := p.s
	old := s.target
	fresh, err := p.plan(ctx, old.Spec)
	if err != nil {
		return err
	}
	fresh.Output.Dir = old.Output.Dir
	s.target = fresh
	stale := s.added
	if !sameLayout(old.schema, fresh.schema) || !slices.Equal(old.Output.Partition, fresh.Output.Partition) {
		if err := p.writeAgain(ctx, old.schema); err != nil {
			return fmt.Errorf("write the new rows again for the table's new columns: %w", err)
		}
	}
	if err := s.plan(ctx, p.Lake); err != nil {
		return err
	}
	if err := p.removeAdopted(unused(stale, s)); err != nil {
		return err
	}
	if p.recheck == nil {
		return nil
	}
	return p.recheck(ctx, s)
}

// writeAgain writes the new rows as the changed table needs them: field ids or partitions are others. Columns
// that were read under old have their names in the new schema too.
func (p *publishing) writeAgain(ctx context.Context, old *iceberg.Schema) error {
	if len(p.s.written) == 0 {
		return nil
	}
	before := p.s.written
	var names []string
	for _, f := range old.Fields() {
		if _, ok := schema.Find(p.s.target.schema, f.Name); ok {
			names = append(names, quote(f.Name))
		}
	}
	written, err := p.s.rewrite(ctx, p.Lake, "SELECT "+strings.Join(names, ", ")+" FROM fresh", relation("fresh", old, nil, before))
	if err != nil {
		return err
	}
	p.s.written = written
	return p.removeAdopted(before)
}

// unused are those of files that s refers to no more.
func unused(files []newFile, s *Staged) []newFile {
	used := map[string]bool{}
	for _, list := range [][]newFile{s.written, s.added} {
		for _, f := range list {
			used[f.location] = true
		}
	}
	var gone []newFile
	for _, f := range files {
		if !used[f.location] {
			gone = append(gone, f)
		}
	}
	return gone
}
