// Package catalog holds the lake's namespaces, tables and views, and is the one
// place where any of them changes: [Catalog.Commit].
//
// # What a table is
//
// A table is an Apache Iceberg table. Everything about it — schema, snapshots, files — is in
// files that never change once written; the newest metadata file is the root of them. All the catalog itself
// stores is one row per table in the state database, with the location of that
// file: the pointer. Reading a table is reading the pointer and then the file; changing
// a table is writing a new metadata file and moving the pointer to it.
//
// # How a commit happens
//
// A [Commit] has changes of tables and effects: the producer's position, the filled
// intervals and the fencing token that must be true exactly when the change is.
//
//  1. Stage. The pointers of all its tables are read at one moment. For each
//     change the requirements are checked against the table's metadata
//     ([ErrRequirement]) and the updates applied to it. Nothing is written.
//  2. Write. Every new metadata file is written under a name of its own, flushed to
//     disk. Nothing refers to it yet. (Failpoint "commit.metadata_written".)
//  3. Swap. In one transaction of the state database: every pointer is moved
//     if it is still where step 1 found it; the lease is checked
//     ([ErrFenced]); positions are moved by compare-and-set ([ErrPositionMoved]);
//     intervals are recorded; the changes are appended to the log. All of it
//     happens, or none of it. (Failpoint "commit.pointer_swapped".)
//
// A process that dies before the end of step 3 leaves at most unreferenced files; after it, the commit is
// done. There is no other in-between, so there is nothing to recover.
//
// When a pointer has moved since step 1 the commit is made again from there: if what
// it requires still holds of the newer table it succeeds, else its error is an [ErrConflict]. The requirements thus
// decide what a concurrent change means. An append requires that the branch's head is the
// snapshot it was prepared on, so the caller hears of it and prepares anew; setting a property requires
// nothing and just lands. An update that moves a branch must carry such a requirement.
//
// When the database does not answer step 3 (a lost connection), it is asked
// whether the commit is in the log. Only when that fails, too, is the error [ErrUnknown]; then nothing
// is cleaned up, since the pointer may refer to it.
//
// # The log
//
// Every change is a row of the commit log: who, when, what, from which metadata file to
// which. Swaps happen one after the other, so ids grow in the order in which commits became visible: whoever has
// processed all up to an id never misses an earlier one.
//
// # Names
//
// Names keep their spelling, in any script, and are found without regard to the case of
// ASCII letters, as DuckDB does. Locations are made of plain characters only, with a unique suffix, so that
// every engine spells them alike and a new table never shares files with a dropped one.
package catalog
