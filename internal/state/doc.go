// Package state is the metadata database of a workspace: SQLite by default,
// PostgreSQL when several machines share it, through the same statements.
//
// # Transactions
//
// All work happens in [DB.View] and [DB.Update], with the same guarantee on
// both databases: transactions behave as if they ran one after the other. On
// SQLite that is so because a writing transaction takes the write lock when it
// begins; on PostgreSQL transactions are SERIALIZABLE, and one that could not be ordered
// is run again. So code in Update may read, decide and write without
// thinking of locks, and must have no effect outside of the database,
// because it may run more than once.
//
// [DB.UpdateInOrder] runs one transaction at a time: it is for the catalog's commits,
// whose log is numbered in the order in which they became visible.
//
// # Who owns what
//
// This package owns every table definition (migrations/). The catalog, the
// orchestrator and the checks own the queries over their tables. What a commit shares
// between them is here: positions, the interval ledger and leases.
package state
