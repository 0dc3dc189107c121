package server

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hosu-io/hosu/internal/query/history"
)

func (s *Server) registerHistory(api huma.API) {
	register(api, get("/queries", "listQueries", "Your queries, newest first"), s.listQueries)
	register(api, get("/queries/{id}", "getQuery", "A query, while it runs and afterwards"), s.getQuery)
	register(api, remove("/queries/{id}", "cancelQuery", "Cancel a query"), s.cancelQuery)
	register(api, get("/saved-queries", "listSavedQueries", "The saved queries, by name"), s.listSaved)
	create := post("/saved-queries", "createSavedQuery", "Save a query")
	create.DefaultStatus = 201
	register(api, create, s.createSaved)
	register(api, put("/saved-queries/{id}", "updateSavedQuery", "Change a saved query"), s.updateSaved)
	register(api, remove("/saved-queries/{id}", "deleteSavedQuery", "Delete a saved query"), s.deleteSaved)
}

// idInput names a thing.
type idInput struct {
	ID string `path:"id"`
}

func (s *Server) getQuery(ctx context.Context, in *idInput) (*answer[history.QueryInfo], error) {
	by := principal(ctx)
	if st := s.statements.get(by.Name, in.ID); st != nil {
		return &answer[history.QueryInfo]{Body: st.now()}, nil
	}
	info, err := s.services().History.Get(ctx, by.Name, in.ID)
	if err != nil {
		return nil, err
	}
	return &answer[history.QueryInfo]{Body: info}, nil
}

// cancelQuery is done when the query was told to stop. One that has ended meanwhile is as good as cancelled.
func (s *Server) cancelQuery(ctx context.Context, in *idInput) (*struct{}, error) {
	by := principal(ctx)
	st := s.statements.get(by.Name, in.ID)
	if st == nil {
		_, err := s.services().History.Get(ctx, by.Name, in.ID)
		return nil, err
	}
	st.cancel(errCancelled)
	return nil, nil
}

func (s *Server) listQueries(ctx context.Context, in *Page) (*answer[list[history.QueryInfo]], error) {
	before, id, err := decodeCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	by := principal(ctx)
	// Running first: one that ends between the two looks is then found twice, and not missed.
	last := history.QueryInfo{ID: id, Started: before}
	var items []history.QueryInfo
	for _, st := range s.statements.of(by.Name) {
		if info := st.now(); before.IsZero() || history.Newest(last, info) < 0 {
			items = append(items, info)
		}
	}
	ended, err := s.services().History.List(ctx, by.Name, in.Limit+1, before, id)
	if err != nil {
		return nil, err
	}
	items = slices.DeleteFunc(items, func(running history.QueryInfo) bool {
		return slices.ContainsFunc(ended, func(q history.QueryInfo) bool { return q.ID == running.ID })
	})
	items = append(items, ended...)
	slices.SortFunc(items, history.Newest)
	next := ""
	if len(items) > in.Limit {
		items = items[:in.Limit]
		next = encodeCursor(items[in.Limit-1].Started, items[in.Limit-1].ID)
	}
	return listOf(items, next), nil
}

// encodeCursor names the place behind an item in a list that is ordered by time and id.
func encodeCursor(at time.Time, id string) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %s", at.UnixMicro(), id))
}

// decodeCursor is the place that a cursor names; zero for "".
func decodeCursor(cursor string) (at time.Time, id string, err error) {
	if cursor == "" {
		return time.Time{}, "", nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	var micros int64
	if err == nil {
		_, err = fmt.Sscanf(string(text), "%d %s", &micros, &id)
	}
	if err != nil {
		return time.Time{}, "", invalid("the cursor is not one of this list", "use next of the page before")
	}
	return time.UnixMicro(micros), id, nil
}

// savedBody is a query to save.
type savedBody struct {
	Name        string `json:"name" minLength:"1" maxLength:"200"`
	SQL         string `json:"sql" minLength:"1" maxLength:"1048576"`
	Description string `json:"description,omitempty" maxLength:"10000"`
}

func (b savedBody) saved(id string) (history.SavedQuery, error) {
	name := strings.TrimSpace(b.Name)
	if name == "" {
		return history.SavedQuery{}, invalid("the name of a saved query is empty", "")
	}
	return history.SavedQuery{ID: id, Name: name, SQL: b.SQL, Description: b.Description}, nil
}

type createSavedInput struct{ Body savedBody }

type updateSavedInput struct {
	ID   string `path:"id"`
	Body savedBody
}

func (s *Server) listSaved(ctx context.Context, _ *struct{}) (*answer[list[history.SavedQuery]], error) {
	saved, err := s.services().History.Saved(ctx)
	if err != nil {
		return nil, err
	}
	return listOf(saved, ""), nil
}

func (s *Server) createSaved(ctx context.Context, in *createSavedInput) (*answer[history.SavedQuery], error) {
	return s.save(ctx, "", in.Body)
}

func (s *Server) updateSaved(ctx context.Context, in *updateSavedInput) (*answer[history.SavedQuery], error) {
	return s.save(ctx, in.ID, in.Body)
}

func (s *Server) save(ctx context.Context, id string, body savedBody) (*answer[history.SavedQuery], error) {
	q, err := body.saved(id)
	if err == nil {
		q, err = s.services().History.Save(ctx, principal(ctx), q)
	}
	if err != nil {
		return nil, err
	}
	return &answer[history.SavedQuery]{Body: q}, nil
}

func (s *Server) deleteSaved(ctx context.Context, in *idInput) (*struct{}, error) {
	return nil, s.services().History.Delete(ctx, in.ID)
}
