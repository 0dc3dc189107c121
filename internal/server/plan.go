package server

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hosu-io/hosu/internal/orchestrate"
)

func (s *Server) registerPlan(api huma.API) {
	op := post("/plan", "planRun", "What a run would do, and why")
	op.Tags = []string{"runs"}
	op.Description = "Nothing is run. Tables behind the wildcard of a source are looked up first; of a source that cannot be reached those known from before are planned."
	register(api, op, s.planRun)
}

// plannedRun is what a run would do.
type plannedRun struct {
	Items     []orchestrate.PlannedTask `json:"items" doc:"In the order of the graph."`
	UpToDate  int                       `json:"up_to_date" doc:"Assets that were looked at and need nothing."`
	Unreached []Unreached               `json:"unreached,omitempty" doc:"Sources that could not be asked which tables they have."`
}

func (s *Server) planRun(ctx context.Context, in *struct{ Body runRequest }) (*answer[plannedRun], error) {
	services := s.services()
	req, err := in.Body.request(services.Workspace)
	if err != nil {
		return nil, err
	}
	plan, err := services.Runs.Plan(ctx, req)
	if err != nil {
		return nil, err
	}
	planned := plannedRun{Items: plan.Tasks, UpToDate: plan.UpToDate, Unreached: plan.Unreached}
	if planned.Items == nil {
		planned.Items = []orchestrate.PlannedTask{}
	}
	return &answer[plannedRun]{Body: planned}, nil
}
