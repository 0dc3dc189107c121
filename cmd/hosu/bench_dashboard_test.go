package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"
)

// tabConnections is how many requests a browser has at work with one server.
const tabConnections = 6

// BenchmarkDashboard opens the dashboards of a demo of scale 1 as a browser does, all tiles at once: with a server that has just
// started (cold, at most 2,000 ms) and again (warm, at most 300 ms). Each is
// the time until the last tile is there, over HTTP.
func BenchmarkDashboard(b *testing.B) {
	program := buildProgram(b)
	dir := filepath.Join(b.TempDir(), "demo")
	if out, err := exec.Command(program, "demo", "--once", "--scale", "1", "--dir", dir).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	for _, board := range []string{"sales", "app"} {
		b.Run(board, func(b *testing.B) {
			for b.Loop() {
				url, stop := serveProcess(b, program, dir)
				indexes := tileIndexes(b, url, board)
				b.ReportMetric(float64(len(indexes)), "tiles")
				b.ReportMetric(openBoard(b, url, board, indexes, false), "cold-ms")
				b.ReportMetric(openBoard(b, url, board, indexes, true), "warm-ms")
				stop()
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// serveProcess serves a workspace in a process of its own.
func serveProcess(b *testing.B, program, dir string) (url string, stop func()) {
	b.Helper()
	cmd := exec.Command(program, "-C", dir, "serve", "--listen", "127.0.0.1:0")
	out, err := cmd.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	cmd.Stdout = cmd.Stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	address := regexp.MustCompile(`http://[0-9.:]+`)
	lines := bufio.NewScanner(out)
	for url == "" && lines.Scan() {
		url = address.FindString(lines.Text())
	}
	go io.Copy(io.Discard, out)
	stop = sync.OnceFunc(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	b.Cleanup(stop)
	if url == "" {
		b.Fatal("the server does not say where it is")
	}
	return url, stop
}

// tileIndexes are those of all tiles but texts.
func tileIndexes(b *testing.B, url, board string) []int {
	b.Helper()
	var info struct {
		Rows []struct {
			Tiles []struct {
				Index int
				Type  string
			}
		}
	}
	fetch(b, url+"/api/v1/dashboards/"+board, &info)
	var indexes []int
	for _, row := range info.Rows {
		for _, tile := range row.Tiles {
			if tile.Type != "text" {
				indexes = append(indexes, tile.Index)
			}
		}
	}
	if len(indexes) < 10 {
		b.Fatalf("dashboard %s has %d tiles", board, len(indexes))
	}
	return indexes
}

// openBoard asks for all tiles and returns how long that took, in milliseconds.
func openBoard(b *testing.B, url, board string, indexes []int, cached bool) float64 {
	b.Helper()
	started := time.Now()
	var group sync.WaitGroup
	free := make(chan struct{}, tabConnections)
	for _, index := range indexes {
		group.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			var tile struct{ Cached bool }
			fetch(b, fmt.Sprintf("%s/api/v1/dashboards/%s/tiles/%d", url, board, index), &tile)
			if tile.Cached != cached {
				b.Errorf("tile %d of %s: cached %v", index, board, tile.Cached)
			}
		})
	}
	group.Wait()
	return time.Since(started).Seconds() * 1000
}

func fetch(b *testing.B, url string, into any) {
	response, err := http.Get(url)
	if err != nil {
		b.Error(err)
		return
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || json.Unmarshal(text, into) != nil {
		b.Errorf("%s: %s %s %v", url, response.Status, text, err)
	}
}
