package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"github.com/hosu-io/hosu/internal/orchestrate"
)

func TestProgressRows(t *testing.T) {
	t.Parallel()
	began := time.Date(2024, 1, 1, 9, 0, 0, 0, time.UTC)
	after := func(d time.Duration) time.Time { return began.Add(d) }
	event := func(at time.Time, p orchestrate.Progress) orchestrate.Event {
		return orchestrate.Event{Kind: orchestrate.TaskProgress, At: at, Progress: p}
	}
	for _, tc := range []struct {
		name, asset string
		events      []orchestrate.Event
		at          time.Duration
		want        string
	}{
		{"nothing known", "raw.orders", nil, 1200 * time.Millisecond,
			"raw.orders                    start    ──────────━━━━──────  1s"},
		{"rows of how many is unknown", "raw.orders", []orchestrate.Event{event(after(time.Second), orchestrate.Progress{Step: "copy", Rows: 5000})}, 3 * time.Second,
			"raw.orders                    copy     ───────━━━━─────────  5,000 rows  2,500/s"},
		{"how fast and how long still", "원천.주문", []orchestrate.Event{
			event(after(0), orchestrate.Progress{Step: "read"}),
			event(after(time.Second), orchestrate.Progress{Step: "copy", Rows: 10, RowsTotal: 20_000}),
			event(after(2*time.Second), orchestrate.Progress{Step: "copy", Rows: 5000, RowsTotal: 20_000}),
		}, 3 * time.Second,
			"원천.주문                     copy     ━━━━━───────────────  5,000 of 20,000 rows  2,500/s  6s left"},
		{"more than was expected", "raw.orders", []orchestrate.Event{event(after(0), orchestrate.Progress{Step: "copy", Rows: 30, RowsTotal: 20})}, 0,
			"raw.orders                    copy     ━━━━────────────────  30 rows"},
		{"a long name", "marts.매우_긴_이름을_가진_지역별_월간_매출", nil, 0,
			"marts.매우_긴_이름을_가진_…   start    ━━━━────────────────  0s"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := &taskBar{asset: tc.asset, started: began}
			for _, e := range tc.events {
				b.update(e)
			}
			if got := b.row(200, after(tc.at)); got != tc.want {
				t.Errorf("\n%s, want\n%s", got, tc.want)
			}
			for _, width := range []int{10, 40, 64} {
				if row := b.row(width, after(tc.at)); cells(row) > width {
					t.Errorf("in %d cells: %q", width, row)
				}
			}
		})
	}

	whole := wholeBar{ended: map[string]bool{}}
	whole.update(orchestrate.Event{Kind: orchestrate.RunStarted, At: began, Assets: 8})
	for _, asset := range []string{"a", "b", "c"} {
		whole.update(orchestrate.Event{Kind: orchestrate.AssetDone, Asset: asset})
	}
	whole.update(orchestrate.Event{Kind: orchestrate.TaskFinished, Asset: "d", Task: orchestrate.TaskInfo{Asset: "d", Status: orchestrate.Failed}})
	if got, want := whole.row(200, after(8*time.Second)), "4 of 8 assets                          ━━━━━━━━━━──────────  8s  1 failed  about 8s left"; got != want {
		t.Errorf("\n%s, want\n%s", got, want)
	}
}

// On a terminal a run shows bars, which are gone when it has ended; every line fits.
func TestProgressOnTerminal(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, "sqlite", map[string]string{
		"sources/shop.yaml":      "type: sqlite\npath: shop.db\ninto: 원천\ntables: {orders: {mode: full}}\n",
		"models/마트/느린_집계.sql":    "select count(*) as n from 원천.orders, range(1_000_000)",
		"models/마트/지역별_주문.sql":   "select customer, count(*) as n from 원천.orders group by 1",
		"models/m/nothing.sql":   "select no_such_column from 원천.orders",
		"checks/not_empty.sql":   "select 1 where (select count(*) from 원천.orders) = 0",
		"models/m/waiting.sql":   "select * from m.nothing",
		"models/m/unrelated.sql": "select 1 as n",
	})
	newShop(t, w.dir, 5).grow(300)

	const width, height = 72, 24
	written := w.onTerminal(width, height, "run")
	if !strings.Contains(written, " of 6 assets") || !strings.Contains(written, "━━━━") {
		t.Errorf("no bar was shown:\n%q", written)
	}
	text := strings.Join(screen(t, written), "\n")
	for _, want := range []string{"done       원천.orders", "done       마트.지역별_주문", "failed     m.nothing", "skipped    m.waiting", "Run "} {
		if !strings.Contains(text, want) {
			t.Errorf("the screen has no %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "━") || strings.Contains(text, " of 6 assets") {
		t.Errorf("bars are left on the screen:\n%s", text)
	}

	table, _, _ := strings.Cut(strings.Join(screen(t, w.onTerminal(width, height, "status")), "\n"), "failed:")
	for line := range strings.Lines(table) {
		if cells(strings.TrimRight(line, "\n")) > width && !strings.HasPrefix(line, "Last run:") {
			t.Errorf("a line of status is wider than the terminal: %q", line)
		}
	}
}

// onTerminal runs a command with a terminal for its output and returns all that was written to it.
func (w *workspace) onTerminal(width, height uint16, args ...string) string {
	w.t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	defer master.Close()
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: width, Row: height})
	}
	if err != nil {
		w.t.Fatalf("set up a terminal: %v", err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	p := w.prepare("", args...)
	p.Stdout, p.Stderr = slave, slave
	if err := p.Start(); err != nil {
		w.t.Fatal(err)
	}
	slave.Close()
	var written bytes.Buffer
	// Reading ends with an error when the last process has closed its end.
	_, _ = io.Copy(&written, master)
	w.end(p)
	return written.String()
}

// screen is what a terminal shows, from its first line on, after all of written. It knows the escapes that progress bars use.
func screen(t *testing.T, written string) []string {
	t.Helper()
	lines := []string{""}
	row, atStart := 0, true
	for len(written) > 0 {
		if escape := regexp.MustCompile("^\x1b\\[([0-9;?]*)([A-Za-z])").FindStringSubmatch(written); escape != nil {
			written = written[len(escape[0]):]
			n, err := strconv.Atoi(escape[1])
			if err != nil {
				n = 1
			}
			switch escape[2] {
			case "A":
				row, atStart = max(0, row-n), true
			case "J":
				lines = append(lines[:row], "")
			case "m", "h", "l", "K":
			default:
				t.Fatalf("unknown escape %q", escape[0])
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(written)
		written = written[size:]
		switch {
		case r == '\r':
			atStart = true
		case r == '\n':
			row++
			atStart = true
			for len(lines) <= row {
				lines = append(lines, "")
			}
		case atStart:
			lines[row], atStart = string(r), false
		default:
			lines[row] += string(r)
		}
	}
	return lines
}
