package metric

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/schema"
)

// fragment is SQL over the table of an activity, joined with the objects that it needs.
type fragment struct {
	sql   string
	needs []need
}

// need is a dimension of an object that has to be joined.
type need struct {
	*object
	dimension *project.FieldDef
}

// dimension is a dimension of an activity.
type dimension struct {
	Dimension
	fragment
}

// keyColumn is the name of an object's key in the relation that is joined. No column of a table is called like that.
func (o *object) keyColumn() string { return o.Name + " key" }

func (o *object) column(dimension string) string { return o.Name + "." + dimension }

// column is the SQL of a text that is a column or an expression, fit to be an operand.
func column(t project.Text) string {
	if t.Word() {
		return engine.QuoteIdent(t.Value)
	}
	return "(" + strings.TrimSpace(t.Value) + ")"
}

func (a *activity) reference(object string) (reference, bool) {
	at := slices.IndexFunc(a.objects, func(r reference) bool { return r.Name == object })
	if at < 0 {
		return reference{}, false
	}
	return a.objects[at], true
}

func (a *activity) objectNames() []string {
	var names []string
	for _, o := range a.objects {
		names = append(names, o.Name)
	}
	return names
}

// dimensions are all dimensions by their full names: those of the activity, its objects, and theirs.
func (a *activity) dimensions() []Dimension {
	var list []Dimension
	for _, d := range a.ActivityDef.Dimensions {
		list = append(list, Dimension{d.Name, label(d.Label, d.Name)})
	}
	for _, o := range a.objects {
		if !slices.ContainsFunc(list, func(d Dimension) bool { return d.Name == o.Name }) {
			list = append(list, Dimension{o.Name, o.label})
		}
		for _, d := range o.Dimensions {
			list = append(list, Dimension{o.column(d.Name), label(d.Label, d.Name)})
		}
	}
	return list
}

// dimension finds a dimension by its full name or, when one object only has it, by the last part of it. A dimension of
// the activity itself comes before one of its objects.
func (a *activity) dimension(name string) (dimension, *QueryError) {
	for _, d := range a.ActivityDef.Dimensions {
		if d.Name == name {
			return dimension{Dimension{d.Name, label(d.Label, d.Name)}, fragment{sql: column(d.Value)}}, nil
		}
	}
	var found []dimension
	for _, o := range a.objects {
		if o.Name == name {
			return dimension{Dimension{o.Name, o.label}, fragment{sql: column(o.value)}}, nil
		}
		for _, d := range o.Dimensions {
			if full := o.column(d.Name); full == name || d.Name == name {
				found = append(found, dimension{
					Dimension{full, label(d.Label, d.Name)}, fragment{engine.QuoteIdent(full), []need{{o.object, d}}},
				})
			}
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	var known []string
	if len(found) > 1 {
		for _, d := range found {
			known = append(known, d.Name)
		}
		return dimension{}, &QueryError{
			Message: fmt.Sprintf("dimension %q of activity %q can mean several", name, a.Name), Hint: expected(known),
		}
	}
	var short []string
	for _, d := range a.dimensions() {
		known = append(known, d.Name)
		short = append(short, d.Name[strings.LastIndexByte(d.Name, '.')+1:])
	}
	hint := project.DidYouMean(project.Nearest(name, append(known, short...)))
	if hint == "" {
		hint = choice(name, known)
	}
	return dimension{}, &QueryError{Message: fmt.Sprintf("activity %q has no dimension %q", a.Name, name), Hint: hint}
}

// fragment resolves the names in a metric's SQL: facts, dimensions and objects of the activity, and object.dimension.
// Whatever else is in it is the table's, and so is every name in quotes.
func (l *loader) fragment(a *activity, text project.Text) fragment {
	var f fragment
	var b strings.Builder
	list := text.Tokens()
	piece := func(i int) string {
		if i < 0 || i >= len(list) {
			return ""
		}
		return text.Value[list[i].Start:list[i].End]
	}
	last := 0
	for i := 0; i < len(list); i++ {
		word := piece(i)
		if !isName(word) || piece(i-1) == "." || strings.EqualFold(piece(i-1), "as") || piece(i+1) == "(" || strings.HasPrefix(piece(i+1), "'") {
			continue
		}
		sql, end := "", list[i].End
		if field, ok := a.field(word); ok {
			sql = column(field.Value)
		} else if ref, ok := a.reference(word); ok && piece(i+1) != "." {
			sql = column(ref.value)
		} else if ok {
			property := piece(i + 2)
			at := slices.IndexFunc(ref.Dimensions, func(d *project.FieldDef) bool { return d.Name == property })
			if at < 0 {
				var known []string
				for _, d := range ref.Dimensions {
					known = append(known, d.Name)
				}
				l.problem(text.At(list[i].Start), choice(property, known), "object %q has no dimension %q", ref.Name, property)
				continue
			}
			sql, end = engine.QuoteIdent(ref.column(property)), list[i+2].End
			f.needs = append(f.needs, need{ref.object, ref.Dimensions[at]})
			b.WriteString(text.Value[last:list[i].Start] + sql)
			last = end
			i += 2
			continue
		} else {
			l.slip(a, text, list[i], word)
			continue
		}
		b.WriteString(text.Value[last:list[i].Start] + sql)
		last = end
	}
	b.WriteString(text.Value[last:])
	f.sql = strings.TrimSpace(b.String())
	if text.Word() && f.sql == text.Value {
		f.sql = column(text)
	}
	return f
}

// field is a fact or a dimension of an activity.
func (a *activity) field(name string) (*project.FieldDef, bool) {
	for _, list := range [][]*project.FieldDef{a.Facts, a.ActivityDef.Dimensions} {
		for _, f := range list {
			if f.Name == name {
				return f, true
			}
		}
	}
	return nil, false
}

// slip reports a name that differs in one letter from something the activity has: most likely that was meant.
func (l *loader) slip(a *activity, text project.Text, at project.Token, word string) {
	known := a.objectNames()
	for _, list := range [][]*project.FieldDef{a.Facts, a.ActivityDef.Dimensions} {
		for _, f := range list {
			if schema.Fold(f.Value.Value) == schema.Fold(word) {
				return // a column, of which a fact is made
			}
			known = append(known, f.Name)
		}
	}
	for _, o := range a.objects {
		if schema.Fold(o.value.Value) == schema.Fold(word) {
			return
		}
	}
	for _, name := range known {
		if oneLetterOff(schema.Fold(word), schema.Fold(name)) {
			l.problem(text.At(at.Start), fmt.Sprintf("did you mean %q? a column of that name is written in quotes", name), "activity %q has no fact, dimension or object %q", a.Name, word)
			return
		}
	}
}

// oneLetterOff says whether one letter of a longer word is missing, added, wrong or swapped with the next.
func oneLetterOff(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if min(len(x), len(y)) < 4 {
		return false
	}
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	return len(x) <= 1 && len(y) <= 1 || len(x) == 2 && len(y) == 2 && x[0] == y[1] && x[1] == y[0]
}

// isName says whether a token of SQL is a word that begins like a name.
func isName(token string) bool {
	first, _ := utf8.DecodeRuneInString(token)
	return first == '_' || unicode.IsLetter(first)
}
