package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/view"
	"github.com/google/uuid"
)

// viewDialect names the SQL of views in their metadata (Iceberg view spec, SQL representation).
const viewDialect = "duckdb"

// stageView creates a view or gives it a new definition. One that is the same already is left alone.
func (c *Catalog) stageView(ctx context.Context, change Change, before *Entry) (*staged, error) {
	if change.View.Schema == nil {
		return nil, fmt.Errorf("view %s: no schema given", change.Ident)
	}
	s := &staged{ident: change.Ident, kind: KindView, operation: OpPutView, before: before}
	var meta view.Metadata
	var err error
	if before == nil || before.Kind != KindView && change.replaces(before) {
		meta, err = newViewMetadata(change, c.newLocation(change.Ident), c.now())
	} else {
		if before.Kind != KindView {
			return nil, fmt.Errorf("view %s: %w: there is a table of that name", change.Ident, ErrExists)
		}
		current, loadErr := c.loadView(ctx, *before)
		if loadErr != nil {
			return nil, loadErr
		}
		if sameView(current, change.View) {
			return &staged{ident: change.Ident, kind: KindView, before: before, uuid: before.UUID,
				location: before.MetadataLocation, loaded: current}, nil
		}
		meta, err = replaceViewMetadata(current.Metadata, change, c.now())
	}
	if err != nil {
		return nil, fmt.Errorf("view %s: %w", change.Ident, err)
	}
	if s.content, err = json.Marshal(meta); err != nil {
		return nil, fmt.Errorf("view %s: write metadata: %w", change.Ident, err)
	}
	s.uuid = meta.ViewUUID().String()
	s.location = metadataLocation(meta.Location(), s.previous())
	if s.loaded, err = newView(s.ident, meta, s.location); err != nil {
		return nil, fmt.Errorf("view %s: %w", change.Ident, err)
	}
	return s, nil
}

func sameView(current *View, put *PutView) bool {
	if current.SQL != put.SQL || !current.Schema.Equals(put.Schema) || len(current.Properties) != len(put.Properties) {
		return false
	}
	for key, value := range put.Properties {
		if got, ok := current.Properties[key]; !ok || got != value {
			return false
		}
	}
	return true
}

// newViewVersion is a version of its own even when an earlier one had the same definition: its
// summary holds its number. (The Iceberg library would add the earlier one a second time.)
func newViewVersion(change Change, id int64, now time.Time) (*view.Version, error) {
	return view.NewVersion(id, change.View.Schema.ID,
		view.Representations{view.NewRepresentation(change.View.SQL, viewDialect)},
		strings.Split(change.Ident.Namespace, "."), view.WithTimestampMS(now.UnixMilli()),
		view.WithVersionSummary(view.VersionSummary{"engine-name": "hosu", "hosu.version": strconv.FormatInt(id, 10)}))
}

func newViewMetadata(change Change, location string, now time.Time) (view.Metadata, error) {
	version, err := newViewVersion(change, 1, now)
	if err != nil {
		return nil, err
	}
	return view.NewMetadataWithUUID(version, change.View.Schema, location, change.View.Properties, uuid.New())
}

func replaceViewMetadata(current view.Metadata, change Change, now time.Time) (view.Metadata, error) {
	builder, err := view.MetadataBuilderFromBase(current)
	if err != nil {
		return nil, err
	}
	latest := current.CurrentVersionID()
	for _, version := range current.Versions() {
		latest = max(latest, version.VersionID)
	}
	version, err := newViewVersion(change, latest+1, now)
	if err != nil {
		return nil, err
	}
	var gone []string
	for key := range current.Properties() {
		if _, kept := change.View.Properties[key]; !kept {
			gone = append(gone, key)
		}
	}
	result, err := builder.SetCurrentVersion(version, change.View.Schema).
		RemoveProperties(gone).SetProperties(change.View.Properties).Build()
	if err != nil {
		return nil, err
	}
	return result.Metadata, nil
}

// newView reads the parts of a view's metadata that hosu uses.
func newView(ident Ident, meta view.Metadata, location string) (*View, error) {
	version := meta.CurrentVersion()
	if version == nil {
		return nil, errors.New("the metadata has no current version")
	}
	v := &View{Ident: ident, Schema: meta.CurrentSchema(), Properties: iceberg.Properties(meta.Properties()),
		VersionID: version.VersionID, Metadata: meta, Location: location}
	for _, representation := range version.Representations {
		if strings.EqualFold(representation.Dialect, viewDialect) {
			v.SQL = representation.Sql
			return v, nil
		}
	}
	return nil, fmt.Errorf("the view has no definition in the %s dialect", viewDialect)
}
