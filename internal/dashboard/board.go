// Package dashboard gives the dashboards of a workspace their meaning and answers their tiles.
//
// [Load] reads the definitions. A [Service] answers tiles, questions about metrics and the values that filters offer: it
// has package metric make the SQL, runs it through the one reading door (package query) on behalf of whoever looks, and
// keeps answers in a [Cache] for as long as nothing that they were read from has changed. Every answer says what it was
// read from and how fresh that is.
package dashboard

import (
	"slices"

	"github.com/hosu-io/hosu/internal/metric"
	"github.com/hosu-io/hosu/internal/project"
)

// Board is a dashboard.
type Board struct {
	Name        string
	Label       metric.Label
	Description metric.Label // nil for none
	Owner       string
	Tags        []string
	Range       Preset   // shown at first
	Ranges      []Preset // to choose from; Range is among them
	Grain       string   // of tiles over time: Day, Week, Month, or Auto
	Filters     []Filter
	Rows        []Row
	Tables      []string // that the SQL of its tiles reads, sorted
	Pos         project.Pos
}

// Tiles are the tiles of all rows in order.
func (b *Board) Tiles() []*Tile {
	var tiles []*Tile
	for _, row := range b.Rows {
		tiles = append(tiles, row.Tiles...)
	}
	return tiles
}

// Metrics are those that its tiles show, each once, in order.
func (b *Board) Metrics() []string {
	var names []string
	for _, tile := range b.Tiles() {
		for _, name := range tile.Metrics {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Filter is a dimension by which all tiles that have it can be narrowed.
type Filter struct {
	Dimension string // as the file names it
	Label     metric.Label
}

// Row is tiles side by side.
type Row struct {
	Label metric.Label // nil for none
	Tiles []*Tile
}

// TileType is how a tile looks.
type TileType string

// The types of tile.
const (
	Number  TileType = "number"
	Line    TileType = "line"
	Bar     TileType = "bar"
	Stacked TileType = "stacked"
	Table   TileType = "table"
	Heatmap TileType = "heatmap"
	Text    TileType = "text"
)

// Tile shows metrics, the rows of a SQL text, or a text: exactly one of Metrics, SQL and Text is set.
type Tile struct {
	Index       int // from 0, in the order of the file
	Type        TileType
	Label       metric.Label
	Description metric.Label // nil for none
	Metrics     []string
	SQL         string
	Text        metric.Label

	By         []string // dimensions
	Grain      string   // Day, Week, Month, or Auto, which follows the dashboard and its range; "" for tiles without time
	Where      []metric.Filter
	Order      string
	Descending bool
	Limit      int
	Compare    bool // with the period before
	Sparkline  bool
	Format     string           // of all measures; "" is that of the metrics
	Columns    map[string]Style // of columns that are not shown as they come
	Width      int              // in twelfths of the row
	// Filters are those of the dashboard that the tile follows, by the name of their dimension.
	Filters []string
	Pos     project.Pos

	// dims are the names of the dimensions that the filters mean in this tile's metrics.
	dims map[string]string
}

// Style is how a column is shown.
type Style struct {
	Label  metric.Label // nil is its own
	Format string       // "" is its own
}

// rowWidth is what the widths of a row of tiles add up to.
const rowWidth = 12
