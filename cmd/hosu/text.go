package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"
)

// count is "1,234 rows" or "1 row".
func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// number is a number in a listing: grouped for people, plain for programs.
func (c *cli) number(n int64) string {
	if c.format == "csv" {
		return strconv.FormatInt(n, 10)
	}
	return thousands(n)
}

// size is a number of bytes in a listing.
func (c *cli) size(n int64) string {
	if c.format == "csv" {
		return strconv.FormatInt(n, 10)
	}
	return bytesText(n)
}

// bytesText is a size in decimal units, as disks and clouds count.
func bytesText(n int64) string {
	size, units := float64(n), []string{"B", "kB", "MB", "GB", "TB", "PB"}
	i := 0
	for ; size >= 999.5 && i < len(units)-1; i++ {
		size /= 1000
	}
	if i == 0 || size >= 99.5 {
		return fmt.Sprintf("%.0f %s", size, units[i])
	}
	return fmt.Sprintf("%.1f %s", size, units[i])
}

func seconds(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.2fs", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", d.Seconds())
	default:
		return d.Round(time.Second).String()
	}
}

// intervalText is a half-open interval: by dates when both ends are midnights of their zone.
func intervalText(start, end time.Time) string {
	layout := "2006-01-02 15:04"
	if midnight(start) && midnight(end) {
		layout = time.DateOnly
	}
	return "[" + start.Format(layout) + ", " + end.Format(layout) + ")"
}

func midnight(t time.Time) bool { return t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 }

// timeText is a time on the clocks of the workspace's zone, as SQL over its tables shows and reads it.
func (c *cli) timeText(t time.Time) string { return c.timeAs(t, time.DateTime) }

func (c *cli) timeAs(t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	return t.In(c.zone).Format(layout)
}

// duration is a length of time for people who wait: whole seconds.
func duration(d time.Duration) string { return d.Round(time.Second).String() }

// cells measures text in cells of a terminal: Korean letters take two. Lines and dots take one, whatever the locale, as in
// every terminal of today.
func cells(s string) int { return (&runewidth.Condition{}).StringWidth(s) }

func padRight(s string, width int) string { return s + strings.Repeat(" ", max(0, width-cells(s))) }

func padLeft(s string, width int) string { return strings.Repeat(" ", max(0, width-cells(s))) + s }

// cut shortens text to width cells and marks the cut.
func cut(s string, width int) string { return (&runewidth.Condition{}).Truncate(s, width, "…") }

func oneLine(s string) string {
	line, _, more := strings.Cut(strings.TrimSpace(s), "\n")
	if more {
		line += " …"
	}
	return line
}
