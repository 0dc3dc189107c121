package catalog

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hosu-io/hosu/internal/schema"
	"github.com/hosu-io/hosu/internal/state"
)

// errMoved: the pointer of a table is not the one a commit was made for.
var errMoved = errors.New("the table was changed meanwhile")

func selectNamespaces(tx *state.Tx) ([]string, error) {
	rows, err := tx.Query("SELECT name FROM namespaces")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	slices.Sort(names) // here and not in SQL, whose order depends on the database's collation
	return names, rows.Err()
}

const selectEntryColumns = "SELECT namespace, name, kind, uuid, metadata_location, snapshot_id, updated_at FROM tables "

// selectEntry finds a table or view; nil when there is none.
func selectEntry(tx *state.Tx, ident Ident) (*Entry, error) {
	entry, err := scanEntry(tx.QueryRow(selectEntryColumns+"WHERE key = ?", ident.key()))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", ident, err)
	}
	return &entry, nil
}

// selectOutside finds any table or view whose metadata is not below root; nil when there is none.
func selectOutside(tx *state.Tx, root string) (*Entry, error) {
	below := root + "/"
	entry, err := scanEntry(tx.QueryRow(selectEntryColumns+"WHERE substr(metadata_location, 1, ?) <> ? LIMIT 1", utf8.RuneCountInString(below), below))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for tables outside the warehouse: %w", err)
	}
	return &entry, nil
}

// selectEntries lists a namespace, or everything for "".
func selectEntries(tx *state.Tx, namespace string) ([]Entry, error) {
	var rows *sql.Rows
	var err error
	if namespace == "" {
		rows, err = tx.Query(selectEntryColumns)
	} else {
		rows, err = tx.Query(selectEntryColumns+"WHERE namespace_key = ?", schema.Fold(namespace))
	}
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var entries []Entry
	for rows.Next() {
		entry, err := scanEntry(rows)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	slices.SortFunc(entries, func(a, b Entry) int {
		return cmp.Or(strings.Compare(a.Ident.Namespace, b.Ident.Namespace), strings.Compare(a.Ident.Name, b.Ident.Name))
	})
	return entries, rows.Err()
}

func scanEntry(row interface{ Scan(...any) error }) (Entry, error) {
	var e Entry
	var updated int64
	err := row.Scan(&e.Ident.Namespace, &e.Ident.Name, &e.Kind, &e.UUID, &e.MetadataLocation, &e.SnapshotID, &updated)
	e.UpdatedAt = state.Time(updated)
	return e, err
}

func selectLog(tx *state.Tx, ident Ident, limit int) ([]LogEntry, error) {
	query := `SELECT id, at, principal, namespace, name, uuid, operation, snapshot_id, metadata_location, previous_location
		FROM commits WHERE key = ? ORDER BY id DESC, seq DESC`
	args := []any{ident.key()}
	if limit > 0 {
		query += " LIMIT ?"
		args = append(args, limit)
	}
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var entries []LogEntry
	for rows.Next() {
		var e LogEntry
		var at int64
		if err := rows.Scan(&e.CommitID, &at, &e.Principal, &e.Ident.Namespace, &e.Ident.Name, &e.UUID, &e.Operation,
			&e.SnapshotID, &e.MetadataLocation, &e.PreviousLocation); err != nil {
			return nil, err
		}
		e.At = state.Time(at)
		entries = append(entries, e)
	}
	return entries, rows.Err()
}

// swap moves the pointer of a staged change, provided that it is where it was when the change was staged.
func swap(tx *state.Tx, s *staged, now time.Time) error {
	at := state.Micros(now)
	var changed int64
	var err error
	switch {
	case s.before == nil:
		if err := enterNamespace(tx, s, at); err != nil {
			return fmt.Errorf("%s: enter the namespace: %w", s.ident, err)
		}
		changed, err = tx.Exec(`INSERT INTO tables (key, namespace_key, namespace, name, kind, uuid, metadata_location, snapshot_id, updated_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`,
			s.ident.key(), schema.Fold(s.ident.Namespace), s.ident.Namespace, s.ident.Name, string(s.kind), s.uuid, s.location, s.snapshotID, at)
	case s.operation == OpDrop:
		changed, err = tx.Exec("DELETE FROM tables WHERE key = ? AND metadata_location = ?", s.ident.key(), s.before.MetadataLocation)
	case s.operation == "":
		err = tx.QueryRow("SELECT count(*) FROM tables WHERE key = ? AND metadata_location = ?",
			s.ident.key(), s.before.MetadataLocation).Scan(&changed)
	default:
		changed, err = tx.Exec(`UPDATE tables SET kind = ?, uuid = ?, metadata_location = ?, previous_location = metadata_location, snapshot_id = ?, updated_at = ?
			WHERE key = ? AND metadata_location = ?`,
			string(s.kind), s.uuid, s.location, s.snapshotID, at, s.ident.key(), s.before.MetadataLocation)
	}
	if err != nil {
		return fmt.Errorf("%s: move the pointer: %w", s.ident, err)
	}
	if changed != 1 {
		return fmt.Errorf("%s: %w", s.ident, errMoved)
	}
	return nil
}

// enterNamespace makes the namespace of a new table when it is missing; of one that is there the spelling is kept.
func enterNamespace(tx *state.Tx, s *staged, at int64) error {
	key := schema.Fold(s.ident.Namespace)
	if _, err := tx.Exec("INSERT INTO namespaces (key, name, created_at) VALUES (?, ?, ?) ON CONFLICT (key) DO NOTHING",
		key, s.ident.Namespace, at); err != nil {
		return err
	}
	return tx.QueryRow("SELECT name FROM namespaces WHERE key = ?", key).Scan(&s.ident.Namespace)
}

// appendLog adds the changes of a commit to the log and returns the commit's id. The transaction
// must be one of UpdateInOrder: that is why the id needs no sequence.
func appendLog(tx *state.Tx, uid, principal string, changes []*staged, now time.Time) (int64, error) {
	var id int64
	if err := tx.QueryRow("SELECT coalesce(max(id), 0) + 1 FROM commits").Scan(&id); err != nil {
		return 0, fmt.Errorf("number the commit: %w", err)
	}
	for seq, s := range changes {
		_, err := tx.Exec(`INSERT INTO commits (id, seq, uid, at, principal, key, namespace, name, uuid, operation, snapshot_id, metadata_location, previous_location)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			id, seq, uid, state.Micros(now), principal, s.ident.key(), s.ident.Namespace, s.ident.Name, s.uuid, string(s.operation),
			s.snapshotID, s.location, s.previous())
		if err != nil {
			return 0, fmt.Errorf("%s: log the change: %w", s.ident, err)
		}
	}
	return id, nil
}

// loggedID is the id of the commit with this uid; 0 when it is not in the log.
func loggedID(tx *state.Tx, uid string, change *staged) (int64, error) {
	var id int64
	err := tx.QueryRow("SELECT id FROM commits WHERE key = ? AND uid = ?", change.ident.key(), uid).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, err
}
