package metric

import (
	"errors"
	"time"
)

// Compile makes the statement that answers a query. The error of a question that is wrong is a *[QueryError].
func (s *Set) Compile(q Query) (*Statement, error) {
	return nil, errors.New("metrics cannot be computed yet")
}

// Values makes the statement that lists the values of a dimension of metrics and how many rows of their activities have
// each, the most frequent first: the columns "value", as text, and "count". Text that search is not empty is contained
// in the values, whatever the case of its letters. Zero times leave that end of the range open; a limit of zero is none.
func (s *Set) Values(metrics []string, dimension, search string, limit int, from, to time.Time) (*Statement, error) {
	return nil, errors.New("metrics cannot be computed yet")
}
