package quality

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/scan"
)

// Resolver finds what a statement reads; *[scan.Resolver] is one.
type Resolver interface {
	Resolve(ctx context.Context, by govern.Principal, req scan.Request) (*scan.Resolved, error)
}

// Options of a [Checker]. Resolver and Executor are required.
type Options struct {
	Resolver Resolver
	Executor scan.Executor
	Location *time.Location // the workspace's; default UTC
	Limits   engine.Limits  // of one check
	Samples  int            // failing rows that a result shows; default 5
	// MaxRows is how many failing rows are counted before a check is ended; default 1,000,000.
	MaxRows int64
}

// Checker runs checks. It is safe for concurrent use.
type Checker struct{ opts Options }

// NewChecker returns a checker.
func NewChecker(opts Options) *Checker {
	if opts.Location == nil {
		opts.Location = time.UTC
	}
	if opts.Samples <= 0 {
		opts.Samples = 5
	}
	if opts.MaxRows <= 0 {
		opts.MaxRows = 1_000_000
	}
	return &Checker{opts: opts}
}

// Result is what came of a check.
type Result struct {
	Check  Check
	Passed bool
	// Rows is how many rows the check returned; AtLeast says that it was ended before it had returned all.
	Rows    int64
	AtLeast bool
	// Columns and Sample are the first of those rows, as text; NULL is "NULL".
	Columns []string
	Sample  [][]string
	// Err is why the check could not run: its SQL is wrong, or it exceeded its limits.
	Err error
	At  time.Time
}

// Failed reports that the check stops publishing.
func (r Result) Failed() bool { return !r.Passed && r.Check.Blocking }

// Message says what was found, with the sample rows on lines of their own; "" when the check passed.
func (r Result) Message() string {
	if r.Passed {
		return ""
	}
	name := fmt.Sprintf("%s: check %s", r.Check.Pos, r.Check.Name)
	if r.Check.Rule != "" {
		name += fmt.Sprintf(" (%s)", r.Check.Rule)
	}
	if r.Err != nil {
		return name + " could not run: " + r.Err.Error()
	}
	var text strings.Builder
	atLeast, rows := "", "rows"
	if r.AtLeast {
		atLeast = "at least "
	}
	if r.Rows == 1 {
		rows = "row"
	}
	fmt.Fprintf(&text, "%s found %s%d %s that should not be there", name, atLeast, r.Rows, rows)
	for _, row := range r.Sample {
		text.WriteString("\n  ")
		for i, value := range row {
			if i > 0 {
				text.WriteString(" | ")
			}
			text.WriteString(r.Columns[i] + "=" + value)
		}
	}
	if more := r.Rows - int64(len(r.Sample)); more > 0 {
		fmt.Fprintf(&text, "\n  … and %d more", more)
	}
	return text.String()
}

// FailedError is blocking checks that failed.
type FailedError struct {
	Asset   string
	Results []Result // those that failed and block
}

func (e *FailedError) Error() string {
	messages := make([]string, len(e.Results))
	for i, r := range e.Results {
		messages[i] = r.Message()
	}
	// What it means for the table belongs to the first line: often no more is shown.
	first, rows, _ := strings.Cut(messages[0], "\n")
	first += "; " + e.Asset + " stays as it was"
	if more := len(messages) - 1; more == 1 {
		first += "; 1 more check failed"
	} else if more > 1 {
		first += fmt.Sprintf("; %d more checks failed", more)
	}
	if messages[0] = first; rows != "" {
		messages[0] += "\n" + rows
	}
	return strings.Join(messages, "\n")
}

// Permanent reports that trying again cannot help: the same rows would be made.
func (e *FailedError) Permanent() bool { return true }

// Blocked is a *[FailedError] when blocking checks are among the failed ones of results, and nil otherwise.
func Blocked(asset string, results []Result) error {
	var failed []Result
	for _, r := range results {
		if r.Failed() {
			failed = append(failed, r)
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return &FailedError{Asset: asset, Results: failed}
}

// Run runs checks for a principal, one after the other, in the sandbox. relations are what they read instead of
// the catalog's tables: the table they belong to as "this" and under its full name. A failed check, or one whose SQL is wrong, is a
// result; the error is for when checking itself is not possible.
func (c *Checker) Run(ctx context.Context, by govern.Principal, checks []Check, relations ...engine.Relation) ([]Result, error) {
	results := make([]Result, 0, len(checks))
	for _, check := range checks {
		result, err := c.run(ctx, by, check, relations)
		if err != nil {
			return results, fmt.Errorf("run check %s: %w", check.Name, err)
		}
		results = append(results, result)
	}
	return results, nil
}

func (c *Checker) run(ctx context.Context, by govern.Principal, check Check, relations []engine.Relation) (Result, error) {
	result := Result{Check: check, At: time.Now()}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends a statement of which enough has been read
	resolved, err := c.opts.Resolver.Resolve(ctx, by, scan.Request{
		SQL: check.SQL, Relations: relations, TimeZone: c.opts.Location.String(), Limits: c.opts.Limits,
	})
	if err != nil {
		return statementFailed(ctx, result, err)
	}
	reader, err := c.opts.Executor.Query(ctx, resolved.Job)
	if err != nil {
		return statementFailed(ctx, result, err)
	}
	defer reader.Release()
	for _, field := range reader.Schema().Fields() {
		result.Columns = append(result.Columns, field.Name)
	}
	for reader.Next() {
		batch := reader.RecordBatch()
		for i := 0; i < int(batch.NumRows()) && len(result.Sample) < c.opts.Samples; i++ {
			result.Sample = append(result.Sample, c.row(batch, i))
		}
		if result.Rows += batch.NumRows(); result.Rows >= c.opts.MaxRows {
			result.AtLeast = true
			return result, nil
		}
	}
	if err := reader.Err(); err != nil {
		return statementFailed(ctx, result, err)
	}
	result.Passed = result.Rows == 0
	return result, nil
}

// statementFailed tells an error of a check's SQL from one of everything else.
func statementFailed(ctx context.Context, result Result, err error) (Result, error) {
	var statement *engine.StatementError
	if ctx.Err() != nil || !errors.As(err, &statement) || statement.Kind == engine.Crashed || statement.Kind == engine.Cancelled {
		return result, err
	}
	result.Err = Locate(err, result.Check.Pos.File, result.Check.SQL, result.Check.SQLLine)
	return result, nil
}

// Locate puts file:line:column before the error of a statement when it is known where in sql it is. sqlLine is the line of the file
// on which sql begins; 0 is unknown.
func Locate(err error, file, sql string, sqlLine int) error {
	var statement *engine.StatementError
	if !errors.As(err, &statement) || statement.Position < 0 || statement.Position > len(sql) || sqlLine == 0 {
		return err
	}
	before := sql[:statement.Position]
	line := sqlLine + strings.Count(before, "\n")
	column := 1 + len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
	return fmt.Errorf("%s: %w", project.Pos{File: file, Line: line, Column: column}, err)
}

// row is one row as text.
func (c *Checker) row(batch arrow.RecordBatch, i int) []string {
	row := make([]string, batch.NumCols())
	for j, column := range batch.Columns() {
		row[j] = c.cell(column, i)
	}
	return row
}

// longest is how many characters of a value a message shows.
const longest = 80

func (c *Checker) cell(column arrow.Array, i int) string {
	if column.IsNull(i) {
		return "NULL"
	}
	text := ""
	switch column := column.(type) {
	case *array.Timestamp:
		kind := column.DataType().(*arrow.TimestampType)
		at := column.Value(i).ToTime(kind.Unit)
		layout := "2006-01-02 15:04:05.999999"
		if kind.TimeZone != "" {
			at, layout = at.In(c.opts.Location), layout+"-07:00"
		}
		text = at.Format(layout)
	case *array.Decimal128:
		text = column.Value(i).ToString(column.DataType().(*arrow.Decimal128Type).Scale)
	default:
		text = strings.Clone(column.ValueStr(i)) // the batch's memory ends with it
	}
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest]) + "…"
	}
	return strings.ReplaceAll(text, "\n", "⏎")
}
