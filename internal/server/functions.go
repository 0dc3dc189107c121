package server

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hosu-io/hosu/internal/engine/sandbox"
)

func (s *Server) registerFunctions(api huma.API) {
	register(api, get("/functions", "listFunctions", "The functions that SQL may call"), s.listFunctions)
}

func (s *Server) listFunctions(ctx context.Context, _ *struct{}) (*answer[list[sandbox.Function]], error) {
	functions, err := s.services().Functions(ctx)
	if err != nil {
		return nil, err
	}
	return listOf(functions, ""), nil
}
