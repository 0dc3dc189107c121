package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const superuser = "hosu"

// settings make a server whose data is thrown away fast: nothing is flushed,
// and nothing is kept for replicas.
var settings = []string{
	"listen_addresses=127.0.0.1",
	"fsync=off",
	"synchronous_commit=off",
	"full_page_writes=off",
	"wal_level=minimal",
	"max_wal_senders=0",
	"max_connections=200",
	"shared_buffers=64MB",
	"autovacuum=off",
	"jit=off",
	"timezone=UTC",
}

// keeper is the shell program that owns the server. Its standard input is a pipe
// whose other end only the test process has: the pipe closes when that process
// ends in whatever way, a kill -9 included, and then the server and its
// files go. Arguments: postgres, data directory, directory to remove, settings.
const keeper = `
postgres=$1 data=$2 remove=$3
shift 3
"$postgres" -D "$data" "$@" </dev/null &
server=$!
cat >/dev/null
kill -QUIT "$server"
wait "$server"
rm -rf "$remove"
`

// server is a running server.
type server struct {
	url string
	// lifeline is the keeper's standard input; nil for a server that is not ours. It is kept here
	// because an unreachable pipe is closed by the garbage collector, and the server with it.
	lifeline io.Closer
}

// startServer starts a server on a free port of loopback. It ends with this process.
func startServer(freePort func() (int, error)) (*server, error) {
	bin, err := findBinaries()
	if err != nil {
		return nil, err
	}
	account, err := serverAccount()
	if err != nil {
		return nil, err
	}
	// Between finding a free port and the server's listening on it another
	// process may take it; then another port is as good.
	for range 5 {
		var port int
		if port, err = freePort(); err != nil {
			return nil, err
		}
		var running *server
		if running, err = newCluster(bin, account, port); !errors.Is(err, errPortTaken) {
			return running, err
		}
	}
	return nil, err
}

var errPortTaken = errors.New("the port was taken meanwhile")

// newCluster makes a cluster in a temporary directory and starts a server for it.
func newCluster(bin string, account *syscall.Credential, port int) (*server, error) {
	dir, err := os.MkdirTemp("", "hosu-pgtest-")
	if err != nil {
		return nil, err
	}
	ok := false
	defer func() {
		if !ok {
			_ = os.RemoveAll(dir)
		}
	}()
	// Of this server alone: another test's, which has taken the port, must refuse us.
	password := uuid.NewString()
	passwordFile := filepath.Join(dir, "password")
	if err := os.WriteFile(passwordFile, []byte(password+"\n"), 0o600); err != nil {
		return nil, err
	}
	if account != nil {
		for _, path := range []string{dir, passwordFile} {
			if err := os.Chown(path, int(account.Uid), int(account.Gid)); err != nil {
				return nil, err
			}
		}
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "--pgdata="+data, "--username="+superuser,
		"--pwfile="+passwordFile, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")
	initdb.Dir = dir
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: account}
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, bytes.TrimSpace(out))
	}

	running, err := launch(bin, dir, data, account, port, password)
	ok = err == nil
	return running, err
}

// launch starts the server and returns when it answers.
func launch(bin, dir, data string, account *syscall.Credential, port int, password string) (*server, error) {
	logPath := filepath.Join(dir, "server.log")
	log, err := os.Create(logPath)
	if err != nil {
		return nil, err
	}
	defer log.Close()

	args := []string{"-c", keeper, "pgtest", filepath.Join(bin, "postgres"), data, dir}
	for _, setting := range append(slices.Clone(settings), "port="+strconv.Itoa(port), "unix_socket_directories="+dir) {
		args = append(args, "-c", setting)
	}
	cmd := exec.Command("/bin/sh", args...)
	cmd.Dir = "/"
	// Not the test's own output: go test would wait for it to be closed.
	cmd.Stdout, cmd.Stderr = log, log
	// A session of its own, so that an interrupt from the terminal reaches it
	// only through the closed pipe.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: account, Setsid: true}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the PostgreSQL server: %w", err)
	}
	address := (&url.URL{
		Scheme: "postgres", User: url.UserPassword(superuser, password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), Path: "/postgres",
	}).String()
	said := func() []byte {
		out, _ := os.ReadFile(logPath) // also shown with the error
		return bytes.TrimSpace(out)
	}
	if err := awaitReady(address, said); err != nil {
		out := said()
		_ = stdin.Close()
		_ = cmd.Wait()
		if errors.Is(err, errPortTaken) {
			return nil, err
		}
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	return &server{url: address, lifeline: stdin}, nil
}

// awaitReady returns when the server answers, or has said that somebody else has its port.
func awaitReady(server string, said func() []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	// Beside the connecting: whoever has the port may let us wait.
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if bytes.Contains(said(), []byte("Address already in use")) {
					stop(errPortTaken)
				}
			}
		}
	}()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, server)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			if cause := context.Cause(ctx); errors.Is(cause, errPortTaken) {
				return cause
			}
			return fmt.Errorf("the PostgreSQL server does not answer after %v: %w", startTimeout, err)
		case <-tick.C:
		}
	}
}

// findBinaries returns the directory of initdb and postgres: the newest of
// Debian's versions, or where PATH finds them.
func findBinaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		newest := slices.MaxFunc(found, func(a, b string) int { return debianVersion(a) - debianVersion(b) })
		return filepath.Dir(newest), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", fmt.Errorf("initdb is neither in /usr/lib/postgresql/*/bin nor in PATH: "+
			"install PostgreSQL (Debian: apt-get install postgresql) or set %s to a superuser's URL", Env)
	}
	return filepath.Dir(path), nil
}

// debianVersion reads 17 from /usr/lib/postgresql/17/bin/initdb.
func debianVersion(initdb string) int {
	version, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	if err != nil {
		return 0
	}
	return version
}

// serverAccount is the account the server runs as: nil for our own. PostgreSQL
// refuses to run as root, and its Debian package makes a user "postgres".
func serverAccount() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root and there is no user postgres "+
			"(Debian: apt-get install postgresql): %w", err)
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("user id of postgres: %w", err)
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("group id of postgres: %w", err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// freePort asks the kernel for a port that nobody listens on.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
