package inspect

import (
	"context"
	"slices"
	"time"

	"github.com/hosu-io/hosu/internal/quality"
	"github.com/hosu-io/hosu/internal/schema"
)

// TableCheck is something that is promised of a table, and whether it was kept.
type TableCheck struct {
	Name        string        `json:"name" example:"revenue_not_null"`
	Description string        `json:"description"`
	Blocking    bool          `json:"blocking" doc:"A failure stops publishing, or the run; otherwise it warns."`
	Kind        CheckKind     `json:"kind" enum:"contract,check,folder" doc:"Of a column's contract, of the model, or of the checks folder."`
	SQL         string        `json:"sql,omitempty" doc:"The query that must return no rows."`
	File        string        `json:"file"`
	Line        int           `json:"line"`
	Last        *CheckResult  `json:"last,omitempty"`
	History     []CheckResult `json:"history" doc:"Newest first, at most 20."`
}

// CheckKind says where a check is written.
type CheckKind string

// The kinds of check.
const (
	OfContract CheckKind = "contract"
	OfModel    CheckKind = "check"
	OfFolder   CheckKind = "folder"
)

// CheckResult is what came of a check once.
type CheckResult struct {
	Name     string              `json:"name"`
	At       time.Time           `json:"at"`
	Passed   bool                `json:"passed"`
	Blocking bool                `json:"blocking"`
	Rows     int64               `json:"rows" doc:"How many it found that should not be there."`
	Message  string              `json:"message"`
	Columns  []string            `json:"columns,omitempty" doc:"Of the sample, in their order; absent when there is none."`
	Sample   []map[string]string `json:"sample" doc:"The first of those rows: column to text."`
	Run      string              `json:"run"`
	Task     string              `json:"task"`
	Attempt  int                 `json:"attempt,omitempty" doc:"The attempt of the task in which it ran."`
}

func checkResult(r quality.Recorded) CheckResult {
	result := CheckResult{
		Name: r.Name, At: r.At, Passed: r.Passed, Blocking: r.Blocking, Rows: r.Rows, Message: r.Message,
		Columns: r.Columns, Sample: []map[string]string{}, Run: r.Run, Task: r.Task, Attempt: r.Attempt,
	}
	for _, row := range r.Sample {
		texts := make(map[string]string, len(row))
		for i, text := range row {
			texts[r.Columns[i]] = text
		}
		result.Sample = append(result.Sample, texts)
	}
	return result
}

// checkHistory is how many results of a check are told.
const checkHistory = 20

// Checks lists what is promised of a table: the contracts of its columns, the checks of its model, and those of the checks folder
// that read it.
func (s *Service) Checks(ctx context.Context, name string) ([]TableCheck, error) {
	asset, made := s.workspace.Graph.Asset(name)
	if made {
		name = asset.Name
	} else {
		entry, err := s.entry(ctx, name)
		if err != nil {
			return nil, err
		}
		name = entry.Ident.String()
	}
	var checks []TableCheck
	if made && asset.Model != nil {
		recorded, err := s.recorded(ctx, name)
		if err != nil {
			return nil, err
		}
		descriptions := map[string]string{}
		for _, c := range asset.Model.Checks {
			descriptions[c.Name] = c.Description
		}
		for _, c := range quality.Checks(asset.Model) {
			check := TableCheck{Name: c.Name, Kind: OfModel, Description: descriptions[c.Name]}
			if c.Rule != "" {
				check.Kind, check.Description = OfContract, c.Rule
			}
			checks = append(checks, check.with(c, recorded))
		}
	}
	var ofFolder map[string][]CheckResult
	for _, c := range s.workspace.Checks {
		reads := slices.ContainsFunc(c.Tables, func(t string) bool { return schema.Fold(t) == schema.Fold(name) })
		if !reads {
			continue
		}
		if ofFolder == nil {
			var err error
			if ofFolder, err = s.recorded(ctx, ""); err != nil {
				return nil, err
			}
		}
		check := TableCheck{Name: c.Name, Kind: OfFolder, Description: c.Description}
		checks = append(checks, check.with(quality.FromProject(c), ofFolder))
	}
	return checks, nil
}

// with fills in what every kind of check has.
func (c TableCheck) with(of quality.Check, recorded map[string][]CheckResult) TableCheck {
	c.Blocking, c.SQL, c.File, c.Line = of.Blocking, of.SQL, of.Pos.File, of.Pos.Line
	c.History = recorded[of.Name]
	if len(c.History) == 0 {
		c.History = []CheckResult{}
	} else {
		c.Last = &c.History[0]
	}
	return c
}

// recorded are the newest results of an asset's checks, by the check's name.
func (s *Service) recorded(ctx context.Context, asset string) (map[string][]CheckResult, error) {
	results, err := quality.History(ctx, s.state, asset, checkHistory)
	if err != nil {
		return nil, err
	}
	byName := map[string][]CheckResult{}
	for _, r := range results {
		byName[r.Name] = append(byName[r.Name], checkResult(r))
	}
	return byName, nil
}

// TaskChecks are the results of the checks that ran in a task, of all attempts; of those of a run that belong to no task for "".
func (s *Service) TaskChecks(ctx context.Context, run, task string) ([]CheckResult, error) {
	recorded, err := quality.OfRun(ctx, s.state, run, task)
	if err != nil {
		return nil, err
	}
	results := make([]CheckResult, len(recorded))
	for i, r := range recorded {
		results[i] = checkResult(r)
	}
	return results, nil
}
