package schema

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// typeExpr is a type as text spells it, before anything is known about its name.
type typeExpr struct {
	name   string      // upper case, words joined by one space: "TIMESTAMP WITH TIME ZONE", "LIST"
	ints   []int       // integer arguments: precision and scale, a length
	fields []fieldExpr // type arguments: of STRUCT, UNION, MAP, LIST
}

// fieldExpr is a type argument; name is empty where the text gives none.
type fieldExpr struct {
	name string
	typ  typeExpr
}

// parseTypeExpr reads a type in DuckDB's or Iceberg's spelling: "DECIMAL(18,2)", "STRUCT(a INTEGER)[]",
// "map<string, list<int>>", "TIMESTAMP WITH TIME ZONE".
func parseTypeExpr(text string) (typeExpr, error) {
	p := &typeParser{rest: text}
	t, err := p.parse()
	if err == nil {
		p.space()
		if p.rest != "" {
			err = fmt.Errorf("unexpected %q", p.rest)
		}
	}
	if err != nil {
		return typeExpr{}, fmt.Errorf("type %q: %w", text, err)
	}
	return t, nil
}

type typeParser struct {
	rest string
}

func (p *typeParser) space() { p.rest = strings.TrimLeftFunc(p.rest, unicode.IsSpace) }

// take consumes token when it comes next.
func (p *typeParser) take(token string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.rest, token)
	if ok {
		p.rest = rest
	}
	return ok
}

func (p *typeParser) expect(token string) error {
	if !p.take(token) {
		return fmt.Errorf("want %q before %q", token, p.rest)
	}
	return nil
}

// word reads an unquoted or double-quoted identifier.
func (p *typeParser) word() (word string, quoted bool) {
	p.space()
	if strings.HasPrefix(p.rest, `"`) {
		text, ok := p.quotedBy('"')
		return text, ok
	}
	end := 0
	for end < len(p.rest) {
		r, size := utf8.DecodeRuneInString(p.rest[end:])
		if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			break
		}
		end += size
	}
	word, p.rest = p.rest[:end], p.rest[end:]
	return word, false
}

// quotedBy reads a quoted text in which the quote is doubled; nothing is consumed when it is not closed.
func (p *typeParser) quotedBy(quote byte) (string, bool) {
	var text strings.Builder
	for i := 1; i < len(p.rest); i++ {
		if p.rest[i] != quote {
			text.WriteByte(p.rest[i])
			continue
		}
		if i+1 < len(p.rest) && p.rest[i+1] == quote {
			text.WriteByte(quote)
			i++
			continue
		}
		p.rest = p.rest[i+1:]
		return text.String(), true
	}
	return "", false
}

// multiWord are the type names of several words, by their first.
var multiWord = map[string][]string{
	"TIME":      {"WITH TIME ZONE", "WITHOUT TIME ZONE"},
	"TIMESTAMP": {"WITH TIME ZONE", "WITHOUT TIME ZONE"},
	"DOUBLE":    {"PRECISION"},
	"CHARACTER": {"VARYING"},
}

func (p *typeParser) parse() (typeExpr, error) {
	name, _ := p.word()
	if name == "" {
		return typeExpr{}, fmt.Errorf("want a type before %q", p.rest)
	}
	t := typeExpr{name: strings.ToUpper(name)}
	p.words(&t)
	var err error
	switch {
	case p.take("("):
		err = p.arguments(&t, ")")
	case p.take("<"):
		err = p.arguments(&t, ">")
	}
	if err != nil {
		return typeExpr{}, err
	}
	p.words(&t) // TIMESTAMP(6) WITH TIME ZONE
	return p.suffixes(t)
}

// words extends a name by the further words it is known to have.
func (p *typeParser) words(t *typeExpr) {
	for _, tail := range multiWord[t.name] {
		before := *p
		matched := true
		for want := range strings.SplitSeq(tail, " ") {
			got, quoted := p.word()
			if quoted || !strings.EqualFold(got, want) {
				matched = false
				break
			}
		}
		if matched {
			t.name += " " + tail
			return
		}
		*p = before
	}
}

func (p *typeParser) arguments(t *typeExpr, end string) error {
	for {
		if err := p.argument(t); err != nil {
			return err
		}
		if !p.take(",") {
			return p.expect(end)
		}
	}
}

func (p *typeParser) argument(t *typeExpr) error {
	p.space()
	if strings.HasPrefix(p.rest, "'") { // a value of an ENUM
		if _, ok := p.quotedBy('\''); !ok {
			return fmt.Errorf("the quote is not closed in %q", p.rest)
		}
		return nil
	}
	if p.rest != "" && p.rest[0] >= '0' && p.rest[0] <= '9' {
		text, _ := p.word()
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("want a number, found %q", text)
		}
		t.ints = append(t.ints, n)
		return nil
	}
	var field fieldExpr
	if t.name == "STRUCT" || t.name == "ROW" || t.name == "UNION" {
		name, quoted := p.word()
		if name == "" && !quoted {
			return fmt.Errorf("want a field name before %q", p.rest)
		}
		p.take(":")
		field.name = name
		p.space()
		if strings.HasPrefix(p.rest, ",") || strings.HasPrefix(p.rest, ")") {
			return fmt.Errorf("the fields of a struct must have names: write {'name': value} instead of row(value)")
		}
	}
	typ, err := p.parse()
	if err != nil {
		return err
	}
	field.typ = typ
	t.fields = append(t.fields, field)
	return nil
}

// suffixes reads "[]" and "[3]" behind a type.
func (p *typeParser) suffixes(t typeExpr) (typeExpr, error) {
	for p.take("[") {
		length, _ := p.word()
		if err := p.expect("]"); err != nil {
			return typeExpr{}, err
		}
		n := 0
		if length != "" {
			var err error
			if n, err = strconv.Atoi(length); err != nil || n < 1 {
				return typeExpr{}, fmt.Errorf("want an array length, found %q", length)
			}
		}
		if t.name == "FIXED" && t.ints == nil { // Iceberg's fixed[16] is no array
			t.ints = []int{n}
			continue
		}
		t = typeExpr{name: "LIST", fields: []fieldExpr{{typ: t}}}
	}
	return t, nil
}
