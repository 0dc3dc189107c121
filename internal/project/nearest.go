package project

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// nearest returns the candidates a person most likely meant by name, best first, no more than most of them. A candidate
// qualifies when at most a third of name's characters (and at least one) would have to change.
func nearest(name string, candidates []string, most int) []string {
	type match struct {
		name     string
		distance int
	}
	var matches []match
	target := []rune(strings.ToLower(name))
	limit := max(1, (len(target)+1)/3)
	for _, c := range candidates {
		runes := []rune(strings.ToLower(c))
		if diff := len(runes) - len(target); diff > limit || -diff > limit {
			continue
		}
		if d := distance(target, runes); d <= limit {
			matches = append(matches, match{c, d})
		}
	}
	slices.SortFunc(matches, func(a, b match) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.name, b.name))
	})
	var names []string
	for _, m := range matches {
		if len(names) < most && !slices.Contains(names, m.name) {
			names = append(names, m.name)
		}
	}
	return names
}

// distance is the number of characters to insert, delete, replace or swap with their
// neighbour to make b of a (optimal string alignment).
func distance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := last[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			row[j] = min(change, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// DidYouMean is `did you mean "a" or "b"?`; "" for no names.
func DidYouMean(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "did you mean " + OneOf(names) + "?"
}

// OneOf is `"a", "b" or "c"`; "" for no names.
func OneOf(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = strconv.Quote(n)
	}
	if len(quoted) < 2 {
		return strings.Join(quoted, "")
	}
	return strings.Join(quoted[:len(quoted)-1], ", ") + " or " + quoted[len(quoted)-1]
}

// Hints joins the parts of a [Problem.Hint] that are not empty.
func Hints(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
}

// Choice is the hint for a word that is none of those known; "" when none are.
func Choice(word string, known []string) string {
	if len(known) == 0 {
		return ""
	}
	return Hints("expected "+OneOf(known), DidYouMean(nearest(word, known, 1)))
}

// Nearest returns the one or two names that a person who wrote name most likely meant, best first.
func Nearest(name string, known []string) []string { return nearest(name, known, 2) }
