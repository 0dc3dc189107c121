package server

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hosu-io/hosu/internal/inspect"
)

func (s *Server) registerOverview(api huma.API) {
	op := get("/overview", "getOverview", "The workspace on one page")
	op.Tags = []string{"workspace"}
	op.Description = "What is late, what has changed, what failed, how much there is and how it has grown."
	register(api, op, s.getOverview)
}

func (s *Server) getOverview(ctx context.Context, _ *struct{}) (*answer[inspect.Overview], error) {
	overview, err := s.services().Inspect.Overview(ctx)
	if err != nil {
		return nil, err
	}
	return &answer[inspect.Overview]{Body: overview}, nil
}
