// Package lake is everything that is done to the rows of tables: append, replace, overwrite of an interval, merge.
//
// A write has three steps. [Lake.Prepare] decides the schema the table will have and where files go;
// whoever has the rows writes Parquet files there; [Lake.Stage] works out which files the table
// would consist of, which a caller may check; [Lake.Publish] commits them, once.
//
// Tables are copy-on-write: a data file holds rows or it is not part of the table, and every reader of Iceberg
// can read it. A write keeps whole files wherever the statistics in the table's
// manifests show that their rows stay, drops whole files where all their rows go, and rewrites only the others.
//
// # Equal content
//
// A write that would leave a table with the rows it has is not committed at all: a source copied in full every
// hour and a model filled again make a snapshot only when something changed. A merge
// compares row by row. A replace and an overwrite compare two multisets of rows: first by count, then by the sum and the exclusive or of two
// 64-bit hashes of every row, which costs one pass over both and no memory. The hashes are not cryptographic: a wrong
// "equal" has odds of about 2^-128 for rows nobody chose against them.
//
// # Conflicts
//
// Publishing asserts that the table is as it was when it was staged. When somebody else was first, the table is loaded again
// and only what is stale is redone: an append rewrites its manifest, the other modes plan again from the same new rows, and rows are written again only
// when the table's columns changed under them.
package lake
