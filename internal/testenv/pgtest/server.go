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

	"github.com/jackc/pgx/v5"
)

const (
	superuser = "hosu"
	password  = "password" // of a server that exists for seconds, on loopback
)

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

// startServer makes a cluster in a temporary directory and starts a server for it
// on a free port of loopback. The server ends with this process.
func startServer() (*server, error) {
	bin, err := findBinaries()
	if err != nil {
		return nil, err
	}
	account, err := serverAccount()
	if err != nil {
		return nil, err
	}
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

	// Between finding a free port and the server's listening on it another
	// process may take it; then another port is as good.
	for range 5 {
		var running *server
		running, err = launch(bin, dir, data, account)
		if err == nil {
			ok = true
			return running, nil
		}
		if !errors.Is(err, errPortTaken) {
			break
		}
	}
	return nil, err
}

var errPortTaken = errors.New("the port was taken meanwhile")

// launch starts the server and returns when it answers.
func launch(bin, dir, data string, account *syscall.Credential) (*server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
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
	if err := awaitReady(address); err != nil {
		out, _ := os.ReadFile(logPath)
		_ = stdin.Close()
		_ = cmd.Wait()
		if bytes.Contains(out, []byte("Address already in use")) {
			return nil, errPortTaken
		}
		return nil, fmt.Errorf("%w\n%s", err, bytes.TrimSpace(out))
	}
	return &server{url: address, lifeline: stdin}, nil
}

// awaitReady returns when the server answers a query.
func awaitReady(server string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, server)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
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
