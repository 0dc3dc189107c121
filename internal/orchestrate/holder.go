package orchestrate

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// holder says which process holds a lease, precisely enough that another process on the same
// machine can tell whether it still lives. It is stored as JSON in the lease and in the run.
type holder struct {
	Host string `json:"host"`
	PID  int    `json:"pid"`
	// Boot and PIDSpace name the kernel's boot and the process-number space: a pid means something only
	// within both (a reboot, and a container, number processes anew). Empty when unknown.
	Boot     string `json:"boot,omitempty"`
	PIDSpace string `json:"pid_space,omitempty"`
	// Started is the process's start time in clock ticks since boot: a pid may be given out again.
	Started string    `json:"started,omitempty"`
	Since   time.Time `json:"since"`
	Run     string    `json:"run"` // id of the run
}

// thisProcess is the holder for a run of this process.
func thisProcess(run string, now time.Time) holder {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return holder{
		Host: host, PID: os.Getpid(), Boot: bootID(), PIDSpace: pidSpace(),
		Started: startTicks(os.Getpid()), Since: now.UTC(), Run: run,
	}
}

func parseHolder(text string) (holder, bool) {
	var h holder
	err := json.Unmarshal([]byte(text), &h)
	return h, err == nil && h.PID != 0
}

func (h holder) String() string {
	data, err := json.Marshal(h)
	if err != nil {
		return fmt.Sprintf(`{"pid":%d}`, h.PID)
	}
	return string(data)
}

// describe is for people.
func (h holder) describe(loc *time.Location) string {
	return fmt.Sprintf("process %d on %s, run %s, since %s", h.PID, h.Host, h.Run, h.Since.In(loc).Format(time.DateTime))
}

// dead reports that the holder is certain not to run any more. A process of another machine,
// boot or container cannot be judged from here: its lease must expire.
func (h holder) dead() bool {
	if h.Boot == "" || h.Boot != bootID() || h.PIDSpace != pidSpace() {
		return false
	}
	if err := syscall.Kill(h.PID, 0); errors.Is(err, syscall.ESRCH) {
		return true
	}
	state, started := processStat(h.PID)
	if state == "Z" || state == "X" {
		return true // killed, and its parent has not looked yet
	}
	return started != "" && h.Started != "" && started != h.Started
}

// bootID is empty where the system does not tell (it is Linux's).
func bootID() string {
	data, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}

func pidSpace() string {
	link, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return link
}

func startTicks(pid int) string {
	_, started := processStat(pid)
	return started
}

// processStat reads fields 3 (state) and 22 (start time) of /proc/<pid>/stat, see proc(5).
// The command's name, field 2, is in parentheses and may itself hold any character.
func processStat(pid int) (state, started string) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", ""
	}
	text := string(data)
	paren := strings.LastIndexByte(text, ')')
	if paren < 0 {
		return "", ""
	}
	fields := strings.Fields(text[paren+1:])
	if len(fields) < 20 {
		return "", ""
	}
	return fields[0], fields[19]
}
