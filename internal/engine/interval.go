package engine

import (
	"math/big"
	"time"

	_ "time/tzdata" // plans are made where no file may be read
)

// interval is a range of values of a numeric or temporal type; a nil bound is open. It is what an expression must be in;
// invert turns it into what the column inside of the expression must be in.
type interval struct {
	lo, hi         *big.Rat
	loOpen, hiOpen bool
}

// comparison is the interval of "x op v".
func comparison(op PredicateOp, v *big.Rat) (interval, bool) {
	switch op {
	case Eq:
		return interval{lo: v, hi: v}, true
	case Less:
		return interval{hi: v, hiOpen: true}, true
	case LessEq:
		return interval{hi: v}, true
	case Greater:
		return interval{lo: v, loOpen: true}, true
	case GreaterEq:
		return interval{lo: v}, true
	}
	return interval{}, false
}

// whole makes the bounds whole numbers that are in the interval.
func (iv interval) whole() interval { return iv.round(0) }

// round makes the bounds multiples of 10^-scale that are in the interval: for a column that has no other values.
func (iv interval) round(scale int) interval {
	unit := powerOfTen(scale)
	if iv.lo != nil {
		n := new(big.Rat).Mul(iv.lo, unit)
		floor := new(big.Int).Div(n.Num(), n.Denom())
		if !n.IsInt() || iv.loOpen {
			floor.Add(floor, big.NewInt(1))
		}
		iv.lo, iv.loOpen = new(big.Rat).Quo(new(big.Rat).SetInt(floor), unit), false
	}
	if iv.hi != nil {
		n := new(big.Rat).Mul(iv.hi, unit)
		floor := new(big.Int).Div(n.Num(), n.Denom())
		if n.IsInt() && iv.hiOpen {
			floor.Sub(floor, big.NewInt(1))
		}
		iv.hi, iv.hiOpen = new(big.Rat).Quo(new(big.Rat).SetInt(floor), unit), false
	}
	return iv
}

// widen moves the bounds apart and closes them.
func (iv interval) widen(lo, hi *big.Rat) interval {
	if iv.lo != nil {
		iv.lo, iv.loOpen = new(big.Rat).Sub(iv.lo, lo), iv.loOpen && lo.Sign() == 0
	}
	if iv.hi != nil {
		iv.hi, iv.hiOpen = new(big.Rat).Add(iv.hi, hi), iv.hiOpen && hi.Sign() == 0
	}
	return iv
}

func (iv interval) times(f *big.Rat) interval {
	if iv.lo != nil {
		iv.lo = new(big.Rat).Mul(iv.lo, f)
	}
	if iv.hi != nil {
		iv.hi = new(big.Rat).Mul(iv.hi, f)
	}
	return iv
}

// daysToMicros turns a range of days into the half-open range of the moments in them.
func (iv interval) daysToMicros() interval {
	iv = iv.whole()
	if iv.hi != nil {
		iv.hi, iv.hiOpen = new(big.Rat).Add(iv.hi, big.NewRat(1, 1)), true
	}
	return iv.times(big.NewRat(microsPerDay, 1))
}

// yearsToDays turns a range of years into the range of the days in them.
func (iv interval) yearsToDays() (interval, bool) {
	iv = iv.whole()
	day := func(year *big.Rat) (*big.Rat, bool) {
		if n := year.Num(); n.IsInt64() && n.Int64() > 0 && n.Int64() < 9999 {
			return big.NewRat(time.Date(int(n.Int64()), 1, 1, 0, 0, 0, 0, time.UTC).Unix()/86400, 1), true
		}
		return nil, false
	}
	ok := true
	if iv.lo != nil {
		iv.lo, ok = day(iv.lo)
	}
	if iv.hi != nil && ok {
		iv.hi, ok = day(new(big.Rat).Add(iv.hi, big.NewRat(1, 1)))
		iv.hiOpen = true
	}
	return iv, ok
}

// zoneWindow is how far from a moment changes of a zone's offset are looked for. Around a change the range gets
// as much wider as the offsets differ.
const zoneWindow = 30 * time.Hour

// offsets are the least and greatest offsets from UTC, in microseconds, that a zone has around a moment.
func offsets(zone *time.Location, micros *big.Rat) (least, greatest *big.Rat) {
	at := new(big.Int).Div(micros.Num(), micros.Denom())
	moment := time.UnixMicro(min(max(at.Int64(), minMicros), maxMicros))
	if !at.IsInt64() {
		moment = time.UnixMicro(0)
	}
	var lo, hi int64
	for i, d := range []time.Duration{-zoneWindow, 0, zoneWindow} {
		_, seconds := moment.Add(d).In(zone).Zone()
		micros := int64(seconds) * 1_000_000
		if i == 0 {
			lo, hi = micros, micros
		}
		lo, hi = min(lo, micros), max(hi, micros)
	}
	return big.NewRat(lo, 1), big.NewRat(hi, 1)
}

// toInstants turns local time into moments: those whose local time can be in the range.
func (iv interval) toInstants(zone *time.Location) interval {
	if iv.lo != nil {
		least, greatest := offsets(zone, iv.lo)
		iv.lo = new(big.Rat).Sub(iv.lo, greatest)
		iv.loOpen = iv.loOpen && least.Cmp(greatest) == 0
	}
	if iv.hi != nil {
		least, greatest := offsets(zone, iv.hi)
		iv.hi = new(big.Rat).Sub(iv.hi, least)
		iv.hiOpen = iv.hiOpen && least.Cmp(greatest) == 0
	}
	return iv
}

// toLocal turns moments into local time: the times that can stand for a moment in the range.
func (iv interval) toLocal(zone *time.Location) interval {
	if iv.lo != nil {
		least, greatest := offsets(zone, iv.lo)
		iv.lo = new(big.Rat).Add(iv.lo, least)
		iv.loOpen = iv.loOpen && least.Cmp(greatest) == 0
	}
	if iv.hi != nil {
		least, greatest := offsets(zone, iv.hi)
		iv.hi = new(big.Rat).Add(iv.hi, greatest)
		iv.hiOpen = iv.hiOpen && least.Cmp(greatest) == 0
	}
	return iv
}

// maxExact is the first integer that a float type cannot tell from its neighbour.
func maxExact(t logicalType) *big.Rat {
	if t.ID == "FLOAT" {
		return big.NewRat(1<<24, 1)
	}
	return big.NewRat(1<<53, 1)
}

// invertCast returns what x must be in for CAST(x AS to) to be in iv. It may be wider than needed, never narrower.
func (iv interval) invertCast(from, to logicalType, zone *time.Location) (interval, bool) {
	half := func(scale int) *big.Rat { return new(big.Rat).Quo(big.NewRat(1, 2), powerOfTen(scale)) }
	switch [2]valueKind{kind(from), kind(to)} {
	case [2]valueKind{kindInteger, kindInteger}, [2]valueKind{kindDate, kindDate},
		[2]valueKind{kindTimestamp, kindTimestamp}, [2]valueKind{kindInstant, kindInstant}:
		return iv, true
	case [2]valueKind{kindInteger, kindDecimal}:
		return iv, true
	case [2]valueKind{kindDecimal, kindDecimal}:
		if to.Info.Scale < from.Info.Scale { // rounds
			return iv.widen(half(to.Info.Scale), half(to.Info.Scale)), true
		}
		return iv, true
	case [2]valueKind{kindDecimal, kindInteger}:
		return iv.widen(half(0), half(0)), true
	case [2]valueKind{kindInteger, kindFloat}:
		limit := maxExact(to)
		for _, b := range []*big.Rat{iv.lo, iv.hi} {
			if b != nil && new(big.Rat).Abs(b).Cmp(limit) >= 0 {
				return iv, false
			}
		}
		return iv, true
	case [2]valueKind{kindDecimal, kindFloat}:
		return iv.widenFloat(to), true
	case [2]valueKind{kindDate, kindTimestamp}:
		return iv.times(big.NewRat(1, microsPerDay)), true
	case [2]valueKind{kindTimestamp, kindDate}:
		return iv.daysToMicros(), true
	}
	if zone == nil {
		return iv, false
	}
	switch [2]valueKind{kind(from), kind(to)} {
	case [2]valueKind{kindInstant, kindDate}:
		return iv.daysToMicros().toInstants(zone), true
	case [2]valueKind{kindInstant, kindTimestamp}:
		return iv.toInstants(zone), true
	case [2]valueKind{kindTimestamp, kindInstant}:
		return iv.toLocal(zone), true
	case [2]valueKind{kindDate, kindInstant}:
		return iv.toLocal(zone).times(big.NewRat(1, microsPerDay)), true
	}
	return iv, false
}

// widenFloat covers the rounding of a decimal to a float: a few units in the last place.
func (iv interval) widenFloat(t logicalType) interval {
	slack := func(b *big.Rat) *big.Rat {
		if b == nil {
			return new(big.Rat)
		}
		s := new(big.Rat).Quo(new(big.Rat).Abs(b), maxExact(t))
		return s.Mul(s, big.NewRat(4, 1))
	}
	iv.loOpen, iv.hiOpen = false, false
	return iv.widen(slack(iv.lo), slack(iv.hi))
}
