// Package state is the metadata database of a workspace: SQLite by default, PostgreSQL when several
// machines share it, through the same statements.
package state
