package engine

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	microsPerDay = 24 * 60 * 60 * 1_000_000
	// Years outside of 1 to 9999 have no plain text form.
	minMicros = -62135596800 * 1_000_000
	maxMicros = 253402300800*1_000_000 - 1
)

// text is a constant as DuckDB prints it; false for what has no certain text: NULL, infinities, rare types.
func (c constant) text() (string, bool) {
	if c.Null || len(c.Value) == 0 || string(c.Value) == "null" {
		return "", false
	}
	switch c.Type.ID {
	case "VARCHAR":
		var s string
		err := json.Unmarshal(c.Value, &s)
		// A bound that DuckDB made by changing a byte may be no UTF-8.
		return s, err == nil && !strings.ContainsRune(s, utf8.RuneError)
	case "BLOB":
		var s string
		err := json.Unmarshal(c.Value, &s)
		return s, err == nil
	case "BOOLEAN", "FLOAT", "DOUBLE":
		return string(c.Value), true
	case "UUID":
		n, ok := c.hugeint()
		if !ok {
			return "", false
		}
		n.Xor(n.And(n, maxUint128), signBit128) // stored with its first bit flipped, to sort as text does
		h := fmt.Sprintf("%032x", n)
		return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:], true
	}
	r, ok := c.number()
	if !ok {
		return "", false
	}
	return formatNumber(r, c.Type)
}

var (
	maxUint128 = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 128), big.NewInt(1))
	signBit128 = new(big.Int).Lsh(big.NewInt(1), 127)
)

// hugeint reads an integer of any width; wide ones are two words.
func (c constant) hugeint() (*big.Int, bool) {
	var words struct {
		Upper json.Number `json:"upper"`
		Lower json.Number `json:"lower"`
	}
	if n, ok := new(big.Int).SetString(string(c.Value), 10); ok {
		return n, true
	}
	if json.Unmarshal(c.Value, &words) != nil {
		return nil, false
	}
	n := new(big.Int)
	if words.Upper != "" {
		if _, ok := n.SetString(string(words.Upper), 10); !ok {
			return nil, false
		}
	}
	lower := new(big.Int)
	if words.Lower != "" {
		if _, ok := lower.SetString(string(words.Lower), 10); !ok {
			return nil, false
		}
	}
	return n.Add(n.Lsh(n, 64), lower), true
}

// number is the value of a numeric or temporal constant: days of a DATE, microseconds of the others.
func (c constant) number() (*big.Rat, bool) {
	if c.Null || len(c.Value) == 0 {
		return nil, false
	}
	switch kind(c.Type) {
	case kindFloat:
		return new(big.Rat).SetString(string(c.Value))
	case kindInteger, kindDecimal, kindDate, kindTimestamp, kindInstant, kindTime:
		n, ok := c.hugeint()
		if !ok {
			return nil, false
		}
		r := new(big.Rat).SetInt(n)
		if kind(c.Type) == kindDecimal {
			r.Quo(r, powerOfTen(c.Type.Info.Scale))
		}
		return r, true
	}
	return nil, false
}

func powerOfTen(n int) *big.Rat {
	return new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil))
}

// valueKind groups the types that constants and casts are understood for.
type valueKind uint8

const (
	kindOther valueKind = iota
	kindInteger
	kindDecimal
	kindFloat
	kindDate
	kindTimestamp
	kindInstant // TIMESTAMP WITH TIME ZONE
	kindTime
)

func kind(t logicalType) valueKind {
	switch t.ID {
	case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT":
		return kindInteger
	case "DECIMAL":
		return kindDecimal
	case "FLOAT", "DOUBLE":
		return kindFloat
	case "DATE":
		return kindDate
	case "TIMESTAMP":
		return kindTimestamp
	case "TIMESTAMP WITH TIME ZONE":
		return kindInstant
	case "TIME":
		return kindTime
	}
	return kindOther
}

// formatNumber writes a value of a numeric or temporal type, which must be a value of the type exactly.
func formatNumber(r *big.Rat, t logicalType) (string, bool) {
	if kind(t) == kindDecimal {
		return r.FloatString(t.Info.Scale), true
	}
	if !r.IsInt() {
		return "", false
	}
	if kind(t) == kindInteger {
		return r.Num().String(), true
	}
	if !r.Num().IsInt64() {
		return "", false
	}
	n := r.Num().Int64()
	switch kind(t) {
	case kindDate:
		if n < minMicros/microsPerDay || n > maxMicros/microsPerDay {
			return "", false
		}
		return time.Unix(n*86400, 0).UTC().Format(time.DateOnly), true
	case kindTimestamp, kindInstant:
		if n < minMicros || n > maxMicros {
			return "", false
		}
		text := time.UnixMicro(n).UTC().Format("2006-01-02 15:04:05.999999")
		if kind(t) == kindInstant {
			text += "+00"
		}
		return text, true
	case kindTime:
		if n < 0 || n > microsPerDay {
			return "", false
		}
		if n == microsPerDay {
			return "24:00:00", true
		}
		return time.UnixMicro(n).UTC().Format("15:04:05.999999"), true
	}
	return strconv.FormatInt(n, 10), false
}
