package metric

import "github.com/hosu-io/hosu/internal/project"

// definition is how a metric is computed.
type definition struct{}

// Load gives the metrics files of a workspace their meaning. Its error is a *[project.Errors] with all that is wrong.
func Load(ws *project.Workspace) (*Set, error) {
	return &Set{byName: map[string]*Metric{}, location: ws.Location, zone: ws.TimeZone}, nil
}
