package project

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// fingerprint is a hash of parts of text; where one part ends and the next begins counts.
func fingerprint(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Fingerprint is a hash of what decides the rows of a copy. It covers neither where the source is nor who reads it: moving a
// database or changing a password copies nothing again.
func (t *SourceTable) Fingerprint() string {
	parts := []string{"table/1", t.Source.Type, t.Name, string(t.Mode), t.Cursor, strings.Join(t.Key, "\x00")}
	for _, name := range slices.Sorted(maps.Keys(t.Types)) {
		parts = append(parts, "type", name, t.Types[name].Type.String())
	}
	for _, name := range slices.Sorted(maps.Keys(t.Options)) {
		parts = append(parts, "option", name, t.Options[name])
	}
	return fingerprint(parts...)
}

// modelFingerprint covers what decides the rows of a model: its SQL but for layout and comments, how it is written, its
// column types, the time zone its days are in, and the definition of the views it reads.
func modelFingerprint(m *Model, timeZone string, views []string) string {
	parts := []string{"model/1", canonicalSQL(m.SQL), string(m.Write.Kind), m.Write.Column, strings.Join(m.Write.Key, "\x00"), timeZone}
	for _, p := range m.Partition {
		parts = append(parts, "partition", p)
	}
	for _, c := range m.Columns {
		if c.Type != "" {
			parts = append(parts, "column", c.Name, strings.ToLower(strings.ReplaceAll(c.Type, " ", "")))
		}
	}
	if m.Intervals() {
		parts = append(parts, "intervals", m.Every.String(), m.Start.UTC().String())
	}
	for _, v := range views {
		parts = append(parts, "view", v)
	}
	return fingerprint(parts...)
}
