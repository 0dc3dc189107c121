package app_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hosu-io/hosu/internal/app"
)

// Every answer is as web/openapi.json describes it: the types of the web interface are made of that. Lists, above all, are never null.
func TestServeAnswersAsDescribed(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../web/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var api description
	if err := json.Unmarshal(text, &api); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "shop")
	if _, err := app.MakeDemo(t.Context(), app.DemoOptions{Dir: dir, Scale: 0.01, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	s := serve(t, dir)
	id := s.query("from range(3)").ID
	s.call("POST", "/saved-queries", map[string]any{"name": "three", "sql": "from range(3)"}, 201, nil)
	for _, when := range []string{"before the first run", "after it"} {
		values := map[string]map[string][]string{"tables": {}, "runs": {"id": {"latest"}}, "queries": {"id": {id}}, "dashboards": {}}
		if when == "after it" {
			fill(t, dir)
			values["tables"]["name"] = []string{"marts.daily_sales", "raw_shop.orders"}
			s.described(&api, "/tables/{name}", "/tables/staging.orders") // a view
			values["dashboards"]["name"] = s.names("/dashboards", "name")
			values["runs"]["task"] = s.names("/runs/latest/logs?limit=1", "task")
		} else {
			delete(values["runs"], "id")
		}
		asked := 0
		for path, operations := range api.Paths {
			operation, ok := operations["get"]
			if !ok || operation.Responses["200"].Content["application/json"].Schema == nil {
				continue
			}
			for _, target := range fillIn(path, values[strings.Split(path, "/")[1]]) {
				s.described(&api, path, target)
				asked++
			}
		}
		t.Logf("%s: %d answers are as described", when, asked)
	}
}

// described checks the answer of one path against its description.
func (s *served) described(api *description, path, target string) {
	s.t.Helper()
	var answer any
	s.call("GET", target, nil, 200, &answer)
	for _, wrong := range api.check(api.Paths[path]["get"].Responses["200"].Content["application/json"].Schema, answer, "") {
		s.t.Errorf("GET %s: %s", target, wrong)
	}
}

// names are the values of a key of the items of a list.
func (s *served) names(path, key string) []string {
	s.t.Helper()
	var list struct{ Items []map[string]any }
	s.call("GET", path, nil, 200, &list)
	var names []string
	for _, item := range list.Items {
		names = append(names, fmt.Sprint(item[key]))
	}
	return names
}

// fillIn is a path with every combination of the values of its parameters; none when one has no value.
func fillIn(path string, values map[string][]string) []string {
	before, behind, ok := strings.Cut(path, "{")
	if !ok {
		return []string{path}
	}
	name, behind, _ := strings.Cut(behind, "}")
	if name == "index" {
		values = map[string][]string{name: {"0", "1", "2", "3"}}
	}
	var paths []string
	for _, value := range values[name] {
		paths = append(paths, fillIn(before+url.PathEscape(value)+behind, values)...)
	}
	return paths
}

// description is an OpenAPI document.
type description struct {
	Paths map[string]map[string]struct {
		Responses map[string]struct {
			Content map[string]struct{ Schema *jsonSchema }
		}
	}
	Components struct{ Schemas map[string]*jsonSchema }
}

// jsonSchema is as much of JSON Schema as the document uses for answers.
type jsonSchema struct {
	Ref                  string `json:"$ref"`
	Type                 any    // a name or several
	Properties           map[string]*jsonSchema
	Required             []string
	Items                *jsonSchema
	Enum                 []any
	AdditionalProperties any
}

// check says what of a value is not as a schema has it.
func (d *description) check(schema *jsonSchema, value any, at string) []string {
	if name, ok := strings.CutPrefix(schema.Ref, "#/components/schemas/"); ok {
		return d.check(d.Components.Schemas[name], value, at)
	}
	types := []any{schema.Type}
	if several, ok := schema.Type.([]any); ok {
		types = several
	}
	if got := jsonType(value); schema.Type != nil && !slices.Contains(types, any(got)) && !(got == "integer" && slices.Contains(types, any("number"))) {
		return []string{fmt.Sprintf("%s is %s, not %v", at, got, schema.Type)}
	}
	if len(schema.Enum) > 0 && !slices.Contains(schema.Enum, value) {
		return []string{fmt.Sprintf("%s is %v, none of %v", at, value, schema.Enum)}
	}
	var wrong []string
	switch value := value.(type) {
	case []any:
		for i, item := range value {
			if schema.Items != nil {
				wrong = append(wrong, d.check(schema.Items, item, fmt.Sprintf("%s[%d]", at, i))...)
			}
		}
	case map[string]any:
		for _, name := range schema.Required {
			if _, ok := value[name]; !ok {
				wrong = append(wrong, fmt.Sprintf("%s.%s is missing", at, name))
			}
		}
		for name, item := range value {
			if property, ok := schema.Properties[name]; ok {
				wrong = append(wrong, d.check(property, item, at+"."+name)...)
			} else if schema.AdditionalProperties == false {
				wrong = append(wrong, fmt.Sprintf("%s.%s is not described", at, name))
			}
		}
	}
	return wrong
}

func jsonType(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case float64:
		if value == float64(int64(value)) {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	default:
		return "object"
	}
}
