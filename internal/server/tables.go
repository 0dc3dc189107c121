package server

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hosu-io/hosu/internal/inspect"
)

func (s *Server) registerTables(api huma.API) {
	tagged := func(op huma.Operation, description string) huma.Operation {
		op.Tags, op.Description = []string{"tables"}, description
		return op
	}
	register(api, tagged(get("/tables", "listTables", "Every table and view"),
		"All of them at once, sorted by namespace and name, so that a client can search without asking again."), s.listTables)
	register(api, tagged(get("/tables/{name}", "getTable", "One table or view"),
		"Its columns, where it lies, what makes it and who reads it."), s.getTable)
	register(api, tagged(get("/tables/{name}/snapshots", "listSnapshots", "The versions of a table"),
		"Newest first. A version is read in SQL with AT (VERSION => id)."), s.listSnapshots)
	register(api, tagged(get("/tables/{name}/files", "listFiles", "The data files of a table"),
		"Of the current version or another one, by path. Pages are of one version, whatever is committed meanwhile."), s.listFiles)
	register(api, tagged(get("/tables/{name}/profile", "getProfile", "What the columns of a table hold"),
		"Computed by reading the table, or a random sample of a large one, and kept for each version."), s.getProfile)
	register(api, tagged(get("/tables/{name}/checks", "listChecks", "What is promised of a table"),
		"The contracts of its columns, the checks of its model and those of the checks folder that read it, each with its last results."), s.listChecks)
}

// TableName is the table that a route is about.
type TableName struct {
	Name string `path:"name" doc:"With its namespace; letters match in either case." example:"marts.daily_sales"`
}

// TableVersion is one of a table's.
type TableVersion struct {
	Snapshot string `query:"snapshot" doc:"The id of a version; the current one when it is absent." example:"4358109269892870000"`
}

func (v TableVersion) id() (int64, error) {
	if v.Snapshot == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(v.Snapshot, 10, 64)
	if err != nil || id <= 0 {
		return 0, invalid("query.snapshot: "+strconv.Quote(v.Snapshot)+" is not the id of a version", "ids are listed by /tables/{name}/snapshots")
	}
	return id, nil
}

// tableProblem gives errors about tables words that suit a client which is not the command line.
func tableProblem(err error) error {
	var (
		missing  *inspect.NotFoundError
		view     *inspect.IsViewError
		snapshot *inspect.NoSnapshotError
		name     *inspect.NameError
	)
	switch {
	case errors.As(err, &name):
		return invalid(err.Error(), "")
	case errors.As(err, &missing) && missing.Unbuilt:
		return fail(http.StatusNotFound, "table_not_built", missing.Table+" is in the workspace and has not been built yet", "run +"+missing.Table)
	case errors.As(err, &missing):
		hint := ""
		if len(missing.Near) > 0 {
			hint = "did you mean " + strings.Join(missing.Near, " or ") + "?"
		}
		return fail(http.StatusNotFound, "table_not_found", "there is no table "+missing.Table, hint)
	case errors.As(err, &view):
		return fail(http.StatusBadRequest, "is_view", view.View+" is a view: it has no files and no versions of its own", "look at the tables that it reads")
	case errors.As(err, &snapshot):
		return fail(http.StatusNotFound, "snapshot_not_found", snapshot.Table+" has no version "+strconv.FormatInt(snapshot.Snapshot, 10), "versions expire; see those that it has")
	}
	return err
}

func (s *Server) listTables(ctx context.Context, _ *struct{}) (*answer[list[inspect.TableSummary]], error) {
	tables, err := s.services().Inspect.Tables(ctx, "")
	if err != nil {
		return nil, err
	}
	return listOf(tables, ""), nil
}

func (s *Server) getTable(ctx context.Context, in *TableName) (*answer[inspect.TableDetail], error) {
	table, err := s.services().Inspect.Table(ctx, in.Name)
	if err != nil {
		return nil, tableProblem(err)
	}
	return &answer[inspect.TableDetail]{Body: table}, nil
}

func (s *Server) listSnapshots(ctx context.Context, in *struct {
	TableName
	Page
}) (*answer[list[inspect.Snapshot]], error) {
	snapshots, err := s.services().Inspect.Snapshots(ctx, in.Name)
	if err != nil {
		return nil, tableProblem(err)
	}
	// A cursor is the last id of the page before it: new versions come in front.
	if in.Cursor != "" {
		last := slices.IndexFunc(snapshots, func(v inspect.Snapshot) bool { return strconv.FormatInt(v.ID, 10) == in.Cursor })
		if last < 0 {
			return nil, badCursor(in.Cursor)
		}
		snapshots = snapshots[last+1:]
	}
	next := ""
	if len(snapshots) > in.Limit {
		snapshots = snapshots[:in.Limit]
		next = strconv.FormatInt(snapshots[in.Limit-1].ID, 10)
	}
	return listOf(snapshots, next), nil
}

func badCursor(cursor string) error {
	return invalid("query.cursor: "+strconv.Quote(cursor)+" is none of this list", "begin without a cursor")
}

// fileList is a page of files, and how many there are.
type fileList struct {
	Items    []inspect.DataFile `json:"items"`
	Next     string             `json:"next,omitempty" doc:"The cursor of the next page."`
	Total    int                `json:"total" doc:"Files of the version."`
	Snapshot string             `json:"snapshot,omitempty" doc:"The version."`
}

func (s *Server) listFiles(ctx context.Context, in *struct {
	TableName
	TableVersion
	Page
}) (*answer[fileList], error) {
	version, err := in.id()
	if err != nil {
		return nil, err
	}
	start := 0
	if in.Cursor != "" {
		// A cursor is a version and how many of its files were told.
		of, offset, ok := strings.Cut(in.Cursor, "-")
		at, err := strconv.Atoi(offset)
		if !ok || err != nil || at < 0 {
			return nil, badCursor(in.Cursor)
		}
		start = at
		if version, err = strconv.ParseInt(of, 10, 64); err != nil {
			return nil, badCursor(in.Cursor)
		}
	}
	files, version, err := s.services().Inspect.Files(ctx, in.Name, version)
	if err != nil {
		return nil, tableProblem(err)
	}
	found := fileList{Total: len(files)}
	if version != 0 {
		found.Snapshot = strconv.FormatInt(version, 10)
	}
	end := min(len(files), start+in.Limit)
	found.Items = append([]inspect.DataFile{}, files[min(start, end):end]...)
	if end < len(files) {
		found.Next = found.Snapshot + "-" + strconv.Itoa(end)
	}
	return &answer[fileList]{Body: found}, nil
}

func (s *Server) getProfile(ctx context.Context, in *struct {
	TableName
	TableVersion
}) (*answer[*inspect.Profile], error) {
	version, err := in.id()
	if err != nil {
		return nil, err
	}
	profile, err := s.services().Inspect.Profile(ctx, principal(ctx), in.Name, version)
	if err != nil {
		return nil, tableProblem(err)
	}
	return &answer[*inspect.Profile]{Body: profile}, nil
}

func (s *Server) listChecks(ctx context.Context, in *TableName) (*answer[list[inspect.TableCheck]], error) {
	checks, err := s.services().Inspect.Checks(ctx, in.Name)
	if err != nil {
		return nil, tableProblem(err)
	}
	return listOf(checks, ""), nil
}
