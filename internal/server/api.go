package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

const (
	apiPrefix = "/api/v1"
	// maxBody is the size of a request's body up to which it is read: SQL and the like, never data.
	maxBody = 4 << 20
	// bodyTime is how long a client may take to send it.
	bodyTime = 30 * time.Second
)

// newAPI is an API without operations on mux. Its document describes the version of the API, not that of the program, so that it
// changes only when a route does.
func newAPI(mux *http.ServeMux) huma.API {
	config := huma.DefaultConfig("hosu", "1")
	config.Info.Description = "The HTTP API of a hosu workspace. Errors are problem documents (RFC 9457) with a stable code."
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "/openapi", "", ""
	config.CreateHooks = nil // no $schema in every answer
	config.Transformers = []huma.Transformer{problemOfHuma}
	return humago.NewWithPrefix(mux, apiPrefix, config)
}

// register adds a route. It gives the operation its common parts: the error response, and limits for its body; what handler returns
// as an error becomes a [Problem].
func register[I, O any](api huma.API, op huma.Operation, handler func(context.Context, *I) (*O, error)) {
	if op.MaxBodyBytes == 0 {
		op.MaxBodyBytes = maxBody
	}
	op.BodyReadTimeout = bodyTime
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	op.Responses["default"] = &huma.Response{
		Description: "Error",
		Content: map[string]*huma.MediaType{
			problemType: {Schema: api.OpenAPI().Components.Schemas.Schema(typeOf[Problem](), true, "")},
		},
	}
	huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, in)
		if err != nil {
			return nil, problem(ctx, err)
		}
		return out, nil
	})
}

// get, post, put and remove are operations. The id is the name that generated clients give the call: "listTables".
func get(path, id, summary string) huma.Operation {
	return operation(http.MethodGet, path, id, summary)
}

func post(path, id, summary string) huma.Operation {
	return operation(http.MethodPost, path, id, summary)
}

func put(path, id, summary string) huma.Operation {
	return operation(http.MethodPut, path, id, summary)
}

func remove(path, id, summary string) huma.Operation {
	return operation(http.MethodDelete, path, id, summary)
}

func operation(method, path, id, summary string) huma.Operation {
	return huma.Operation{Method: method, Path: path, OperationID: id, Summary: summary}
}

// answer is a response with nothing but a body.
type answer[T any] struct{ Body T }

// list is a response of items, and where to go on when there are more.
type list[T any] struct {
	Items []T `json:"items"`
	// Next is the cursor of the next page; "" when this is the last.
	Next string `json:"next,omitempty"`
}

// listOf is an answer of items; nil is an empty list.
func listOf[T any](items []T, next string) *answer[list[T]] {
	if items == nil {
		items = []T{}
	}
	return &answer[list[T]]{Body: list[T]{Items: items, Next: next}}
}

// Page is the part of a list that is asked for; embed it in an input. (It is exported because only then it is seen in there.)
type Page struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"The most items to return."`
	Cursor string `query:"cursor" doc:"Where to go on: next of the page before."`
}
