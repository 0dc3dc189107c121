package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkDemo runs "hosu demo --once --scale 1" as a process and prints its time, the share of the data generator in it (at
// most 0.5) and the most memory that it and its children held at once (less than 1,500 MB), in proportional set
// sizes: memory that processes share, such as the program itself, counts once.
func BenchmarkDemo(b *testing.B) {
	program := buildProgram(b)
	for b.Loop() {
		cmd := exec.Command(program, "demo", "--once", "--scale", "1", "--dir", filepath.Join(b.TempDir(), "demo"))
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		started := time.Now()
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		peak := make(chan int64)
		done := make(chan struct{})
		go func() { peak <- watchMemory(cmd.Process.Pid, done) }()
		err := cmd.Wait()
		took := time.Since(started)
		close(done)
		if err != nil {
			b.Fatalf("%v\n%s", err, &out)
		}
		b.ReportMetric(took.Seconds(), "s")
		b.ReportMetric(float64(<-peak)/1e6, "peak-MB")
		simulated := regexp.MustCompile(`Simulated a shop in ([0-9.]+)s`).FindSubmatch(out.Bytes())
		if simulated == nil {
			b.Fatalf("the demo does not say how long the simulation took:\n%s", &out)
		}
		seconds, err := strconv.ParseFloat(string(simulated[1]), 64)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(seconds/took.Seconds(), "generator-share")
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkTrivialModels runs ten models, each reading the one before; the aim is less than a second.
func BenchmarkTrivialModels(b *testing.B) {
	program := buildProgram(b)
	for b.Loop() {
		dir := b.TempDir()
		write := func(name, text string) {
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				b.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				b.Fatal(err)
			}
		}
		write("hosu.yaml", "name: ten\nwarehouse: ./warehouse\nstate: sqlite:./state.db\n")
		write("models/chain/m0.sql", "select 1 as n")
		for i := 1; i < 10; i++ {
			write(fmt.Sprintf("models/chain/m%d.sql", i), fmt.Sprintf("select n + 1 as n from chain.m%d", i-1))
		}
		started := time.Now()
		if out, err := exec.Command(program, "-C", dir, "run").CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		b.ReportMetric(time.Since(started).Seconds(), "s")
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkStart is the time of a query that does nothing, from the shell: starting, reading the workspace, answering.
func BenchmarkStart(b *testing.B) {
	program := buildProgram(b)
	dir := b.TempDir()
	if out, err := exec.Command(program, "init", dir).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	for b.Loop() {
		if out, err := exec.Command(program, "-C", dir, "query", "select 1").CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
}

func buildProgram(b *testing.B) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), "hosu")
	if out, err := exec.Command("go", "build", "-tags", "duckdb_arrow", "-o", program, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return program
}

// watchMemory is the largest sum of the proportional set sizes of a process and those below it, in bytes, until done.
func watchMemory(pid int, done <-chan struct{}) int64 {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var peak int64
	for {
		select {
		case <-done:
			return peak
		case <-tick.C:
			var sum int64
			for _, p := range processTree(pid) {
				sum += proportionalSize(p)
			}
			peak = max(peak, sum)
		}
	}
}

func processTree(pid int) []int {
	all := []int{pid}
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return all
	}
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			continue // the thread has ended
		}
		for field := range strings.FieldsSeq(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				all = append(all, processTree(child)...)
			}
		}
	}
	return all
}

func proportionalSize(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0 // the process has ended
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			kilobytes, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				return 0
			}
			return kilobytes << 10
		}
	}
	return 0
}
