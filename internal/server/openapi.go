package server

import (
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// Document is the OpenAPI description of the API, indented, the same for the same routes.
func Document() ([]byte, error) {
	s := &Server{}
	api := newAPI(http.NewServeMux())
	s.routes(api)
	document, err := json.MarshalIndent(api.OpenAPI(), "", "  ")
	return append(document, '\n'), err
}

// finish corrects what huma assumes of the schemas: lists are never null in this API, and its own form of errors is not used.
func finish(api huma.API) {
	schemas := api.OpenAPI().Components.Schemas.Map()
	delete(schemas, "ErrorModel")
	delete(schemas, "ErrorDetail")
	for _, schema := range schemas {
		notNull(schema)
	}
}

func notNull(schema *huma.Schema) {
	if schema == nil {
		return
	}
	if schema.Type == huma.TypeArray {
		schema.Nullable = false
	}
	notNull(schema.Items)
	for _, property := range schema.Properties {
		notNull(property)
	}
	if of, ok := schema.AdditionalProperties.(*huma.Schema); ok {
		notNull(of)
	}
}
