package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/hosu-io/hosu/internal/source"
)

// driverError is an error as the driver returned it. It must not leave this package: its parts may hold the
// connection string.
type driverError struct{ err error }

func (e *driverError) Error() string { return e.err.Error() }
func (e *driverError) Unwrap() error { return e.err }

// explain turns a [driverError] into one that says what to do and that wraps nothing of the driver's, only text
// that was cleaned of secrets. This program's own errors pass unchanged.
func (s *Source) explain(err error, doing string) error {
	if driver := new(driverError); !errors.As(err, &driver) {
		return err
	}
	for _, ended := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, ended) {
			return fmt.Errorf("%s: %s: %w", s, doing, ended)
		}
	}
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return fmt.Errorf("%s: %s: %w", s, doing, s.refusal(refused))
	}
	var connect *pgconn.ConnectError
	var network net.Error
	if errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) {
		return fmt.Errorf("%s: %s: %w: %s; check that the server runs and can be reached from here",
			s, doing, source.ErrUnavailable, s.clean(rootCause(err)))
	}
	text := s.clean(err.Error())
	if strings.Contains(text, "EOF") || strings.Contains(text, "conn closed") || strings.Contains(text, "connection reset") {
		return fmt.Errorf("%s: %s: %w: the connection broke: %s", s, doing, source.ErrUnavailable, text)
	}
	return fmt.Errorf("%s: %s: %s", s, doing, text)
}

// refusal sorts an error of the server by its SQLSTATE (PostgreSQL appendix A).
func (s *Source) refusal(e *pgconn.PgError) error {
	text := s.clean(e.Message)
	if e.Detail != "" {
		text += " (" + s.clean(e.Detail) + ")"
	}
	text += ", SQLSTATE " + e.Code
	switch {
	case strings.HasPrefix(e.Code, "28"): // invalid authorization
		return fmt.Errorf("%w: %s; check user and password in the source's url", source.ErrDenied, text)
	case e.Code == "42501": // insufficient privilege
		return fmt.Errorf("%w: %s; GRANT the user %s SELECT on it", source.ErrDenied, text, s.config.User)
	case e.Code == "42P01" || e.Code == "3F000": // undefined table, schema
		return fmt.Errorf("%w: %s", source.ErrNoSuchTable, text)
	case e.Code == "3D000": // undefined database
		return fmt.Errorf("%w: %s; check the database name at the end of the source's url", source.ErrUnavailable, text)
	case strings.HasPrefix(e.Code, "22"): // data exception: an author's type does not fit
		return fmt.Errorf("%w: %s; check the types: of the table in the source file", source.ErrValue, text)
	case strings.HasPrefix(e.Code, "08"), strings.HasPrefix(e.Code, "57P"), strings.HasPrefix(e.Code, "53"), e.Code == "55P03", e.Code == "40001":
		// connection exceptions, shutdown, lack of resources, a lock not had in time, a conflict with recovery on a standby
		return fmt.Errorf("%w: %s; try again", source.ErrUnavailable, text)
	}
	return errors.New(text)
}

// rootCause is the innermost message: those around it repeat user, database and host.
func rootCause(err error) string {
	for {
		if many, ok := err.(interface{ Unwrap() []error }); ok && len(many.Unwrap()) > 0 {
			err = many.Unwrap()[0]
			continue
		}
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		if _, network := inner.(*net.OpError); network {
			return inner.Error()
		}
		err = inner
	}
}

// secrets are all spellings in which the password of a connection may turn up.
func secrets(connString, password string) []string {
	var out []string
	add := func(text string) {
		if text != "" {
			out = append(out, text)
		}
	}
	add(connString)
	if password != "" {
		add(password)
		add(url.QueryEscape(password))
		add(url.PathEscape(password))
		add(strings.TrimPrefix(url.UserPassword("", password).String(), ":"))
		add(strings.ReplaceAll(strings.ReplaceAll(password, `\`, `\\`), `'`, `\'`))
		if _, rest, ok := strings.Cut(connString, "://"); ok {
			// As written by hand: escaped more or less than needed.
			authority, _, _ := strings.Cut(rest, "/")
			if at := strings.LastIndexByte(authority, '@'); at >= 0 {
				if _, written, ok := strings.Cut(authority[:at], ":"); ok {
					add(written)
				}
			}
		}
	}
	return out
}

// clean removes secrets from text.
func (s *Source) clean(text string) string {
	for _, secret := range s.secrets {
		text = strings.ReplaceAll(text, secret, "***")
	}
	return text
}
