package inspect

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/orchestrate"
	"github.com/hosu-io/hosu/internal/quality"
)

// Overview is the state of a workspace on one page.
type Overview struct {
	Assets   AssetCounts           `json:"assets"`
	Late     []Asset               `json:"late" doc:"Assets that failed, were never built, or are due, the worst first; at most 20."`
	Updated  []TableUpdate         `json:"updated" doc:"The tables that changed last, newest first; at most 10."`
	Runs     []orchestrate.RunInfo `json:"runs" doc:"The newest first; at most 8."`
	Failures []FailedTask          `json:"failures" doc:"Failures that have not been healed by a later task; at most 5."`
	Storage  StorageTotals         `json:"storage"`
	Growth   []GrowthPoint         `json:"growth" doc:"How large all tables were, at evenly spaced times from their first version to the last; at most 60."`
	Checks   CheckCounts           `json:"checks" doc:"The last result of every check."`
}

// AssetCounts counts assets by where they stand.
type AssetCounts struct {
	Total      int `json:"total"`
	Fresh      int `json:"fresh" doc:"Also source tables without a schedule, which each run reads: they are never late."`
	Due        int `json:"due" doc:"A run would work on them; also those whose last task was cancelled."`
	Failed     int `json:"failed"`
	NeverBuilt int `json:"never_built"`
	Running    int `json:"running"`
}

// TableUpdate is a table that has changed.
type TableUpdate struct {
	Table     string    `json:"table"`
	UpdatedAt time.Time `json:"updated_at"`
	Rows      int64     `json:"rows"`
	Added     int64     `json:"added_rows" doc:"By the last version."`
}

// FailedTask is the last task of an asset, which failed.
type FailedTask struct {
	Run        string    `json:"run"`
	Task       string    `json:"task"`
	Asset      string    `json:"asset"`
	Error      string    `json:"error"`
	FinishedAt time.Time `json:"finished_at"`
}

// StorageTotals is how much there is.
type StorageTotals struct {
	Tables int   `json:"tables"`
	Views  int   `json:"views"`
	Rows   int64 `json:"rows"`
	Bytes  int64 `json:"bytes" doc:"Of current data files."`
	Files  int64 `json:"files" doc:"Current data files."`
}

// GrowthPoint is how large all tables were at a time.
type GrowthPoint struct {
	At    time.Time `json:"at"`
	Rows  int64     `json:"rows"`
	Bytes int64     `json:"bytes"`
}

// CheckCounts counts checks by their last result.
type CheckCounts struct {
	Passed int `json:"passed"`
	Failed int `json:"failed"`
	Warned int `json:"warned" doc:"Failed without blocking anything."`
}

// Asset is where an asset stands, and what its file says of it.
type Asset struct {
	orchestrate.AssetStatus
	Tags        []string `json:"tags"`
	Description string   `json:"description"`
	Owner       string   `json:"owner"`
}

// How much an overview shows.
const (
	mostLate     = 20
	mostUpdated  = 10
	mostRuns     = 8
	mostFailures = 5
	growthPoints = 60
)

// Overview sums up the workspace.
func (s *Service) Overview(ctx context.Context) (Overview, error) {
	var o Overview
	entries, err := s.catalog.Tables(ctx, "")
	if err != nil {
		return o, err
	}
	found, err := s.allFacts(ctx, entries, true)
	if err != nil {
		return o, err
	}
	o.Storage, o.Updated, o.Growth = storage(entries, found), updated(entries, found), growth(found)
	assets, err := s.Assets(ctx)
	if err != nil {
		return o, err
	}
	o.Assets, o.Late, o.Failures = counts(assets), late(assets), failures(assets)
	if o.Runs, err = s.runs.Runs(ctx, mostRuns); err != nil {
		return o, err
	}
	if o.Runs == nil {
		o.Runs = []orchestrate.RunInfo{}
	}
	o.Checks, err = s.checkCounts(ctx)
	return o, err
}

// Assets lists where every asset stands, in the order of the graph.
func (s *Service) Assets(ctx context.Context) ([]Asset, error) {
	status, err := s.status(ctx)
	if err != nil {
		return nil, err
	}
	assets := make([]Asset, len(status.Assets))
	for i, a := range status.Assets {
		assets[i] = Asset{AssetStatus: a, Tags: []string{}}
		if known, ok := s.workspace.Graph.Asset(a.Asset); ok && known.Model != nil {
			assets[i].Description, assets[i].Owner = known.Model.Description, known.Model.Owner
			if known.Model.Tags != nil {
				assets[i].Tags = known.Model.Tags
			}
		}
	}
	return assets, nil
}

func storage(entries []catalog.Entry, found []*facts) StorageTotals {
	var total StorageTotals
	for i, f := range found {
		switch {
		case f == nil:
		case entries[i].Kind == catalog.KindView:
			total.Views++
		default:
			total.Tables++
			total.Rows += f.rows
			total.Bytes += f.bytes
			total.Files += f.files
		}
	}
	return total
}

func updated(entries []catalog.Entry, found []*facts) []TableUpdate {
	updates := []TableUpdate{}
	for i, f := range found {
		if f != nil && f.snapshot != 0 {
			updates = append(updates, TableUpdate{Table: entries[i].Ident.String(), UpdatedAt: entries[i].UpdatedAt, Rows: f.rows, Added: f.added})
		}
	}
	slices.SortStableFunc(updates, func(a, b TableUpdate) int { return b.UpdatedAt.Compare(a.UpdatedAt) })
	return updates[:min(len(updates), mostUpdated)]
}

// growth samples the sum of all tables' sizes. Versions that have expired are missing in it.
func growth(found []*facts) []GrowthPoint {
	var first, last time.Time
	for _, f := range found {
		if f == nil || len(f.sizes) == 0 {
			continue
		}
		if at := f.sizes[0].at; first.IsZero() || at.Before(first) {
			first = at
		}
		if at := f.sizes[len(f.sizes)-1].at; at.After(last) {
			last = at
		}
	}
	if first.IsZero() {
		return []GrowthPoint{}
	}
	points := make([]GrowthPoint, growthPoints)
	if !last.After(first) {
		points = points[:1]
	}
	for i := range points {
		points[i].At = last
		if i < len(points)-1 {
			points[i].At = first.Add(last.Sub(first) / (growthPoints - 1) * time.Duration(i))
		}
	}
	for _, f := range found {
		if f == nil {
			continue
		}
		next := 0
		for i := range points {
			for next < len(f.sizes) && !f.sizes[next].at.After(points[i].At) {
				next++
			}
			if next > 0 {
				points[i].Rows += f.sizes[next-1].rows
				points[i].Bytes += f.sizes[next-1].bytes
			}
		}
	}
	return points
}

// severity orders standings: the higher the worse. Zero is well.
func severity(s orchestrate.Standing) int {
	switch s {
	case orchestrate.Standing(orchestrate.Failed):
		return 4
	case orchestrate.Standing(orchestrate.Interrupted), orchestrate.Standing(orchestrate.Cancelled):
		return 3
	case orchestrate.Never:
		return 2
	case orchestrate.Stale:
		return 1
	default:
		return 0
	}
}

func counts(assets []Asset) AssetCounts {
	n := AssetCounts{Total: len(assets)}
	for _, a := range assets {
		switch a.Status {
		case orchestrate.Fresh:
			n.Fresh++
		case orchestrate.Never:
			n.NeverBuilt++
		case orchestrate.Standing(orchestrate.Failed):
			n.Failed++
		case orchestrate.Standing(orchestrate.Queued), orchestrate.Standing(orchestrate.Running), orchestrate.Standing(orchestrate.Retrying):
			n.Running++
		default:
			n.Due++
		}
	}
	return n
}

// late are the assets that are not as they should be.
func late(assets []Asset) []Asset {
	list := []Asset{}
	for _, a := range assets {
		if severity(a.Status) > 0 {
			list = append(list, a)
		}
	}
	slices.SortStableFunc(list, func(a, b Asset) int {
		return cmp.Or(cmp.Compare(severity(b.Status), severity(a.Status)), a.Filled.Compare(b.Filled))
	})
	return list[:min(len(list), mostLate)]
}

func failures(assets []Asset) []FailedTask {
	list := []FailedTask{}
	for _, a := range assets {
		if t := a.Last; t != nil && a.Status == orchestrate.Standing(orchestrate.Failed) {
			list = append(list, FailedTask{Run: t.RunID, Task: t.ID, Asset: a.Asset, Error: t.Error, FinishedAt: t.Finished})
		}
	}
	slices.SortStableFunc(list, func(a, b FailedTask) int { return b.FinishedAt.Compare(a.FinishedAt) })
	return list[:min(len(list), mostFailures)]
}

// checkCounts counts the checks that the workspace has.
func (s *Service) checkCounts(ctx context.Context) (CheckCounts, error) {
	var keys []quality.Key
	for _, m := range s.workspace.Models {
		for _, c := range quality.Checks(m) {
			keys = append(keys, quality.Key{Asset: m.Name, Name: c.Name})
		}
	}
	for _, c := range s.workspace.Checks {
		keys = append(keys, quality.Key{Name: c.Name})
	}
	standings, err := quality.Standings(ctx, s.state, keys)
	var n CheckCounts
	for _, check := range standings {
		switch {
		case check.Passed:
			n.Passed++
		case check.Blocking:
			n.Failed++
		default:
			n.Warned++
		}
	}
	return n, err
}
