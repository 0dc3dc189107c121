package server

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"

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
	registry := api.OpenAPI().Components.Schemas
	schemas := registry.Map()
	delete(schemas, "ErrorModel")
	delete(schemas, "ErrorDetail")
	for name, schema := range schemas {
		notNull(schema)
		quoted(schema, registry.TypeFromRef("#/components/schemas/"+name))
	}
}

// quoted marks the numbers that are written as text.
func quoted(schema *huma.Schema, of reflect.Type) {
	if of == nil || of.Kind() != reflect.Struct {
		return
	}
	for _, field := range reflect.VisibleFields(of) {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if property := schema.Properties[name]; property != nil && slices.Contains(strings.Split(options, ","), "string") {
			property.Type, property.Format = huma.TypeString, ""
			property.Minimum, property.Maximum = nil, nil
		}
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
