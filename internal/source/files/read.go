package files

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/schema"
	"github.com/hosu-io/hosu/internal/source"
)

// Read copies a table. See the package comment for what an incremental read yields.
func (s *Source) Read(ctx context.Context, req source.Request) (*source.Batch, error) {
	if req.Cursor != "" {
		return nil, fmt.Errorf("table %s: files have no cursor to follow (cursor:); with mode: incremental each new file lands once", req.Table)
	}
	t, err := s.table(req.Table, req.Options)
	if err != nil {
		return nil, err
	}
	last, err := parsePosition(req.After)
	if err != nil {
		return nil, fmt.Errorf("table %s: %w", t.name, err)
	}
	files, err := s.match(t)
	if err != nil {
		return nil, err
	}
	if req.Incremental {
		return s.readNew(ctx, t, files, last, req)
	}
	return s.readAll(ctx, t, files, last)
}

// readAll copies all files.
func (s *Source) readAll(ctx context.Context, t *table, files []*file, last *position) (*source.Batch, error) {
	if len(files) == 0 {
		return nil, s.noFiles(t)
	}
	added, changed, err := last.compare(files)
	if err != nil {
		return nil, fmt.Errorf("table %s: %w", t.name, err)
	}
	next := &position{Options: t.signature, Files: files}
	if last != nil && last.Options == t.signature && len(added)+len(changed) == 0 && len(last.Files) == len(files) {
		return &source.Batch{Unchanged: true, Position: next.encode}, nil
	}
	var before map[string]iceberg.Type
	if last != nil && last.Options == t.signature {
		if before, err = last.types(); err != nil {
			return nil, fmt.Errorf("table %s: %w", t.name, err)
		}
	}
	return s.read(ctx, t, files, nil, before, next)
}

// readNew copies the files that have not landed yet.
func (s *Source) readNew(ctx context.Context, t *table, files []*file, last *position, req source.Request) (*source.Batch, error) {
	if last == nil && len(files) == 0 {
		return nil, s.noFiles(t)
	}
	var kept map[string]iceberg.Type
	if last != nil {
		var err error
		if kept, err = last.types(); err != nil {
			return nil, fmt.Errorf("table %s: %w", t.name, err)
		}
	}
	added, changed, err := last.compare(files)
	if err != nil {
		return nil, fmt.Errorf("table %s: %w", t.name, err)
	}
	if len(changed) > 0 && len(req.Key) == 0 {
		return nil, source.Broken("table %s: %s has changed after it landed (%d bytes now); files land once and are not expected to change: "+
			"give new rows a file of their own, or add key: to the table, so that changed files are read again and merged, or copy it with mode: full",
			t.name, changed[0].Name, changed[0].Size)
	}
	wanted := make([]*file, 0, len(added)+len(changed))
	for _, f := range append(added, changed...) {
		if f.Size > 0 { // an empty file is one that is still to be written
			wanted = append(wanted, f)
		}
	}
	if len(wanted) == 0 {
		if last == nil {
			return nil, fmt.Errorf("table %s: %s is empty: it has not even a header", t.name, files[0].Name)
		}
		// Nothing landed, but the times of touched files are worth keeping.
		next := &position{Options: t.signature, Files: last.merged(without(files, append(added, changed...))), Types: last.Types}
		return &source.Batch{Unchanged: true, Position: next.encode}, nil
	}
	next := &position{Options: t.signature, Files: last.merged(append(without(files, append(added, changed...)), wanted...))}
	if last != nil {
		next.Types = last.Types
	}
	batch, err := s.read(ctx, t, wanted, kept, nil, next)
	if err != nil {
		return nil, err
	}
	batch.Replayed = len(changed) > 0
	return batch, nil
}

// without returns the files that are not among others.
func without(files, others []*file) []*file {
	gone := make(map[*file]bool, len(others))
	for _, f := range others {
		gone[f] = true
	}
	var out []*file
	for _, f := range files {
		if !gone[f] {
			out = append(out, f)
		}
	}
	return out
}

func (p *position) encode() ([]byte, error) { return json.Marshal(p) }

// prepared is a statement that is ready to be run.
type prepared struct {
	source  *Source
	table   *table
	files   []*file
	conn    *engine.Conn
	rel     *relation
	columns []typed
}

// prepare makes files readable and finds out their columns; kept and before are as in [relation.types]. hash fills in the hashes of the files.
func (s *Source) prepare(ctx context.Context, t *table, files []*file, kept, before map[string]iceberg.Type, hash bool) (_ *prepared, err error) {
	p := &prepared{source: s, table: t, files: files}
	defer func() {
		if err != nil {
			p.close()
			err = p.explain(ctx, err)
		}
	}()
	for _, f := range files {
		if hash {
			if err := f.hash(); err != nil {
				return nil, err
			}
		}
		if err := p.toUTF8(ctx, f); err != nil {
			return nil, err
		}
	}
	if p.conn, err = s.engine.Conn(ctx); err != nil {
		return nil, err
	}
	if p.rel, err = t.relation(ctx, p.conn, files); err != nil {
		return nil, err
	}
	if len(p.rel.columns) == 0 {
		return nil, fmt.Errorf("table %s: its files have no columns", t.name)
	}
	p.columns, err = p.rel.types(ctx, p.conn, kept, before, s.zone)
	return p, err
}

func (p *prepared) toUTF8(ctx context.Context, f *file) error {
	if p.table.format == formatParquet {
		if f.Size == 0 {
			return fmt.Errorf("table %s: %s is empty: not even the header of a Parquet file is there", p.table.name, f.Name)
		}
		return nil
	}
	content, err := f.toUTF8(ctx, p.table.encoding, p.source.temp)
	if err != nil {
		return fmt.Errorf("table %s: %w", p.table.name, err)
	}
	if !content {
		return fmt.Errorf("table %s: %s is empty: it has not even a header; remove it, or write it again", p.table.name, f.Name)
	}
	return nil
}

// close gives back everything; the statement must have ended.
func (p *prepared) close() {
	if p.conn != nil {
		_ = p.conn.Close() // it has nothing to lose
		p.conn = nil
	}
	for _, f := range p.files {
		f.discard()
	}
}

func (p *prepared) plainColumns() []schema.Column {
	columns := make([]schema.Column, len(p.columns))
	for i, c := range p.columns {
		columns[i] = c.Column
	}
	return columns
}

// read streams the rows of files; next becomes the position.
func (s *Source) read(ctx context.Context, t *table, files []*file, kept, before map[string]iceberg.Type, next *position) (*source.Batch, error) {
	p, err := s.prepare(ctx, t, files, kept, before, true)
	if err != nil {
		return nil, err
	}
	types := map[string]string{}
	for name, typ := range kept {
		types[name] = typ.String()
	}
	for _, c := range p.columns {
		if c.found {
			types[c.Name] = c.Type.String()
		}
	}
	next.Types = types
	columns := p.plainColumns()
	arrowSchema, err := schema.ArrowSchema(columns)
	if err != nil {
		p.close()
		return nil, fmt.Errorf("table %s: %w", t.name, err)
	}
	stream := source.NewStream(ctx, arrowSchema, func(ctx context.Context, yield func(arrow.RecordBatch) error) error {
		defer p.close()
		return p.copy(ctx, arrowSchema, yield)
	})
	return &source.Batch{Columns: columns, Rows: stream, Position: stream.AtEnd(next.encode)}, nil
}

func (p *prepared) copy(ctx context.Context, s *arrow.Schema, yield func(arrow.RecordBatch) error) error {
	rows, err := p.conn.QueryArrow(ctx, p.rel.selectSQL(p.columns))
	if err != nil {
		return p.explain(ctx, err)
	}
	defer rows.Release()
	for rows.Next() {
		batch, err := retype(rows.RecordBatch(), s)
		if err != nil {
			return fmt.Errorf("table %s: %w", p.table.name, err)
		}
		if err := yield(batch); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return p.explain(ctx, err)
	}
	return p.unmoved()
}

// unmoved says whether the files are still those that were listed: one that was written to meanwhile may have been
// read half.
func (p *prepared) unmoved() error {
	for _, f := range p.files {
		info, err := os.Stat(f.path)
		if err != nil {
			return fmt.Errorf("table %s: %w: %s was there when the copy began: %w", p.table.name, source.ErrUnavailable, f.Name, err)
		}
		if info.Size() != f.Size || info.ModTime().UnixNano() != f.ModTime {
			return fmt.Errorf("table %s: %w: %s was written to while it was read; try again when it is complete", p.table.name, source.ErrUnavailable, f.Name)
		}
	}
	return nil
}

// fileOf finds the file that DuckDB calls by a path.
func (p *prepared) fileOf(path string) *file {
	for _, f := range p.files {
		if f.read == path || f.path == path {
			return f
		}
	}
	return nil
}

// explain turns an error of DuckDB into one that says which line is wrong and what to do.
func (p *prepared) explain(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	var statement *engine.StatementError
	if !errors.As(err, &statement) {
		return err
	}
	message := statement.Message
	if _, rest, ok := strings.Cut(message, valueMark+separator); ok {
		if parts := strings.SplitN(rest, separator, 3); len(parts) == 3 {
			return p.valueError(parts[0], parts[1], parts[2])
		}
	}
	if p.table.format == formatCSV {
		if err := p.csvError(message); err != nil {
			return err
		}
	}
	for _, f := range p.files {
		message = strings.ReplaceAll(message, f.read, f.Name)
	}
	message, _, _ = strings.Cut(message, "\n")
	advice := "repair the file, or leave it out of the table's path"
	if p.table.format != formatParquet {
		advice = "repair the line, or say with format: and encoding: how the file is written"
	}
	return source.Broken("table %s: read %s: %s; %s", p.table.name, p.table.pattern, strings.TrimSpace(message), advice)
}

func (p *prepared) valueError(path, column, value string) error {
	e := &source.ValueError{Table: p.table.name, Column: column, Value: fmt.Sprintf("%q", value)}
	for _, c := range p.columns {
		if c.Name == column {
			e.Type = c.Type.String()
		}
	}
	if f := p.fileOf(path); f != nil {
		e.Row = f.Name
		if d, ok := p.rel.dialects[f]; ok {
			if line := f.findValue(d, column, value); line > 0 {
				e.Row = fmt.Sprintf("%s line %d", f.Name, line)
			}
		}
	}
	return e
}

// csvError reads an error of DuckDB's CSV reader; nil when it is none.
func (p *prepared) csvError(message string) error {
	var f *file
	if _, rest, ok := strings.Cut(message, "\n  file = "); ok {
		path, _, _ := strings.Cut(rest, "\n")
		f = p.fileOf(path)
	}
	if f == nil {
		return nil
	}
	if strings.Contains(message, "reached an invalid state") {
		return source.Broken("table %s: %s: its lines do not all end in the same way (LF or CRLF), or quotes are used in a way of their own; "+
			"write the file again with one kind of line end, or set quote: to what it uses", p.table.name, f.Name)
	}
	_, rest, ok := strings.Cut(message, "CSV Error on Line: ")
	if !ok {
		return nil
	}
	number, rest, _ := strings.Cut(rest, "\n")
	line := 0
	if _, err := fmt.Sscan(number, &line); err != nil {
		return nil
	}
	body, _, _ := strings.Cut(rest, "\n\n  file = ")
	body, _, _ = strings.Cut(body, "\nPossible ")
	original, problem := "", strings.TrimSpace(body)
	if text, ok := strings.CutPrefix(body, "Original Line: "); ok {
		// The line may go on over several; what is wrong with it comes last.
		text = strings.TrimRight(text, "\n")
		if cut := strings.LastIndexByte(text, '\n'); cut >= 0 {
			original, problem = text[:cut], text[cut+1:]
		} else {
			original, problem = text, ""
		}
	}
	first, _, _ := strings.Cut(original, "\n")
	advice := "repair the line, or say with delimiter:, quote: and header: how the file is written"
	if strings.Contains(problem, "unicode") {
		problem = "its bytes are not UTF-8"
		advice = "say with encoding: what the file is written in, for example encoding: cp949"
	} else {
		line = f.findLine(first, line)
	}
	return source.Broken("table %s: %s line %d: %s: %s; %s", p.table.name, f.Name, line, shown([]byte(first)), strings.TrimRight(strings.TrimSpace(problem), "."), advice)
}
