package sandbox

import (
	"github.com/hosu-io/hosu/internal/engine"
)

// grant is all a child may ever do: it is applied once, for the rest of its life.
type grant struct {
	// ReadDirs are folders whose files, at any depth, may be read.
	ReadDirs []string `json:"read_dirs,omitempty"`
	// WriteDirs are folders in which files may be made, changed and removed.
	WriteDirs []string `json:"write_dirs,omitempty"`
	// TempDir is one of WriteDirs, for spilling; empty for a child that must not spill.
	TempDir string `json:"temp_dir,omitempty"`
	// TempBytes is the most that TempDir may hold.
	TempBytes int64 `json:"temp_bytes,omitempty"`

	// Unfenced leaves DuckDB's own restrictions out, for tests of the kernel's.
	Unfenced bool `json:"unfenced,omitempty"`
	// Planner is for a child that makes plans and runs nothing.
	Planner  bool   `json:"planner,omitempty"`
	TimeZone string `json:"time_zone,omitempty"` // empty for a planner
	Memory   int64  `json:"memory"`              // bytes, DuckDB's limit
	// Wall is where the kernel refuses more memory, in bytes: above Memory, for what DuckDB does not count.
	Wall    int64 `json:"wall"`
	Threads int   `json:"threads"`
}

// confined is the child's answer to a grant.
type confined struct {
	Landlock int  `json:"landlock"` // ABI version in force; 0 is none
	Seccomp  bool `json:"seccomp"`
}

// buildRequest asks for a job's rows as files.
type buildRequest struct {
	Job    engine.Job    `json:"job"`
	Output engine.Output `json:"output"`
}

// planRequest asks for a plan over stubs.
type planRequest struct {
	SQL      string         `json:"sql"`
	Stubs    []engine.Stub  `json:"stubs,omitempty"`
	Params   []engine.Param `json:"params,omitempty"`
	TimeZone string         `json:"time_zone,omitempty"`
}
