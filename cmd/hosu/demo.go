package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hosu-io/hosu/internal/app"
	"github.com/hosu-io/hosu/internal/orchestrate"
	"github.com/hosu-io/hosu/internal/query"
	"github.com/hosu-io/hosu/internal/query/render"
	"github.com/hosu-io/hosu/internal/server"
)

// demoQuestion is the KPI query at the end of a demo.
const demoQuestion = "select month, orders, revenue, average_order_value, buyers, new_buyers, active_members from marts.monthly_kpi order by month"

func (c *cli) demoCommand() *cobra.Command {
	opts := app.DemoOptions{}
	var once bool
	var listen string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Simulate a company, run the whole path on it and serve it",
		Long: `Make a workspace with a simulated Korean retailer (stores, members, products, orders, app
events), copy it into tables, build the models with their checks, print a summary, and serve
the web interface until it is interrupted (Ctrl-C). The same seed and scale make the same
company. With --once it ends after the summary.`,
		Example: `  hosu demo --dir /tmp/shop --scale 0.1
  hosu -C /tmp/shop serve
  hosu -C /tmp/shop query "from marts.monthly_kpi"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opts.Scale <= 0 || opts.Scale > 1000 {
				return misuse{fmt.Errorf("--scale %g: want a number above 0, at most 1000", opts.Scale)}
			}
			if dir := cmd.Flags().Lookup("dir"); cmd.Flags().Changed("chdir") && !dir.Changed {
				opts.Dir = c.dir
			}
			if err := server.CheckAddress(listen); err != nil {
				return err
			}
			if once {
				listen = ""
			}
			return c.demo(cmd, opts, listen)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&opts.Dir, "dir", "hosu-demo", "the `DIR` to make the workspace in")
	flags.Float64Var(&opts.Scale, "scale", 1, "the size as a `NUMBER`: 1 is about 20,000 members, 200,000 orders and 1,000,000 app events")
	flags.Uint64Var(&opts.Seed, "seed", 1, "the `NUMBER` that the simulation follows from")
	flags.StringVar(&opts.Source, "source", "", "the `URL` of a PostgreSQL to use as the shop's database (its schema shop is replaced); default: a SQLite file")
	flags.BoolVar(&once, "once", false, "end after the summary")
	listenFlag(cmd, &listen)
	return cmd
}

// demo makes and runs a demo, and serves it unless listen is empty.
func (c *cli) demo(cmd *cobra.Command, demo app.DemoOptions, listen string) error {
	started := time.Now()
	if isTerminal(c.stderr) {
		fmt.Fprintln(c.stderr, "Simulating a shop …")
	}
	made, err := app.MakeDemo(cmd.Context(), demo)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.stderr, "Simulated a shop in %s: %s, %s, %s, %s.\n", seconds(made.Elapsed),
		count(made.Members, "member", "members"), count(made.Products, "product", "products"),
		count(made.Orders, "order", "orders"), count(made.Events, "app event", "app events"))

	show := newProgress(c.stderr)
	opts := c.appOptions()
	opts.Dir, opts.Observe = demo.Dir, show.observe
	opts.Getenv = app.DemoEnvironment(demo.Source, os.LookupEnv)
	ctx, a, err := c.openApp(cmd.Context(), opts)
	if err != nil {
		show.close()
		return err
	}
	defer a.Close()
	c.warnUnconfined(a)
	show.zone = c.zone
	result, err := a.Run(ctx, orchestrate.Request{})
	show.close()
	if errors.Is(err, orchestrate.ErrFailed) {
		c.summarize(result)
		return errReported
	} else if err != nil {
		return err
	}
	if c.format != "table" {
		err = c.printRun(result)
	} else {
		err = c.printDemo(ctx, a, demo, time.Since(started))
	}
	if err != nil || listen == "" {
		return err
	}
	return c.serveDemo(ctx, a, listen)
}

// serveDemo serves at the address, or at another port of it when that one is taken: a demo is for looking.
func (c *cli) serveDemo(ctx context.Context, a *app.App, address string) error {
	listener, err := server.Listen(ctx, address)
	if errors.Is(err, server.ErrInUse) {
		host, port, _ := net.SplitHostPort(address) // it could be listened at, but for its port
		if listener, err = server.Listen(ctx, net.JoinHostPort(host, "0")); err == nil {
			fmt.Fprintf(c.stderr, "Port %s is in use; another one was chosen.\n", port)
		}
	}
	if err != nil {
		return err
	}
	return c.serve(ctx, a, listener)
}

// printDemo shows what the demo has made.
func (c *cli) printDemo(ctx context.Context, a *app.App, demo app.DemoOptions, elapsed time.Duration) error {
	tables, err := a.Tables(ctx, "")
	if err != nil {
		return err
	}
	fmt.Fprintln(c.stdout)
	rows := [][]string{}
	for _, t := range tables {
		if t.Kind == "table" {
			rows = append(rows, []string{t.Name, thousands(t.Rows), bytesText(t.Bytes), thousands(t.Files)})
		}
	}
	if err := c.table([]column{{name: "TABLE"}, {name: "ROWS", right: true}, {name: "SIZE", right: true}, {name: "FILES", right: true}}, rows); err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "\n%s\n", demoQuestion)
	answer, err := a.Query(ctx, query.Request{SQL: demoQuestion})
	if err != nil {
		return err
	}
	defer answer.Release()
	if _, err := render.Write(c.stdout, answer, render.Table, c.renderOptions()); err != nil {
		return err
	}
	if demo.Source != "" {
		fmt.Fprintf(c.stdout, "\nThe workspace reads the shop's database from the variable %s: set it to the URL you gave.\n", app.DemoVariable)
	}
	hosu := "hosu"
	if strings.ContainsRune(os.Args[0], filepath.Separator) { // it may not be on the PATH
		hosu = os.Args[0]
	}
	fmt.Fprintf(c.stdout, "\nFrom nothing to this in %s. Go on with:\n  %[2]s -C %[3]s query \"from marts.daily_sales limit 10\"\n  %[2]s -C %[3]s status\n\n",
		seconds(elapsed), hosu, demo.Dir)
	return nil
}
