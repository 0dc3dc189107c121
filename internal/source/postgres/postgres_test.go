package postgres_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/hosu-io/hosu/internal/source"
	"github.com/hosu-io/hosu/internal/source/postgres"
	"github.com/hosu-io/hosu/internal/source/sourcetest"
	"github.com/hosu-io/hosu/internal/testenv/pgtest"
)

// execute runs statements in a connection of its own.
func execute(t testing.TB, url, sql string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgconn.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, sql).ReadAll(); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, url string) *postgres.Source {
	t.Helper()
	src, err := postgres.Open(map[string]string{"url": url}, source.Env{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	return src
}

// closedPort is an address at which nobody listens. The kernel gives such a low port to nobody; one that it had given out and got back may
// soon be another program's.
const closedPort = "127.0.0.1:1"

func TestConformance(t *testing.T) {
	t.Parallel()
	server := pgtest.Database(t)
	sourcetest.Run(t, sourcetest.System{
		Open: func(t testing.TB) source.Source { return open(t, server) },
		Create: func(t testing.TB, table string) {
			execute(t, server, "create table "+table+" (id bigint primary key, name text, amount numeric(12,2), updated_at timestamp)")
		},
		Put: func(t testing.TB, table string, rows ...sourcetest.Row) {
			for _, r := range rows {
				at := "null"
				if !r.UpdatedAt.IsZero() {
					at = r.UpdatedAt.Format("'2006-01-02 15:04:05.999999'")
				}
				execute(t, server, fmt.Sprintf(`insert into %s values (%d, '%s', %s, %s) on conflict (id) do update
					set name = excluded.name, amount = excluded.amount, updated_at = excluded.updated_at`, table, r.ID, r.Name, r.Amount(), at))
			}
		},
		Delete: func(t testing.TB, table string, id int64) {
			execute(t, server, fmt.Sprintf("delete from %s where id = %d", table, id))
		},
		Generate: func(t testing.TB, table string, n int) {
			execute(t, server, fmt.Sprintf(`insert into %s select i, 'a name that takes some room ' || i, i %% 1000 / 8.0, '2024-01-01'::timestamp + i * interval '1 second'
				from generate_series(1, %d) i`, table, n))
		},
		AddColumn: func(t testing.TB, table, column, value string) {
			execute(t, server, fmt.Sprintf("alter table %s add %s text default '%s'", table, column, value))
		},
		Types:   "id long, name string, amount decimal(12, 2), updated_at timestamp",
		Options: func(string) source.TableOptions { return source.TableOptions{} },
		Cursor:  true,
		Down: func(t testing.TB) source.Source {
			return open(t, "postgres://someone:s3cret@"+closedPort+"/shop")
		},
		Where: closedPort,
	})
}

func TestPasswordsAreNeverShown(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	const secret = "p@ss w%rd/#?"
	u.User = url.UserPassword(u.User.Username(), secret)
	wrong := u.String()
	byQuery := *u
	byQuery.User = url.User(u.User.Username())
	byQuery.RawQuery = "password=" + url.QueryEscape(secret)
	keyword := fmt.Sprintf("host=%s port=%s user=%s dbname=%s password='%s'", u.Hostname(), u.Port(), u.User.Username(), u.Path[1:], secret)
	unreachable := *u
	unreachable.Host = closedPort
	noHost := *u
	noHost.Host = "no-such-host.invalid:5432"
	for name, tc := range map[string]struct {
		url  string
		want error
	}{
		"wrong":       {wrong, source.ErrDenied},
		"by query":    {byQuery.String(), source.ErrDenied},
		"keywords":    {keyword, source.ErrDenied},
		"unreachable": {unreachable.String(), source.ErrUnavailable},
		"no host":     {noHost.String(), source.ErrUnavailable},
		"bad escape":  {"postgres://u:p@ss%zz@h/db", nil},
		"bad port":    {"postgres://u:p%40ss@h:port/db", nil},
		"no url":      {"u:p@ss w%rd", nil},
	} {
		src, err := postgres.Open(map[string]string{"url": tc.url}, source.Env{})
		if err == nil {
			_, err = src.Tables(t.Context())
		}
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		if tc.want != nil && !strings.Contains(err.Error(), tc.want.Error()) {
			t.Errorf("%s: %v; want %v", name, err, tc.want)
		}
		for e := err; e != nil; {
			for _, hidden := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), "p@ss", "p%40ss", "w%25rd"} {
				if text := fmt.Sprintf("%v %+v %#v", e, e, e); strings.Contains(text, hidden) {
					t.Errorf("%s: the password is in %s", name, text)
				}
			}
			unwrap, ok := e.(interface{ Unwrap() error })
			if !ok {
				break
			}
			e = unwrap.Unwrap()
		}
	}
}
