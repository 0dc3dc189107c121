package orchestrate

import (
	"encoding/json"
	"time"
)

// Status is where a run or a task stands.
type Status string

// The statuses. Queued, Running and Retrying are those of work that is not finished.
const (
	Queued      Status = "queued"
	Running     Status = "running"
	Retrying    Status = "retrying" // pausing before the next attempt
	Cancelling  Status = "cancelling"
	Succeeded   Status = "succeeded"
	Failed      Status = "failed"
	Skipped     Status = "skipped" // something it needs has failed
	Cancelled   Status = "cancelled"
	Interrupted Status = "interrupted" // its process ended before it did
)

// Finished reports that nothing more happens to work with this status.
func (s Status) Finished() bool {
	switch s {
	case Queued, Running, Retrying, Cancelling:
		return false
	default:
		return true
	}
}

// RunInfo is a request to bring assets up to date, as recorded.
type RunInfo struct {
	ID        string         `json:"id"`
	By        string         `json:"by" doc:"Who asked for it."`
	Selectors []string       `json:"selectors,omitempty" doc:"None is everything."`
	Status    Status         `json:"status" enum:"running,cancelling,succeeded,failed,cancelled,interrupted"`
	Created   time.Time      `json:"created_at"`
	Started   time.Time      `json:"started_at,omitzero"`
	Finished  time.Time      `json:"finished_at,omitzero"`
	Holder    string         `json:"-"` // JSON of a holder
	Error     string         `json:"error,omitempty"`
	Tasks     map[Status]int `json:"tasks,omitempty" doc:"How many have each status."`
}

// TaskInfo is one asset × interval within a run, as recorded.
type TaskInfo struct {
	RunID string `json:"run"`
	ID    string `json:"id"`
	Asset string `json:"asset"`
	// Start and End are zero for an asset without intervals.
	Start       time.Time `json:"start,omitzero" doc:"Of the interval; absent of an asset without intervals."`
	End         time.Time `json:"end,omitzero" doc:"Of the interval, which does not include it."`
	Status      Status    `json:"status" enum:"queued,running,retrying,succeeded,failed,skipped,cancelled,interrupted"`
	Reason      string    `json:"reason,omitempty" doc:"Why it is in the run."`
	Forced      bool      `json:"-"` // asked for, although nothing else calls for it
	Attempt     int       `json:"attempt" doc:"From 1; 0 before the first."`
	Fingerprint string    `json:"-"`
	Queued      time.Time `json:"queued_at,omitzero"`
	Ready       time.Time `json:"ready_at,omitzero" doc:"When the pause before the next attempt ends."`
	Started     time.Time `json:"started_at,omitzero"`
	Finished    time.Time `json:"finished_at,omitzero"`
	Rows        int64     `json:"rows"`
	Bytes       int64     `json:"bytes"`
	Files       int       `json:"files"`
	SnapshotID  int64     `json:"snapshot,omitempty,string" doc:"The version that it committed."` // 0: nothing was committed to a table
	Unchanged   bool      `json:"unchanged,omitempty" doc:"It found nothing new."`
	Note        string    `json:"note,omitempty" doc:"For people."`
	Error       string    `json:"error,omitempty"`
	ErrorKind   string    `json:"error_kind,omitempty" enum:"permanent,transient,cancelled,upstream,interrupted"`

	// trying: an attempt is at work, or its end is not recorded.
	trying bool
}

// Attempt is one attempt of a task.
type Attempt struct {
	Attempt   int       `json:"attempt"` // from 1
	Status    Status    `json:"status" enum:"running,succeeded,failed,cancelled,interrupted"`
	Started   time.Time `json:"started_at"`
	Finished  time.Time `json:"finished_at,omitzero"`
	Error     string    `json:"error,omitempty"`
	ErrorKind string    `json:"error_kind,omitempty"`
}

// Duration is how long the last attempt took, so far when it is running at now.
func (t TaskInfo) Duration(now time.Time) time.Duration {
	switch {
	case t.Started.IsZero():
		return 0
	case t.Finished.IsZero():
		return now.Sub(t.Started)
	default:
		return t.Finished.Sub(t.Started)
	}
}

// LogLine is one line that a task logged.
type LogLine struct {
	RunID   string          `json:"run"`
	TaskID  string          `json:"task"`
	Asset   string          `json:"asset"`
	Attempt int             `json:"attempt"`
	Seq     int64           `json:"seq"`
	Line    int64           `json:"line" doc:"Grows in the order in which the lines of a run became visible."`
	At      time.Time       `json:"at"`
	Level   string          `json:"level"`
	Message string          `json:"message"`
	Attrs   json.RawMessage `json:"attrs" doc:"An object."`
}

// Event is something that happened in a run, for progress displays.
type Event struct {
	Kind EventKind
	At   time.Time
	Run  string
	// Assets is the number of assets the run looks at, with RunStarted.
	Assets int
	// Asset is set with every kind but RunStarted and RunFinished.
	Asset string
	// Task is set with the Task… kinds.
	Task TaskInfo
	// Progress is set with TaskProgress.
	Progress Progress
}

// EventKind names a kind of [Event].
type EventKind string

// The kinds of event.
const (
	RunStarted   EventKind = "run_started"
	RunFinished  EventKind = "run_finished"
	TaskStarted  EventKind = "task_started"
	TaskProgress EventKind = "task_progress"
	TaskRetrying EventKind = "task_retrying"
	TaskFinished EventKind = "task_finished" // whatever its status
	AssetDone    EventKind = "asset_done"    // all its tasks have finished; there may have been none
)
