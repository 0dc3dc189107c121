package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hosu-io/hosu/internal/app"
	"github.com/hosu-io/hosu/internal/failpoint"
	"github.com/hosu-io/hosu/internal/project"
)

// cli is what every command shares: where it writes and the flags of the root.
type cli struct {
	stdout, stderr io.Writer
	dir            string
	environment    string
	format         string
	verbose        bool
	zone           *time.Location // of the open workspace: times are shown in it
}

// misuse is an error of the command line itself.
type misuse struct{ err error }

func (m misuse) Error() string { return m.err.Error() }
func (m misuse) Unwrap() error { return m.err }

func newRoot(stdout, stderr io.Writer) *cobra.Command {
	c := &cli{stdout: stdout, stderr: stderr, zone: time.Local}
	root := &cobra.Command{
		Use:   "hosu",
		Short: "A company's data lake in one program",
		Long: `hosu copies data out of the systems a company runs, keeps it as open Apache Iceberg tables,
refines it with SQL and keeps it fresh. A lake is a folder of files: the workspace.

Start with "hosu demo" or "hosu init".`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.CompletionOptions.HiddenDefaultCmd = true
	flags := root.PersistentFlags()
	flags.StringVarP(&c.dir, "chdir", "C", ".", "the workspace `DIR`")
	flags.StringVar(&c.environment, "env", "", "the `NAME` of an environment of hosu.yaml")
	flags.StringVarP(&c.format, "output", "o", "table", "how to print data, `FORMAT`: table, json or csv (query: parquet and arrow too)")
	flags.BoolVarP(&c.verbose, "verbose", "v", false, "print what is going on inside")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return misuse{fmt.Errorf("%w\nSee: %s --help", err, cmd.CommandPath())}
	})
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return c.checkFormat(cmd) }
	addGroups(root, map[string][]*cobra.Command{
		groupBegin: {c.demoCommand(), c.initCommand(), c.sourceCommand(), c.checkCommand(), c.serveCommand()},
		groupWork:  {c.planCommand(), c.runCommand(), c.backfillCommand(), c.retryCommand(), c.cancelCommand()},
		groupLook:  {c.queryCommand(), c.metricCommand(), c.tableCommand(), c.statusCommand(), c.logsCommand()},
	})
	root.AddCommand(c.versionCommand())
	root.SetHelpCommand(helpCommand())
	for _, cmd := range allCommands(root) {
		strict(cmd)
	}
	return root
}

// explain prints err for a person and returns the exit code it means.
func explain(w io.Writer, err error) int {
	if errors.Is(err, errReported) {
		return exitFailed
	}
	if problems := (*project.Errors)(nil); errors.As(err, &problems) {
		fmt.Fprintln(w, problems.Error())
		if n := len(problems.Problems); n > 1 {
			fmt.Fprintf(w, "hosu: the workspace has %d problems; nothing was done\n", n)
		}
		return exitFailed
	}
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(w, "hosu: interrupted")
		return exitFailed
	}
	fmt.Fprintln(w, "hosu:", strings.TrimSpace(err.Error()))
	if errors.As(err, new(misuse)) || errors.As(err, new(*project.SelectError)) {
		return exitMisuse
	}
	return exitFailed
}

// errReported is returned by a command that has told the person already what failed.
var errReported = errors.New("reported")

// open builds the application over the workspace of the command line, for commands that read tables and state only: the
// credentials of its sources need not be there. The returned context has the failpoints armed that HOSU_FAILPOINTS names.
func (c *cli) open(ctx context.Context) (context.Context, *app.App, error) {
	opts := c.appOptions()
	opts.WithoutSources = true
	return c.openApp(ctx, opts)
}

// openSources is open for commands that talk to sources.
func (c *cli) openSources(ctx context.Context) (context.Context, *app.App, error) {
	return c.openApp(ctx, c.appOptions())
}

// over makes the RunE of a command that works over a workspace: open is one of the two above.
func (c *cli) over(
	open func(context.Context) (context.Context, *app.App, error), do func(ctx context.Context, a *app.App, args []string) error,
) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		ctx, a, err := open(cmd.Context())
		if err != nil {
			return err
		}
		defer a.Close()
		return do(ctx, a, args)
	}
}

func (c *cli) openApp(ctx context.Context, opts app.Options) (context.Context, *app.App, error) {
	ctx, err := armFailpoints(ctx)
	if err != nil {
		return ctx, nil, err
	}
	a, err := app.Open(ctx, opts)
	if err != nil {
		return ctx, nil, err
	}
	c.zone = a.Workspace.Location
	return ctx, a, nil
}

func (c *cli) appOptions() app.Options {
	return app.Options{Dir: c.dir, Environment: c.environment, Getenv: os.LookupEnv, Log: c.logger()}
}

func (c *cli) logger() *slog.Logger {
	level := slog.LevelWarn
	if c.verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(c.stderr, &slog.HandlerOptions{Level: level}))
}

func armFailpoints(ctx context.Context) (context.Context, error) {
	spec := os.Getenv("HOSU_FAILPOINTS")
	if spec == "" {
		return ctx, nil
	}
	set, err := failpoint.Parse(spec, map[string]failpoint.Action{
		"kill": func(string) error {
			self, err := os.FindProcess(os.Getpid())
			if err == nil {
				err = self.Kill()
			}
			if err != nil {
				return err
			}
			select {} // the kill has not arrived yet
		},
		"error": func(name string) error { return fmt.Errorf("failpoint %s", name) },
	})
	if err != nil {
		return ctx, fmt.Errorf("HOSU_FAILPOINTS: %w", err)
	}
	return failpoint.With(ctx, set), nil
}
