// Package engine is DuckDB: sessions, limits, Arrow in and out, the SQL parser and planner. It is the
// only package that imports the driver (with engine/sandbox, its child process).
//
// Two kinds of SQL exist. Trusted SQL is text this program made itself from quoted identifiers; it runs
// in process through [Engine]. SQL that a person wrote is parsed here but bound and run only by
// engine/sandbox.
package engine
