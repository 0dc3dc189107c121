package sandbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/hosu-io/hosu/internal/engine"
)

// Parse reads one SELECT statement, in this process: nothing is bound, so nothing is run. It refuses what the
// allowlist does not have.
func (p *Pool) Parse(ctx context.Context, sql string) (*engine.Statement, error) {
	if p.ctx.Err() != nil {
		return nil, errClosed
	}
	statement, err := p.parser.Parse(ctx, sql)
	if err != nil {
		return nil, err
	}
	if p.opts.withoutAllowlist {
		return statement, nil
	}
	if err := p.allowlist.allow(statement); err != nil {
		return nil, err
	}
	return statement, nil
}

// Plan binds and optimizes sql over stubs. That runs people's SQL (constants are folded), so it happens in a
// process that may read and write no file at all. Planners are shared between principals: they see
// statements and the columns of tables, never data, and start every plan from an empty catalog.
func (p *Pool) Plan(ctx context.Context, sql string, stubs []engine.Stub, params []engine.Param, timeZone string) (*engine.Plan, error) {
	if err := p.checkSQL(ctx, sql); err != nil {
		return nil, err
	}
	for _, stub := range stubs {
		if stub.View == "" {
			continue
		}
		if err := p.checkSQL(ctx, stub.View); err != nil {
			return nil, fmt.Errorf("view %s.%s: %w", stub.Schema, stub.Name, err)
		}
	}
	if timeZone == "" {
		timeZone = p.opts.TimeZone
	}
	ctx, cancel := p.statementContext(ctx, planTime)
	defer cancel(nil)
	child, err := p.acquire(ctx, processKey{planner: true, memory: plannerMemory, threads: 1}, nil, "")
	if err != nil {
		return nil, err
	}
	var plan engine.Plan
	reusable, err := child.call(ctx, framePlan, planRequest{SQL: sql, Stubs: stubs, Params: params, TimeZone: timeZone}, framePlanned, &plan)
	p.release(child, reusable)
	if err != nil {
		return nil, err
	}
	return &plan, nil
}

// Build writes the rows of job to Parquet files in out.Dir, which the statement may fill and nothing else. Its process
// ends with it: the files become a table's, and no later statement may be able to change them.
func (p *Pool) Build(ctx context.Context, job engine.Job, out engine.Output) ([]engine.WrittenFile, error) {
	if err := p.check(ctx, job); err != nil {
		return nil, err
	}
	dirs, err := readDirs(job.Relations)
	if err != nil {
		return nil, err
	}
	if out.Dir == "" {
		return nil, errors.New("a build needs a folder to write to")
	}
	ctx, cancel := p.statementContext(ctx, job.Limits.Time)
	defer cancel(nil)
	free, err := p.hold(ctx)
	if err != nil {
		return nil, err
	}
	defer free()
	child, err := p.acquire(ctx, p.keyOf(job), dirs, out.Dir)
	if err != nil {
		return nil, err
	}
	var files []engine.WrittenFile
	_, err = child.call(ctx, frameBuild, buildRequest{Job: job, Output: out}, frameFiles, &files)
	p.release(child, false)
	<-child.dead // whoever called may now move or remove the folder
	if err != nil {
		return nil, err
	}
	return files, nil
}

// call sends a request and reads the one answer to it. The process is killed when ctx ends before that.
func (p *process) call(ctx context.Context, kind frameKind, request any, answer frameKind, message any) (reusable bool, err error) {
	stop := p.guard(ctx)
	f, err := p.roundTrip(kind, request)
	if !stop() {
		return false, contextError(ctx)
	}
	switch {
	case err != nil:
		return false, p.statementFailure(ctx, err)
	case f.kind == frameError:
		err, broken := decodeError(f)
		return !broken, err
	case f.kind != answer:
		return false, fmt.Errorf("the sandbox process answered with a %s frame where %s was due", f.kind, answer)
	}
	return true, f.decode(message)
}

func (p *process) roundTrip(kind frameKind, request any) (frame, error) {
	if err := writeMessage(p.conn, kind, request); err != nil {
		return frame{}, err
	}
	return p.frames.next()
}

// check refuses a job any of whose SQL is not allowed. Whoever resolved the job has parsed its statement before,
// but this is the last door, and views come from the catalog.
func (p *Pool) check(ctx context.Context, job engine.Job) error {
	if err := p.checkSQL(ctx, job.SQL); err != nil {
		return err
	}
	for _, relation := range job.Relations {
		if relation.View == "" {
			continue
		}
		if err := p.checkSQL(ctx, relation.View); err != nil {
			return fmt.Errorf("view %s.%s: %w", relation.Schema, relation.Name, err)
		}
	}
	return nil
}

func (p *Pool) checkSQL(ctx context.Context, sql string) error {
	if p.opts.withoutAllowlist {
		return nil
	}
	_, err := p.Parse(ctx, sql)
	return err
}
