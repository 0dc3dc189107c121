package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	"github.com/google/uuid"

	"github.com/hosu-io/hosu/internal/storage"
)

// Properties of new tables; those that the creator gives win.
var defaultProperties = iceberg.Properties{
	table.PropertyFormatVersion: "2",
	// Every engine reads copy-on-write tables, and reads them fastest.
	table.WriteDeleteModeKey: table.WriteModeCopyOnWrite,
	"write.update.mode":      table.WriteModeCopyOnWrite,
	"write.merge.mode":       table.WriteModeCopyOnWrite,
	// An overwrite conflicts with a concurrent change of the same files, not
	// with an unrelated append.
	"write.delete.isolation-level": "snapshot",
	"write.update.isolation-level": "snapshot",
	"write.merge.isolation-level":  "snapshot",
	// Every commit writes a metadata file; all but the last ones are removed again.
	table.MetadataPreviousVersionsMaxKey:      "20",
	table.MetadataDeleteAfterCommitEnabledKey: "true",
	table.ParquetCompressionKey:               "zstd",
	table.WriteTargetFileSizeBytesKey:         strconv.Itoa(256 << 20),
	table.GCEnabledKey:                        "true",
	table.ManifestMergeEnabledKey:             "true",
	table.ManifestMinMergeCountKey:            "20",
}

// staged is a change as it will be once the pointer moves to it.
type staged struct {
	ident     Ident
	kind      Kind
	operation Operation // empty: nothing changes, but the pointer must not have moved
	before    *Entry    // nil: there was nothing of this name
	uuid      string
	// location is where the pointer goes; for a drop, where it was.
	location   string
	snapshotID int64
	content    []byte // of a metadata file to write; nil when there is none
	loaded     any    // *table.Table or *View, for the cache
	// obsolete are metadata files that the table no longer refers to once the pointer has moved.
	obsolete []string
}

// previous is where the pointer was.
func (s *staged) previous() string {
	if s.before == nil {
		return ""
	}
	return s.before.MetadataLocation
}

// stage works out what a change makes of the table as it is now. It writes nothing.
func (c *Catalog) stage(ctx context.Context, change Change, before *Entry) (*staged, error) {
	if before != nil {
		change.Ident = before.Ident
	}
	switch {
	case change.View != nil:
		return c.stageView(ctx, change, before)
	case change.Create != nil:
		return c.stageCreate(change, before)
	case before == nil:
		return nil, fmt.Errorf("%s: %w", change.Ident, ErrNoSuchTable)
	case change.Drop && before.Kind == KindView:
		return &staged{ident: change.Ident, kind: before.Kind, operation: OpDrop, before: before,
			uuid: before.UUID, location: before.MetadataLocation}, nil
	case before.Kind != KindTable:
		return nil, fmt.Errorf("%s: %w: it is a view", change.Ident, ErrNoSuchTable)
	default:
		return c.stageUpdate(ctx, change, before)
	}
}

func (c *Catalog) stageCreate(change Change, before *Entry) (*staged, error) {
	if before != nil && (before.Kind != KindView || !change.replaces(before)) {
		return nil, fmt.Errorf("%s: %w: there is a %s of that name", change.Ident, ErrExists, before.Kind)
	}
	if err := validateRequirements(change, nil); err != nil {
		return nil, err
	}
	location := change.Create.Location
	if location == "" {
		location = c.newLocation(change.Ident)
	}
	meta, err := newMetadata(change.Create, strings.TrimRight(location, "/"))
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", change.Ident, err)
	}
	if len(change.Updates) > 0 {
		if meta, err = table.UpdateTableMetadata(meta, change.Updates, ""); err != nil {
			return nil, fmt.Errorf("create %s: %w", change.Ident, err)
		}
	}
	return c.stageMetadata(&staged{ident: change.Ident, kind: KindTable, operation: OpCreate, before: before}, meta)
}

func (c *Catalog) stageUpdate(ctx context.Context, change Change, before *Entry) (*staged, error) {
	current, err := c.loadTable(ctx, *before)
	if err != nil {
		return nil, err
	}
	if err := validateRequirements(change, current.Metadata()); err != nil {
		return nil, err
	}
	s := &staged{ident: change.Ident, kind: KindTable, before: before, uuid: before.UUID,
		location: before.MetadataLocation, snapshotID: before.SnapshotID, loaded: current}
	if change.Drop {
		s.operation = OpDrop
		return s, nil
	}
	if len(change.Updates) == 0 {
		return s, nil
	}
	meta, err := table.UpdateTableMetadata(current.Metadata(), change.Updates, before.MetadataLocation)
	if err != nil {
		return nil, fmt.Errorf("update %s: %w", change.Ident, err)
	}
	if meta.TableUUID() != current.Metadata().TableUUID() {
		return nil, fmt.Errorf("update %s: the uuid of a table cannot change", change.Ident)
	}
	s.operation = OpUpdate
	s.obsolete = obsoleteMetadata(current.Metadata(), meta)
	return c.stageMetadata(s, meta)
}

// stageMetadata completes a staged table with its new metadata file.
func (c *Catalog) stageMetadata(s *staged, meta table.Metadata) (*staged, error) {
	if _, err := c.store.LocalPath(meta.Location()); err != nil {
		return nil, fmt.Errorf("%s: %w", s.ident, err)
	}
	content, err := json.Marshal(meta)
	if err != nil {
		return nil, fmt.Errorf("%s: write metadata: %w", s.ident, err)
	}
	s.content = content
	s.location = metadataLocation(meta.Location(), s.previous())
	s.uuid = meta.TableUUID().String()
	s.snapshotID = 0
	if snapshot := meta.CurrentSnapshot(); snapshot != nil {
		s.snapshotID = snapshot.SnapshotID
	}
	s.loaded = table.New(table.Identifier{s.ident.Namespace, s.ident.Name}, meta, s.location, c.fileSystem, readOnly{c})
	return s, nil
}

// validateRequirements checks what a change requires of the table's current metadata; nil: there is no table.
func validateRequirements(change Change, current table.Metadata) error {
	for _, requirement := range change.Requirements {
		if err := requirement.Validate(current); err != nil {
			return fmt.Errorf("%s: %w: %w", change.Ident, ErrRequirement, err)
		}
	}
	if current == nil {
		return nil
	}
	// Moving a branch without saying from where would silently discard what
	// another writer has put there: Iceberg leaves that check to the requirement.
	for _, update := range change.Updates {
		if update.Action() != table.UpdateSetSnapshotRef {
			continue
		}
		ref, err := refOf(update, "ref-name")
		if err != nil {
			return fmt.Errorf("update %s: %w", change.Ident, err)
		}
		if !requiresRef(change.Requirements, ref) {
			return fmt.Errorf("update %s: it moves %q without the requirement assert-ref-snapshot-id, which says from where", change.Ident, ref)
		}
	}
	return nil
}

func requiresRef(requirements []table.Requirement, ref string) bool {
	for _, requirement := range requirements {
		if requirement.GetType() != "assert-ref-snapshot-id" {
			continue
		}
		if required, err := refOf(requirement, "ref"); err == nil && required == ref {
			return true
		}
	}
	return false
}

// refOf reads a field of an update or requirement, whose types iceberg-go keeps to
// itself: their JSON is public.
func refOf(v any, field string) (string, error) {
	encoded, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	fields := map[string]any{}
	if err := json.Unmarshal(encoded, &fields); err != nil {
		return "", err
	}
	value, ok := fields[field].(string)
	if !ok {
		return "", fmt.Errorf("%s has no %s", encoded, field)
	}
	return value, nil
}

// newMetadata makes the metadata of a table that does not exist yet. Unlike
// iceberg-go's NewMetadata it keeps field ids: data files with those ids may exist already.
func newMetadata(create *CreateTable, location string) (table.Metadata, error) {
	if create.Schema == nil {
		return nil, errors.New("no schema given")
	}
	properties := iceberg.Properties{}
	for _, set := range []iceberg.Properties{defaultProperties, create.Properties} {
		for key, value := range set {
			properties[key] = value
		}
	}
	version, err := strconv.Atoi(properties[table.PropertyFormatVersion])
	if err != nil {
		return nil, fmt.Errorf("property %s: want a number, not %q", table.PropertyFormatVersion, properties[table.PropertyFormatVersion])
	}
	delete(properties, table.PropertyFormatVersion)
	spec := create.Partition
	if spec == nil {
		spec = iceberg.UnpartitionedSpec
	}
	builder, err := table.NewMetadataBuilder(version)
	if err != nil {
		return nil, err
	}
	unsorted := table.UnsortedSortOrder
	for _, step := range []func() error{
		func() error { return builder.SetUUID(uuid.New()) },
		func() error { return builder.AddSchema(create.Schema) },
		func() error { return builder.SetCurrentSchemaID(-1) },
		func() error { return builder.AddSortOrder(&unsorted) },
		func() error { return builder.SetDefaultSortOrderID(-1) },
		func() error { return builder.AddPartitionSpec(spec, true) },
		func() error { return builder.SetDefaultSpecID(-1) },
		func() error { return builder.SetLoc(location) },
		func() error { return builder.SetProperties(properties) },
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return builder.Build()
}

// newLocation is where the files of a new table or view go. The unique suffix keeps
// a table apart from a dropped one of the same name.
func (c *Catalog) newLocation(ident Ident) string {
	return storage.Join(c.store.Root(), slug(ident.Namespace), slug(ident.Name)+"-"+uuid.NewString()[:8])
}

// slug is the part of a name that every engine spells alike in a location: some percent-encode
// other characters, and some take the encoded form for the name of the file.
func slug(name string) string {
	kept := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '_', r == '-', r == '.':
			return r
		case r == ' ':
			return '_'
		default:
			return -1
		}
	}, name)
	if kept = strings.Trim(kept, "._"); kept == "" {
		return "x"
	}
	return kept
}

// metadataLocation is a new metadata file of a table or view, numbered one higher than the previous one.
func metadataLocation(tableLocation, previous string) string {
	version := 0
	if digits, _, ok := strings.Cut(path.Base(previous), "-"); ok {
		if n, err := strconv.Atoi(digits); err == nil {
			version = n + 1
		}
	}
	return storage.Join(tableLocation, "metadata", fmt.Sprintf("%05d-%s.metadata.json", version, uuid.NewString()))
}

// obsoleteMetadata are the metadata files that fell out of the table's log, when the table says that they are to be deleted.
func obsoleteMetadata(before, after table.Metadata) []string {
	if !after.Properties().GetBool(table.MetadataDeleteAfterCommitEnabledKey, table.MetadataDeleteAfterCommitEnabledDefault) {
		return nil
	}
	kept := map[string]bool{}
	for entry := range after.PreviousFiles() {
		kept[entry.MetadataFile] = true
	}
	var obsolete []string
	for entry := range before.PreviousFiles() {
		if !kept[entry.MetadataFile] {
			obsolete = append(obsolete, entry.MetadataFile)
		}
	}
	return obsolete
}

// write puts the metadata file of a staged change in place.
func (c *Catalog) write(s *staged) error {
	if s.content == nil {
		return nil
	}
	if err := c.store.WriteFile(s.location, s.content); err != nil {
		return fmt.Errorf("%s: write metadata: %w", s.ident, err)
	}
	return nil
}

// discard removes the metadata files of changes that were not committed. What cannot be removed stays,
// unreferenced.
func (c *Catalog) discard(changes []*staged) {
	for _, s := range changes {
		if s != nil && s.content != nil {
			c.remove(s.location)
		}
	}
}

// remove deletes a file that nothing refers to; failing to is no harm.
func (c *Catalog) remove(location string) {
	if err := c.store.Remove(location); err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.log.Warn("an unreferenced metadata file is left behind", "location", location, "error", err)
	}
}
