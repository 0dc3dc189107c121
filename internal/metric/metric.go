// Package metric turns the metrics files of a workspace into SQL. It never runs anything.
//
// [Load] reads the definitions: objects (who and what: users, products), activities (what they did, and when: views,
// purchases) and metrics over them. [Set.Compile] makes one SELECT of a question about metrics. Three promises hold
// for every statement:
//
//   - A row of an activity counts once. Objects are joined by a key that is unique, either because a model or a source
//     promises it or because the statement makes it so.
//   - The time axis has no gaps, and a metric that counts or sums is 0 where nothing happened.
//   - The time column stands alone against constants, so that only the files of the range are read.
//
// Days, weeks (which begin on Monday) and months are those of the workspace's time zone. The time column of an activity
// may be a TIMESTAMPTZ, which is an instant, or a TIMESTAMP or DATE, which are read as what a clock on a wall of that zone
// shows. Which of them it is, nobody knows before the statement is run: its SQL is right for each. A date that a time is
// compared with is the beginning of that day in the session's zone, which is why a statement has a [Statement.TimeZone] and
// gives right answers only in a session that has it.
package metric

import (
	"time"

	"github.com/hosu-io/hosu/internal/project"
)

// Label is a text for people by language: "en", "ko". Labels of a [Set] have both.
type Label map[string]string

// In is the text in a language, or the English one.
func (l Label) In(language string) string {
	if text, ok := l[language]; ok {
		return text
	}
	return l["en"]
}

// Kind says how a metric is computed.
type Kind string

// The kinds of metric.
const (
	Aggregate  Kind = "aggregate"  // over the rows of one activity
	Expression Kind = "expression" // arithmetic over other metrics
	Retention  Kind = "retention"  // the share that comes back
	Funnel     Kind = "funnel"     // the share that gets through
)

// Metric is one definition.
type Metric struct {
	Name        string      `json:"name"`
	Label       Label       `json:"label"`
	Description Label       `json:"description"` // nil for none
	Format      string      `json:"format"`      // "number", "count", "percent" or a currency in lower case: "krw", "usd"
	Owner       string      `json:"owner"`
	Tags        []string    `json:"tags"`
	Kind        Kind        `json:"kind"`
	Dimensions  []Dimension `json:"dimensions"`
	// Tables are those of its activities and of the objects of their dimensions, sorted.
	Tables []string `json:"tables"`
	// Additive says that the values of parts add up to that of the whole, in time and in every dimension.
	Additive bool        `json:"additive"`
	Pos      project.Pos `json:"-"`

	def *definition
}

// Dimension is what a metric can be broken down and filtered by.
type Dimension struct {
	Name  string `json:"name"` // "platform" of the activity, "user" an object, "user.grade" a property of one
	Label Label  `json:"label"`
}

// Grain is the length of the periods of a result.
type Grain string

// The grains.
const (
	Total Grain = "" // one period: the whole range
	Day   Grain = "day"
	Week  Grain = "week" // begins on Monday
	Month Grain = "month"
)

// Filter keeps the rows whose dimension has one of the values.
type Filter struct {
	Dimension string `json:"dimension"`
	// In are values as text. "" stands for no value, which is NULL or an empty text.
	In []string `json:"in"`
}

// Query is a question about metrics.
type Query struct {
	Metrics []string
	// By are the dimensions, by their full name or, when only one has it, by the last part of it: "grade".
	By    []string
	Grain Grain
	// From and To bound the days, To excluded. Only their dates count, whatever their zone and time of day.
	From, To time.Time
	Where    []Filter
	// Compare adds to every metric its value in the period before: the months before when the range is whole months, or
	// else as many days. Of several days, weeks or months the first is beside the first, the second beside the second;
	// beside those that the period before has no more of is NULL.
	Compare bool
	// Order is the name of a metric or dimension, or "time". By default the order is by time and dimensions or, where
	// there is no time, from the greatest value of the first metric to the least.
	Order      string
	Descending bool
	// Limit is the most rows or, when there is time as well as dimensions, the most combinations of the dimensions'
	// values: those with the greatest values of the first metric, or the one of Order, in sum; of a metric that is a least or greatest
	// value, with the least or greatest of all. Zero is no limit.
	Limit int
}

// Role is what a column of a result is.
type Role string

// The roles.
const (
	RoleTime      Role = "time"
	RoleDimension Role = "dimension"
	RoleMeasure   Role = "measure"
	RolePrevious  Role = "previous"
)

// Column is a column of a result.
type Column struct {
	Name   string `json:"name"` // "time", the dimension or metric as asked for, or "revenue.previous"
	Label  Label  `json:"label"`
	Type   string `json:"type"` // as DuckDB spells it where it is known before the statement is run; "" otherwise
	Format string `json:"format"`
	Role   Role   `json:"role"`
	// Metric is the metric of a measure and of its previous value.
	Metric string `json:"metric,omitempty"`
}

// Statement is a SELECT that answers a [Query]. It has no parameters, so that people can run it as they see it.
type Statement struct {
	SQL string
	// TimeZone is the IANA name of the zone that the session must have.
	TimeZone string
	Columns  []Column
	Tables   []string // what it reads, sorted
	// Definitions are the metrics whose SQL it is made of, without those that are arithmetic over them.
	Definitions []*Metric
}

// QueryError is a question that cannot be answered as it was put.
type QueryError struct {
	Message string // what is wrong
	Hint    string // what was expected or meant; may be empty
}

// Error is "message; hint".
func (e *QueryError) Error() string {
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + "; " + e.Hint
}

// Set is the metrics of a workspace. It does not change and is safe for concurrent use.
type Set struct {
	metrics  []*Metric
	byName   map[string]*Metric
	location *time.Location
	zone     string
}

// Metrics are all metrics, by file and the order in it.
func (s *Set) Metrics() []*Metric { return s.metrics }

// Metric finds a metric by name.
func (s *Set) Metric(name string) (*Metric, bool) {
	m, ok := s.byName[name]
	return m, ok
}
