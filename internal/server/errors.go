package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/orchestrate"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/query/history"
)

const problemType = "application/problem+json"

// statusCancelled says that the client went away or called off its request; nobody reads the answer.
const statusCancelled = 499

// Problem is an error as the API tells it (RFC 9457). Code is stable: programs branch on it, and the web interface translates it.
type Problem struct {
	Status    int               `json:"status"`
	Code      string            `json:"code" doc:"A stable word for the kind of error, in snake_case."`
	Title     string            `json:"title"`
	Detail    string            `json:"detail" doc:"What happened, and where."`
	Hint      string            `json:"hint,omitempty" doc:"What to do about it."`
	Position  *history.Position `json:"position,omitempty" doc:"Where in the SQL that was sent."`
	Errors    []Invalid         `json:"errors,omitempty" doc:"Every part of the input that is wrong."`
	Run       string            `json:"run,omitempty" doc:"The run at work, of run_busy."`
	RequestID string            `json:"request_id"`

	cause error
}

// Invalid is one wrong part of an input.
type Invalid struct {
	Location string `json:"location" doc:"The path of the part: body.sql, query.limit."`
	Message  string `json:"message"`
}

func (p *Problem) Error() string { return p.Detail }

// Unwrap is what went wrong inside, if it is known.
func (p *Problem) Unwrap() error { return p.cause }

// GetStatus implements [huma.StatusError].
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements [huma.ContentTypeFilter].
func (p *Problem) ContentType(string) string { return problemType }

// fail is a problem that a handler has words of its own for; hint may be empty.
func fail(status int, code, detail, hint string) *Problem {
	return &Problem{Status: status, Code: code, Detail: detail, Hint: hint}
}

// notFound is the problem of a thing that is named and is not there.
func notFound(detail, hint string) *Problem {
	return fail(http.StatusNotFound, "not_found", detail, hint)
}

// invalid is the problem of an input that cannot be meant.
func invalid(detail, hint string) *Problem {
	return fail(http.StatusBadRequest, "invalid", detail, hint)
}

// problem turns any error into the one that the client sees.
func problem(ctx context.Context, err error) *Problem {
	var p *Problem
	if !errors.As(err, &p) {
		p = classify(err)
	}
	told := *p
	if told.cause == nil {
		told.cause = err
	}
	if told.Title == "" {
		told.Title = titleOf(told.Status)
	}
	told.RequestID = requestID(ctx)
	if told.Status == http.StatusInternalServerError {
		logger(ctx).ErrorContext(ctx, "request failed", "error", err)
	}
	return &told
}

// statementProblems are the kinds of error of a statement. The statement is the client's, so most are its mistakes.
var statementProblems = map[engine.ErrorKind]struct {
	status int
	code   string
}{
	engine.Syntax:    {http.StatusBadRequest, "syntax_error"},
	engine.Bind:      {http.StatusBadRequest, "bind_error"},
	engine.Runtime:   {http.StatusBadRequest, "runtime_error"},
	engine.Denied:    {http.StatusForbidden, "denied"},
	engine.Memory:    {http.StatusUnprocessableEntity, "out_of_memory"},
	engine.TooLarge:  {http.StatusUnprocessableEntity, "too_large"},
	engine.Timeout:   {http.StatusGatewayTimeout, "timeout"},
	engine.Cancelled: {statusCancelled, "cancelled"},
	engine.Crashed:   {http.StatusBadGateway, "crashed"},
}

// classify finds the status and the code of an error of the packages below.
func classify(err error) *Problem {
	var (
		statement *engine.StatementError
		busy      *orchestrate.BusyError
		selector  *project.SelectError
		files     *project.Errors
		tooLarge  *http.MaxBytesError
	)
	switch {
	case errors.As(err, &statement):
		known := statementProblems[statement.Kind]
		if known.status == 0 {
			known.status, known.code = http.StatusBadRequest, "failed"
		}
		if errors.Is(err, catalog.ErrNoSuchTable) {
			known.code = "table_not_found"
		}
		return fail(known.status, known.code, statementText(err), "")
	case errors.Is(err, catalog.ErrNoSuchTable):
		return fail(http.StatusNotFound, "table_not_found", err.Error(), "")
	case errors.Is(err, orchestrate.ErrNotFound), errors.Is(err, history.ErrNotFound):
		return notFound(err.Error(), "")
	case errors.As(err, &busy):
		p := fail(http.StatusConflict, "run_busy", err.Error(), "")
		p.Run = busy.Run()
		return p
	case errors.As(err, &selector):
		return invalid(err.Error(), selector.Hint)
	case errors.As(err, &files):
		return fail(http.StatusConflict, "workspace_invalid", err.Error(), "correct the files of the workspace")
	case errors.As(err, &tooLarge):
		return fail(http.StatusRequestEntityTooLarge, "request_too_large", err.Error(), "")
	case errors.Is(err, ErrStopping):
		return fail(http.StatusServiceUnavailable, "stopping", ErrStopping.Error(), "")
	case errors.Is(err, context.DeadlineExceeded):
		return fail(http.StatusGatewayTimeout, "timeout", "it took longer than its time limit", "")
	case errors.Is(err, context.Canceled):
		return fail(statusCancelled, "cancelled", "the request was cancelled", "")
	default:
		return fail(http.StatusInternalServerError, "internal", err.Error(), "")
	}
}

// problemOfHuma gives the errors that huma itself finds in a request (its syntax, its schema) the form of all others.
func problemOfHuma(ctx huma.Context, _ string, body any) (any, error) {
	found, ok := body.(*huma.ErrorModel)
	if !ok {
		return body, nil
	}
	p := fail(found.Status, "invalid", found.Detail, "")
	switch found.Status {
	case http.StatusInternalServerError:
		p.Code = "internal"
	case http.StatusRequestEntityTooLarge:
		p.Code = "request_too_large"
	case http.StatusRequestTimeout:
		p.Code = "timeout"
	}
	for _, e := range found.Errors {
		p.Errors = append(p.Errors, Invalid{Location: e.Location, Message: e.Message})
		if len(found.Errors) == 1 {
			p.Detail = e.Location + ": " + e.Message
		}
	}
	return problem(ctx.Context(), p), nil
}

func titleOf(status int) string {
	if status == statusCancelled {
		return "Cancelled"
	}
	return http.StatusText(status)
}

// positionIn is the place of a byte in a text; nil when the offset is not one of it.
func positionIn(text string, offset int) *history.Position {
	if offset < 0 || offset > len(text) {
		return nil
	}
	line, start := 1, 0
	for i := range offset {
		if text[i] == '\n' {
			line, start = line+1, i+1
		}
	}
	return &history.Position{Offset: offset, Line: line, Column: 1 + utf8.RuneCountInString(text[start:offset])}
}

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// logger is that of the request.
func logger(ctx context.Context) *slog.Logger { return requestOf(ctx).log }
