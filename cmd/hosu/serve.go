package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hosu-io/hosu/internal/app"
	"github.com/hosu-io/hosu/internal/server"
	"github.com/hosu-io/hosu/internal/webui"
)

// defaultListen is where hosu listens when it is not told.
const defaultListen = "127.0.0.1:8080"

func (c *cli) serveCommand() *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the web interface and the API",
		Long: `Serve the web interface and the HTTP API of the workspace until it is interrupted (Ctrl-C).
Files of the workspace may be changed meanwhile: they are loaded again.

There is no sign-in yet, so whoever reaches the server may do everything in the workspace.
It listens on this machine only; from elsewhere, reach it through a tunnel:
  ssh -L 8080:127.0.0.1:8080 HOST`,
		Example: `  hosu serve
  hosu -C /tmp/shop serve --listen 127.0.0.1:9000`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			// Before anything is opened, so that a wrong address costs no time.
			listener, err := server.Listen(cmd.Context(), listen)
			if err != nil {
				return err
			}
			ctx, a, err := c.open(cmd.Context())
			if err != nil {
				return errors.Join(err, listener.Close())
			}
			defer a.Close()
			c.warnUnconfined(a)
			return c.serve(ctx, a, listener)
		},
	}
	listenFlag(cmd, &listen)
	return cmd
}

func listenFlag(cmd *cobra.Command, listen *string) {
	cmd.Flags().StringVar(listen, "listen", defaultListen, "the `HOST:PORT` of this machine to listen at; port 0 is any that is free")
}

// serve serves an open workspace until ctx ends.
func (c *cli) serve(ctx context.Context, a *app.App, listener net.Listener) error {
	out := c.stdout
	if c.format != "table" {
		out = c.stderr // a program reads the other
	}
	if !webui.Built() {
		fmt.Fprintln(c.stderr, "This hosu was built without its web interface: install Node.js 20 or newer and run make build. The API is served.")
	}
	fmt.Fprintf(out, "Serving workspace %s at http://%s (Ctrl-C stops it)\n", a.Workspace.Name, listener.Addr())
	return a.Serve(ctx, listener, strings.TrimPrefix(version, "v"))
}
