package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

// Every command explains itself: what it does in a line, more than that on request, and how it is written.
func TestHelp(t *testing.T) {
	t.Parallel()
	for _, cmd := range allCommands(newRoot(new(bytes.Buffer), new(bytes.Buffer))) {
		if cmd.Hidden || cmd.Name() == "help" {
			continue
		}
		t.Run(cmd.CommandPath(), func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			args := append(strings.Fields(cmd.CommandPath())[1:], "--help")
			if code := run(t.Context(), args, &stdout, &stderr); code != exitDone || stderr.Len() > 0 {
				t.Fatalf("exit code %d, %s", code, &stderr)
			}
			help := stdout.String()
			if !strings.Contains(help, "Usage:\n  "+cmd.CommandPath()) {
				t.Errorf("the help has no usage:\n%s", help)
			}
			if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") || len(cmd.Short) > 80 {
				t.Errorf("in a word: %q", cmd.Short)
			}
			for line := range strings.Lines(help) {
				// Flags are described on one line, however long; text is not.
				if text := strings.TrimRight(line, "\n"); cells(text) > 110 && !regexp.MustCompile(`^ +(-|    --)`).MatchString(text) {
					t.Errorf("a line is too wide to read: %s", text)
				}
			}
			for _, flag := range []string{"string", "float", "uint", "int", "duration"} {
				if regexp.MustCompile(`--[a-z]+ ` + flag + `\b`).MatchString(help) {
					t.Errorf("a flag wants a %q, which says nothing:\n%s", flag, help)
				}
			}
		})
	}
}

// The commands that a person needs first come first.
func TestHelpOfAll(t *testing.T) {
	t.Parallel()
	var stdout bytes.Buffer
	if code := run(t.Context(), []string{}, &stdout, new(bytes.Buffer)); code != exitDone {
		t.Fatalf("exit code %d", code)
	}
	want := []string{"Begin:", "demo", "init", "check", "serve", "source", "Work:", "run", "backfill", "retry", "cancel", "Look:", "query", "table", "status", "logs", "Flags:"}
	help := stdout.String()
	for _, word := range want {
		if !strings.Contains(help, word) {
			t.Errorf("the help does not name %s:\n%s", word, help)
		}
	}
	if begin, work, look := strings.Index(help, "Begin:"), strings.Index(help, "Work:"), strings.Index(help, "Look:"); begin > work || work > look {
		t.Errorf("the groups are out of order:\n%s", help)
	}
}
