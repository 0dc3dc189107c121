package engine

import "strings"

// Substitute replaces each $name that is outside of strings, comments and quoted names by its literal in
// parentheses. A name that params lacks is a *[StatementError].
func Substitute(sql string, params []Param) (string, error) {
	if strings.IndexByte(sql, '$') < 0 {
		return sql, nil
	}
	var out strings.Builder
	last := 0
	for _, t := range scanTokens(sql) {
		if t.kind != tokenParam {
			continue
		}
		name := paramName(sql, t)
		literal, ok := findParam(params, name)
		if !ok {
			return "", &StatementError{
				Kind: Bind, Position: t.start,
				Message: "the parameter $" + name + " has no value" + knownParams(params),
			}
		}
		out.WriteString(sql[last:t.start])
		out.WriteString("(" + literal + ")")
		last = t.end
	}
	out.WriteString(sql[last:])
	return out.String(), nil
}

func findParam(params []Param, name string) (string, bool) {
	for _, p := range params {
		if equalName(p.Name, name) {
			return p.Literal, true
		}
	}
	return "", false
}

func knownParams(params []Param) string {
	if len(params) == 0 {
		return "; this statement is given none"
	}
	names := make([]string, len(params))
	for i, p := range params {
		names[i] = "$" + p.Name
	}
	return "; there are " + strings.Join(names, ", ")
}
