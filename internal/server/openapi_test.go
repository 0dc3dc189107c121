package server_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/hosu-io/hosu/internal/server"
)

var update = flag.Bool("update", false, "write files that tests compare with")

const document = "../../web/openapi.json"

// The types of the web interface are made from this file. After a change of the API: make generate.
func TestOpenAPIIsCurrent(t *testing.T) {
	t.Parallel()
	want, err := server.Document()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(document, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the routes are: run make generate", document)
	}
}
