package server

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hosu-io/hosu/internal/project"
)

func (s *Server) registerWorkspace(api huma.API) {
	register(api, get("/workspace", "getWorkspace", "The workspace that is served"), s.getWorkspace)
}

// workspaceInfo describes the workspace that is served.
type workspaceInfo struct {
	Name        string `json:"name"`
	Environment string `json:"environment"`
	TimeZone    string `json:"timezone" doc:"The IANA name of the zone in which days, weeks and months begin."`
	Version     string `json:"version" doc:"Of the program."`
	Unconfined  string `json:"unconfined,omitempty" doc:"What this machine lacks to hold SQL back fully."`
	// Problems are of newer files than those that are served.
	Problems []fileProblem `json:"problems,omitempty" doc:"What is wrong with the files on disk; until that is corrected, those before them are served."`
}

// fileProblem is one thing that is wrong with a file of the workspace.
type fileProblem struct {
	File       string `json:"file"`
	Line       int    `json:"line,omitempty"`
	Column     int    `json:"column,omitempty"`
	Message    string `json:"message"`
	Suggestion string `json:"suggestion,omitempty"`
}

func (s *Server) getWorkspace(_ context.Context, _ *struct{}) (*answer[workspaceInfo], error) {
	services := s.services()
	ws := services.Workspace
	return &answer[workspaceInfo]{Body: workspaceInfo{
		Name: ws.Name, Environment: ws.Env, TimeZone: ws.TimeZone, Version: s.opts.Version,
		Unconfined: services.Unconfined, Problems: fileProblems(services.Problems),
	}}, nil
}

func fileProblems(problems []project.Problem) []fileProblem {
	var told []fileProblem
	for _, p := range problems {
		told = append(told, fileProblem{File: p.Pos.File, Line: p.Pos.Line, Column: p.Pos.Column, Message: p.Message, Suggestion: p.Hint})
	}
	return told
}
