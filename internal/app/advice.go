package app

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"syscall"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/engine"
)

// advise adds to a failure of a task what to do about it when the parts that failed could not know.
func advise(err error) error {
	// DuckDB's errors are text.
	if errors.Is(err, syscall.ENOSPC) || err != nil && strings.Contains(strings.ToLower(err.Error()), "no space left on device") {
		return fmt.Errorf("%w; the disk is full: free space on it and run again, nothing that was published is lost", err)
	}
	var statement *engine.StatementError
	if errors.As(err, &statement) && statement.Kind == engine.Bind && textAsTime.MatchString(statement.Message) {
		return fmt.Errorf("%w; the column is text: give it the type timestamp or timestamptz, under types of its source or with a cast", err)
	}
	return err
}

// textAsTime matches what DuckDB says of text that is compared with a time, such as $start.
var textAsTime = regexp.MustCompile(`^Cannot compare values of type (VARCHAR and type TIMESTAMP|TIMESTAMP( WITH TIME ZONE)? and type VARCHAR)`)

// unbuilt adds to the error of a statement that a table which it reads is described in the workspace and has not been made.
func (a *App) unbuilt(ctx context.Context, sql string, err error) error {
	var statement *engine.StatementError
	if !errors.As(err, &statement) || statement.Kind != engine.Bind {
		return err
	}
	parsed, parseErr := a.engine.Parse(ctx, sql)
	if parseErr != nil {
		return err
	}
	for _, t := range parsed.Tables {
		asset, ok := a.Workspace.Graph.Asset(t.Schema + "." + t.Name)
		if !ok {
			continue
		}
		ident, identErr := catalog.ParseIdent(asset.Name)
		if identErr != nil {
			continue
		}
		if _, entryErr := a.catalog.Entry(ctx, ident); errors.Is(entryErr, catalog.ErrNoSuchTable) {
			return fmt.Errorf("%w; %s is in the workspace and has not been made yet: hosu run +%s", err, asset.Name, asset.Name)
		}
	}
	return err
}
