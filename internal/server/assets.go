package server

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hosu-io/hosu/internal/inspect"
)

func (s *Server) registerAssets(api huma.API) {
	op := get("/assets", "listAssets", "Where every asset stands")
	op.Tags = []string{"runs"}
	op.Description = "In the order of the graph: when it was made and of which intervals, what its last task did, and why a run would work on it."
	register(api, op, s.listAssets)
}

func (s *Server) listAssets(ctx context.Context, _ *struct{}) (*answer[list[inspect.Asset]], error) {
	assets, err := s.services().Inspect.Assets(ctx)
	if err != nil {
		return nil, err
	}
	return listOf(assets, ""), nil
}
