// Package sandbox runs SQL that people wrote, in child processes that the kernel confines.
//
// # What is defended against
//
// DuckDB has no privilege boundary within a process: SQL can read files, load code and open connections, and DuckDB's
// own documentation calls it unsafe for untrusted statements. People's SQL is therefore never bound and never
// run in this process. Assume that whoever wrote a statement is hostile and finds a memory error in DuckDB, and so
// runs code of their own in the child. They must then still not
//
//   - read or change a file other than the data files that the statement was resolved to, its scratch folder and,
//     for a build, its output folder;
//   - reach the network or another process, or start a program;
//   - learn a credential: the child inherits no environment and no file but its socket, and this
//     process sends it none;
//   - reach another principal: a process that ran one principal's statement never gets one of another's;
//   - take the machine's memory or disk, or run on after the statement's time.
//
// Three walls stand one behind the other. The first is [Allow]: a positive list of clauses, functions and table
// functions over the parse tree, which costs a fraction of a millisecond, gives errors that help, and makes the other
// walls boring. The second is DuckDB's settings in the child: no external access but to allowed folders,
// no extensions, configuration locked. The third is the kernel, and it is the one that counts: Landlock for
// files, TCP and signals, a seccomp filter for every other socket, programs, processes, file metadata and wide
// doors into the kernel, PR_SET_NO_NEW_PRIVS, no dumps, and a limit on memory. All three are applied to
// every thread, once, after DuckDB is open and before any statement; none can be taken back. Where the
// kernel lacks something, [Pool.Confinement] says so, for the caller to tell its user; the rest applies.
//
// What is left: the child may read whole data files of the tables a statement names, and those beside them in the same
// folders, so filters and masks of a policy hold against SQL and not against code in the child. Plans of different
// principals are made in the same processes, which can read no file; hostile code there could see the texts of later
// statements and spoil their plans. This process decodes Arrow messages from the child; it trusts no
// length in them, but the arrays are not validated beyond what the decoder does.
//
// # Processes
//
// A child is this program, started again with a marker in its environment: see [RunChild]. It opens DuckDB,
// greets, and waits; some wait as spares so that a statement does not pay for the start (about 25 ms). A grant makes it
// the process of one principal, one set of folders and one set of limits. After a query it waits for another
// that needs no more than it was granted; after a build, an interrupt it did not heed in time, or an error that broke
// DuckDB, it is killed. A child that dies is one failed statement. When its parent dies, its
// socket ends, and it with it.
//
// Every statement runs in a transaction that is rolled back: the relations of a job are views made in it.
//
// # Protocol
//
// Parent and child share a Unix stream socket, the child's file descriptor 3. Both send frames:
//
//	offset  size
//	0       1     kind
//	1       4     length of the payload, big-endian, at most 256 MiB
//	5       …     payload
//
// The parent sends
//
//	'c'  a grant, in JSON: answered by 'C' or 'E'; first and once
//	'q'  an [engine.Job], in JSON: answered by any number of 'A' and then 'Z' or 'E'
//	'b'  a job and an [engine.Output], in JSON: answered by 'F' or 'E'
//	'p'  a statement and its stubs, in JSON: answered by 'P' or 'E'
//	'x'  nothing: the command before it, if it still runs, is to end, with 'E'
//
// and waits for the end of an answer before the next command. The child sends
//
//	'R'  nothing: DuckDB is open; first and once
//	'C'  what the kernel enforces, in JSON
//	'A'  Arrow messages, each: the lengths of the metadata and of the body in 4 bytes each, big-endian; the metadata (a
//	     flatbuffer Message); zeros up to a multiple of 64 bytes; the body; zeros again. The first of an answer is the
//	     schema, dictionaries come before their batches. Batches that DuckDB makes within a millisecond share a frame,
//	     up to a mebibyte.
//	'F'  the files written, in JSON
//	'P'  an [engine.Plan], in JSON
//	'Z'  nothing: the rows are complete
//	'E'  an error, in JSON: of the statement or of the child, and whether the child is of further use
package sandbox
