package server

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/query/history"
	"github.com/hosu-io/hosu/internal/query/render"
)

const (
	arrowType = "application/vnd.apache.arrow.stream"
	jsonType  = "application/json"
	// typeKey is the key of an Arrow field's metadata under which is the type as DuckDB spells it.
	typeKey = "duckdb_type"
	// writeGrace is how long a client may take to read the end of a result when the time of its statement is over.
	writeGrace = 30 * time.Second
	// cancelGrace is how long it may take to read why a statement was cancelled.
	cancelGrace = 100 * time.Millisecond
	// flushEvery is how long rows may wait in this process's buffers.
	flushEvery = 100 * time.Millisecond
)

func (s *Server) registerQuery(api huma.API) {
	op := post("/query", "runQuery", "Run a SELECT statement and stream its rows")
	op.Description = "With `Accept: " + arrowType + "` the answer is an Arrow IPC stream whose fields have their DuckDB type as metadata `" +
		typeKey + "`; else it is JSON. The header X-Query-Id names the query. Closing the connection cancels it. An error after the first rows ends an " +
		"Arrow stream without its end marker and a JSON answer with `error`; GET /queries/{id} says what it was."
	schemas := api.OpenAPI().Components.Schemas
	op.Responses = map[string]*huma.Response{"200": {
		Description: "Rows",
		Headers:     map[string]*huma.Param{"X-Query-Id": {Schema: &huma.Schema{Type: huma.TypeString}}},
		Content: map[string]*huma.MediaType{
			jsonType:  {Schema: schemas.Schema(typeOf[queryResult](), true, "")},
			arrowType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
		},
	}}
	register(api, op, s.runQuery)
}

// queryInput is a statement to run.
type queryInput struct {
	Accept string `header:"Accept" hidden:"true"`
	Body   struct {
		SQL       string `json:"sql" minLength:"1" maxLength:"1048576" doc:"One SELECT, DESCRIBE or SHOW TABLES, in DuckDB's dialect."`
		ID        string `json:"id,omitempty" format:"uuid" doc:"The id that the query is to have; a new one when there is none."`
		TimeZone  string `json:"timezone,omitempty" doc:"IANA name of the session's time zone; the workspace's when there is none."`
		MaxRows   int64  `json:"max_rows,omitempty" minimum:"0" doc:"Return no more rows than these; 0 is all."`
		TimeoutMS int64  `json:"timeout_ms,omitempty" minimum:"0" maximum:"3600000" doc:"End the query after this time; 0 is five minutes."`
	}
}

// queryResult is the JSON form of a result. It is written as it arrives, so what is known only at the end is behind the rows.
type queryResult struct {
	ID      string             `json:"id"`
	Columns []columnInfo       `json:"columns"`
	Rows    [][]any            `json:"rows" doc:"Values in the order of the columns. Numbers have all their digits."`
	Stats   *history.QueryInfo `json:"stats,omitempty"`
	Error   *Problem           `json:"error,omitempty" doc:"Why the rows end early."`
}

// columnInfo is a column of a result.
type columnInfo struct {
	Name string `json:"name"`
	Type string `json:"type" doc:"As DuckDB spells it."`
}

func (s *Server) runQuery(ctx context.Context, in *queryInput) (*huma.StreamResponse, error) {
	limit := s.limits.QueryTime
	if in.Body.TimeoutMS > 0 {
		limit = min(time.Duration(in.Body.TimeoutMS)*time.Millisecond, s.limits.LongestQuery)
	}
	st, err := s.begin(ctx, s.services(), statementRequest{
		id: in.Body.ID, sql: in.Body.SQL, zone: in.Body.TimeZone, most: in.Body.MaxRows, time: limit, bytes: s.limits.QueryBytes,
	})
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer st.abandon()
		_, response := humago.Unwrap(hc)
		w := newClientWriter(response)
		done := w.serve(st, limit)
		w.Header().Set("X-Query-Id", st.info.ID)
		w.Header().Set("Cache-Control", "no-store")
		if strings.Contains(in.Accept, arrowType) {
			w.Header().Set("Content-Type", arrowType)
			err := writeArrow(w, st)
			done()
			if st.end(err) != nil {
				panic(http.ErrAbortHandler) // the client must not take what it has for the whole
			}
			return
		}
		w.Header().Set("Content-Type", jsonType)
		writeJSON(w, st, done)
	}}, nil
}

// writeArrow streams rows as Arrow IPC; every batch leaves this process at once.
func writeArrow(w clientWriter, st *statement) error {
	schema := withTypes(st.Schema(), st.rows.Columns)
	out := ipc.NewWriter(w, ipc.WithSchema(schema))
	for st.Next() {
		batch := st.RecordBatch()
		typed := array.NewRecordBatch(schema, batch.Columns(), batch.NumRows())
		err := out.Write(typed)
		typed.Release()
		if err == nil {
			err = w.flush()
		}
		if err != nil {
			return err
		}
	}
	if err := st.Err(); err != nil {
		return err
	}
	return out.Close()
}

// withTypes is a schema whose fields say what DuckDB calls their types: Arrow has one type for several of them.
func withTypes(schema *arrow.Schema, columns []engine.Column) *arrow.Schema {
	fields := schema.Fields()
	if len(columns) != len(fields) {
		return schema
	}
	for i := range fields {
		meta := fields[i].Metadata.ToMap()
		meta[typeKey] = columns[i].Type
		fields[i].Metadata = arrow.MetadataFrom(meta)
	}
	meta := schema.Metadata()
	return arrow.NewSchema(fields, &meta)
}

// writeJSON streams rows as a [queryResult] and ends the statement; done is called when its rows are written.
func writeJSON(w clientWriter, st *statement, done func()) {
	out := bufio.NewWriterSize(w, 64<<10)
	head, err := json.Marshal(queryResult{ID: st.info.ID, Columns: columnsOf(st.rows.Columns)})
	if err == nil {
		const null = "null}" // of the rows, which are written here one by one
		_, err = out.Write(append(head[:len(head)-len(null)], '['))
	}
	if err == nil {
		err = writeRows(out, w, st)
	}
	done()
	failed := st.end(err)
	end := struct {
		Stats history.QueryInfo `json:"stats"`
		Error *Problem          `json:"error,omitempty"`
	}{st.now(), failed}
	tail, err := json.Marshal(end)
	if err == nil {
		_, _ = out.WriteString("],")
		_, _ = out.Write(tail[1:])
		_ = out.WriteByte('\n')
		_ = out.Flush() // nobody to tell that the client is gone
	}
}

func writeRows(out *bufio.Writer, w clientWriter, st *statement) error {
	var line []byte
	var flushed time.Time
	first := true
	for st.Next() {
		batch := st.RecordBatch()
		appendRow := render.JSONRow(batch)
		for row := range int(batch.NumRows()) {
			line = line[:0]
			if !first {
				line = append(line, ',')
			}
			first = false
			line = appendRow(append(line, '\n'), row)
			if _, err := out.Write(line); err != nil {
				return err
			}
		}
		if now := time.Now(); now.Sub(flushed) >= flushEvery {
			flushed = now
			if err := out.Flush(); err != nil {
				return err
			}
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	return st.Err()
}

func columnsOf(columns []engine.Column) []columnInfo {
	told := make([]columnInfo, len(columns))
	for i, c := range columns {
		told[i] = columnInfo{Name: c.Name, Type: c.Type}
	}
	return told
}
