package state

import (
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// A lease gives one holder at a time the right to do something, for as long as it keeps renewing it.
// A holder that was stopped for a while (a suspended machine) does not notice that another took
// over; so every acquisition gets a token that is larger than all before it, and the holder's commits
// check it with CheckFence in the same transaction.

// AcquireLease takes a lease that is free or has expired, until now+ttl, and returns its token. While
// somebody holds it, the same holder included, the error is a *[HeldError].
func (tx *Tx) AcquireLease(name, holder string, ttl time.Duration, now time.Time) (token int64, err error) {
	if holder == "" {
		return 0, fmt.Errorf("acquire lease %q: no holder given", name)
	}
	err = tx.QueryRow(`INSERT INTO leases (name, token, holder, expires_at) VALUES (?, 1, ?, ?)
		ON CONFLICT (name) DO UPDATE
			SET token = leases.token + 1, holder = excluded.holder, expires_at = excluded.expires_at
			WHERE leases.holder = '' OR leases.expires_at <= ?
		RETURNING token`,
		name, holder, Micros(now.Add(ttl)), Micros(now)).Scan(&token)
	if errors.Is(err, sql.ErrNoRows) {
		held := &HeldError{Lease: name}
		var expires int64
		if err := tx.QueryRow("SELECT holder, expires_at FROM leases WHERE name = ?", name).Scan(&held.Holder, &expires); err != nil {
			return 0, fmt.Errorf("read lease %q: %w", name, err)
		}
		held.Expires = Time(expires)
		return 0, held
	}
	if err != nil {
		return 0, fmt.Errorf("acquire lease %q: %w", name, err)
	}
	return token, nil
}

// RenewLease prolongs a lease until now+ttl; [ErrLeaseLost] when token is not its holder's any more. A lease
// that has expired but that nobody took may be renewed.
func (tx *Tx) RenewLease(name string, token int64, ttl time.Duration, now time.Time) error {
	changed, err := tx.Exec("UPDATE leases SET expires_at = ? WHERE name = ? AND token = ? AND holder <> ''",
		Micros(now.Add(ttl)), name, token)
	if err != nil {
		return fmt.Errorf("renew lease %q: %w", name, err)
	}
	if changed == 0 {
		return fmt.Errorf("renew lease %q: %w", name, ErrLeaseLost)
	}
	return nil
}

// ReleaseLease frees a lease; one that was lost meanwhile is left alone.
func (tx *Tx) ReleaseLease(name string, token int64) error {
	if _, err := tx.Exec("UPDATE leases SET holder = '', expires_at = 0 WHERE name = ? AND token = ?", name, token); err != nil {
		return fmt.Errorf("release lease %q: %w", name, err)
	}
	return nil
}

// CheckFence fails with [ErrLeaseLost] unless token is that of the lease's holder. Until the
// transaction ends nobody can take the lease over.
func (tx *Tx) CheckFence(name string, token int64) error {
	query := "SELECT token, holder FROM leases WHERE name = ?"
	if tx.dialect == postgres {
		// Shared, since all tasks of a run commit under its one lease. (In SQLite the
		// transaction has the whole database.)
		query += " FOR SHARE"
	}
	var found int64
	var holder string
	err := tx.QueryRow(query, name).Scan(&found, &holder)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("check lease %q: %w: nobody ever held it", name, ErrLeaseLost)
	case err != nil:
		return fmt.Errorf("check lease %q: %w", name, err)
	case found != token || holder == "":
		if holder == "" {
			holder = "nobody"
		}
		return fmt.Errorf("check lease %q: %w: token %d, but %s holds it with token %d", name, ErrLeaseLost, token, holder, found)
	}
	return nil
}
