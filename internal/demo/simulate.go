// Package demo makes the five-minute proof: a simulated Korean retailer with stores, members, products, orders and
// app events, and a workspace that turns them into refined tables.
//
// Everything follows from the seed and the last day: members join in cohorts and fade, demand
// for products is a power law with seasons, days have weekly and hourly shapes, and every app
// order has the session that led to it.
package demo

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Days is how long the simulated history is.
const Days = 120

// The size of the shop at scale 1.
const (
	membersAtScale1  = 20_000
	productsAtScale1 = 1_000
	ordersAtScale1   = 200_000
	eventsAtScale1   = 1_000_000
)

// Options shape a simulation.
type Options struct {
	Scale float64 // 1 is 20 k members, 200 k orders, 1 M events
	Seed  uint64
	// LastDay is the last simulated day; only its date in its own location counts.
	LastDay time.Time
}

type store struct {
	id       int
	name     string
	region   string
	openedOn time.Time
	sizeM2   int
}

type member struct {
	id        int
	name      string
	gender    string
	birthYear int
	region    string
	grade     string
	joinedAt  time.Time
	appetite  float64 // relative frequency of visits
}

type product struct {
	id         int
	name       string
	category   string
	brand      string
	price      int64 // won
	cost       int64
	launchedOn time.Time
}

type order struct {
	id        int64
	memberID  int // 0: a guest
	storeID   int // 0: not in a store
	channel   string
	status    string
	orderedAt time.Time
	updatedAt time.Time
	discount  int64
	amount    int64 // items less discount, in won
	items     []item
}

type item struct {
	id        int64
	productID int
	quantity  int
	unitPrice int64
}

type event struct {
	id        uint64
	ts        time.Time
	kind      string
	userID    int // 0: not signed in
	session   uint64
	productID int   // 0: none
	orderID   int64 // 0: none
	platform  string
	service   string
	version   string
}

// day is what happened on one calendar day, in order of time.
type day struct {
	start  time.Time
	orders []order
	events []event
}

// simulation holds the shop; its days come one by one so that memory does not grow with the history.
type simulation struct {
	rng      *rand.Rand
	first    time.Time // midnight of the first day
	stores   []store
	busy     []float64 // for each store, the share of store orders that go to it and those before it
	members  []member
	products []product

	memberPick  sampler
	productPick map[time.Month]sampler
	dayWeight   []float64
	orders      int
	events      int
	nextOrder   int64
	nextItem    int64
}

func newSimulation(opts Options) *simulation {
	year, month, dayOfMonth := opts.LastDay.Date()
	last := time.Date(year, month, dayOfMonth, 0, 0, 0, 0, opts.LastDay.Location())
	s := &simulation{
		rng:   rand.New(rand.NewPCG(opts.Seed, 0x686f7375)),
		first: last.AddDate(0, 0, -(Days - 1)),
	}
	scaled := func(n int) int { return max(1, int(math.Round(float64(n)*opts.Scale))) }
	s.orders, s.events = scaled(ordersAtScale1), scaled(eventsAtScale1)
	s.makeStores()
	s.makeProducts(max(60, scaled(productsAtScale1)))
	s.makeMembers(max(100, scaled(membersAtScale1)))
	s.makeDays()
	return s
}

func (s *simulation) makeStores() {
	for i, name := range storeNames {
		s.stores = append(s.stores, store{
			id: i + 1, name: name.name, region: name.region,
			openedOn: s.first.AddDate(0, 0, -s.rng.IntN(3000)-200),
			sizeM2:   300 + s.rng.IntN(1700),
		})
	}
	total := 0.0
	for _, x := range s.stores {
		total += math.Sqrt(float64(x.sizeM2)) * footfall(x.region)
		s.busy = append(s.busy, total)
	}
	for i := range s.busy {
		s.busy[i] /= total
	}
}

// pickStore picks a store, the large ones and those of large cities more often.
func (s *simulation) pickStore() *store {
	at, _ := slices.BinarySearch(s.busy, s.rng.Float64())
	return &s.stores[min(at, len(s.stores)-1)]
}

func (s *simulation) makeProducts(n int) {
	weights := make([]float64, n)
	for i := range n {
		c := categories[s.rng.IntN(len(categories))]
		price := int64(math.Round(math.Exp(s.rng.NormFloat64()*0.6+math.Log(c.price))/100)) * 100
		price = max(price, 500)
		s.products = append(s.products, product{
			id:         i + 1,
			name:       pick(s.rng, c.adjectives) + " " + pick(s.rng, c.nouns),
			category:   c.name,
			brand:      pick(s.rng, brands),
			price:      price,
			cost:       price * int64(50+s.rng.IntN(30)) / 100,
			launchedOn: s.first.AddDate(0, 0, -s.rng.IntN(900)),
		})
		weights[i] = 1 / math.Pow(float64(i+1), 0.7) // Zipf
	}
	s.rng.Shuffle(n, func(i, j int) { weights[i], weights[j] = weights[j], weights[i] })
	s.productPick = map[time.Month]sampler{}
	for month := time.January; month <= time.December; month++ {
		seasonal := make([]float64, n)
		for i, p := range s.products {
			seasonal[i] = weights[i] * season(p.category, month)
		}
		s.productPick[month] = newSampler(seasonal)
	}
}

func (s *simulation) makeMembers(n int) {
	weights := make([]float64, n)
	for i := range n {
		// Six of ten joined in the two years before, the others during the history, more of them lately.
		var joined time.Time
		if s.rng.Float64() < 0.6 {
			joined = s.first.Add(-time.Duration(s.rng.Float64() * float64(730*24*time.Hour)))
		} else {
			joined = s.first.Add(time.Duration(math.Sqrt(s.rng.Float64()) * float64(Days*24*time.Hour)))
		}
		appetite := math.Exp(s.rng.NormFloat64())
		s.members = append(s.members, member{
			id:        i + 1,
			name:      pick(s.rng, surnames) + pick(s.rng, givenNames),
			gender:    pick(s.rng, []string{"F", "F", "M"}),
			birthYear: s.first.Year() - 18 - int(math.Abs(s.rng.NormFloat64())*14),
			region:    regions[weightedRegion(s.rng)].name,
			grade:     gradeOf(appetite),
			joinedAt:  joined.Truncate(time.Second),
			appetite:  appetite,
		})
		weights[i] = appetite
	}
	slices.SortFunc(s.members, func(a, b member) int { return a.joinedAt.Compare(b.joinedAt) })
	for i := range s.members {
		s.members[i].id = i + 1
		weights[i] = s.members[i].appetite
	}
	s.memberPick = newSampler(weights)
}

func gradeOf(appetite float64) string {
	switch {
	case appetite > 4:
		return "VIP"
	case appetite > 1.8:
		return "GOLD"
	case appetite > 0.8:
		return "SILVER"
	default:
		return "WELCOME"
	}
}

func (s *simulation) makeDays() {
	total := 0.0
	for i := range Days {
		date := s.first.AddDate(0, 0, i)
		w := 1 + 0.35*float64(i)/Days                                          // the shop grows
		w *= []float64{1.25, 0.9, 0.88, 0.92, 0.97, 1.12, 1.3}[date.Weekday()] // Sunday first
		if d := date.Day(); d >= 25 && d <= 27 {
			w *= 1.25 // pay day
		}
		w *= math.Exp(s.rng.NormFloat64() * 0.06)
		s.dayWeight = append(s.dayWeight, w)
		total += w
	}
	for i := range s.dayWeight {
		s.dayWeight[i] /= total
	}
}

// day simulates day i; days must be asked for in order.
func (s *simulation) day(i int) day {
	d := day{start: s.first.AddDate(0, 0, i)}
	orders := int(math.Round(float64(s.orders) * s.dayWeight[i]))
	for range orders {
		d.orders = append(d.orders, s.order(d.start))
	}
	slices.SortFunc(d.orders, func(a, b order) int { return a.orderedAt.Compare(b.orderedAt) })
	for j := range d.orders {
		o := &d.orders[j]
		s.nextOrder++
		o.id = s.nextOrder
		for k := range o.items {
			s.nextItem++
			o.items[k].id = s.nextItem
		}
		if o.channel != "store" {
			s.buyingSession(&d, o)
		}
	}
	events := int(math.Round(float64(s.events) * s.dayWeight[i]))
	for len(d.events) < events {
		s.browsingSession(&d)
	}
	slices.SortFunc(d.events, func(a, b event) int { return a.ts.Compare(b.ts) })
	return d
}

// visitor picks a member who has joined before t, the eager more often, the long-silent less.
func (s *simulation) visitor(t time.Time) *member {
	for {
		m := &s.members[s.memberPick.pick(s.rng)]
		if m.joinedAt.After(t) {
			continue
		}
		months := t.Sub(m.joinedAt).Hours() / (24 * 30)
		if s.rng.Float64() < 0.25+0.75*math.Exp(-months/4) {
			return m
		}
	}
}

func (s *simulation) timeOfDay(start time.Time) time.Time {
	hour := hourPick.pick(s.rng)
	return start.Add(time.Duration(hour)*time.Hour + time.Duration(s.rng.IntN(3600_000))*time.Millisecond)
}

func (s *simulation) order(start time.Time) order {
	o := order{orderedAt: s.timeOfDay(start), status: "paid"}
	switch r := s.rng.Float64(); {
	case r < 0.08:
		o.channel = "app"
	case r < 0.12:
		o.channel = "web"
	default:
		o.channel = "store"
		o.storeID = s.pickStore().id
	}
	if o.channel != "store" || s.rng.Float64() < 0.7 {
		o.memberID = s.visitor(o.orderedAt).id
	}
	var sum int64
	for n := 1 + int(s.rng.ExpFloat64()*1.2); len(o.items) < min(n, 8); {
		p := s.products[s.productPick[start.Month()].pick(s.rng)]
		quantity := 1
		if s.rng.Float64() < 0.2 {
			quantity += 1 + s.rng.IntN(2)
		}
		o.items = append(o.items, item{productID: p.id, quantity: quantity, unitPrice: p.price})
		sum += p.price * int64(quantity)
	}
	if s.rng.Float64() < 0.3 {
		o.discount = sum * int64(1+s.rng.IntN(3)) * 5 / 100 / 10 * 10
	}
	o.amount = sum - o.discount
	o.updatedAt = o.orderedAt
	s.fate(&o)
	return o
}

// fate cancels or refunds a few orders, if that happens before the history ends.
func (s *simulation) fate(o *order) {
	end := s.first.AddDate(0, 0, Days)
	switch r := s.rng.Float64(); {
	case r < 0.04:
		if at := o.orderedAt.Add(time.Duration(s.rng.IntN(6*3600)) * time.Second); at.Before(end) {
			o.status, o.updatedAt = "cancelled", at
		}
	case r < 0.06:
		if at := o.orderedAt.Add(time.Duration(24+s.rng.IntN(10*24)) * time.Hour); at.Before(end) {
			o.status, o.updatedAt = "refunded", at
		}
	}
}

func (s *simulation) newSession() (session uint64, platform, service, version string) {
	return s.rng.Uint64(), platforms[platformPick.pick(s.rng)], services[servicePick.pick(s.rng)], pick(s.rng, versions)
}

// buyingSession is the visit that ended in order o.
func (s *simulation) buyingSession(d *day, o *order) {
	session, platform, service, version := s.newSession()
	if o.channel == "web" {
		platform = "web"
	} else if platform == "web" {
		// Buyers in the app have the platforms of the app; the session's own bits choose, so that nothing else changes.
		if platform = "android"; float64(session>>11)/(1<<53) < iosShare {
			platform = "ios"
		}
	}
	at := o.orderedAt
	emit := func(kind string, back time.Duration, productID int, orderID int64) {
		ts := at.Add(-back)
		if ts.Before(d.start) {
			ts = d.start
		}
		d.events = append(d.events, event{
			id: s.rng.Uint64(), ts: ts, kind: kind, userID: o.memberID, session: session,
			productID: productID, orderID: orderID, platform: platform, service: service, version: version,
		})
	}
	back := time.Duration(len(o.items)+1) * time.Duration(40+s.rng.IntN(80)) * time.Second
	emit("app_opened", back, 0, 0)
	for k, it := range o.items {
		left := back * time.Duration(len(o.items)-k) / time.Duration(len(o.items)+1)
		emit("product_viewed", left, it.productID, 0)
		emit("cart_added", left-5*time.Second, it.productID, 0)
	}
	emit("checkout_started", 4*time.Second, 0, 0)
	emit("purchased", 0, 0, o.id)
}

func (s *simulation) browsingSession(d *day) {
	session, platform, service, version := s.newSession()
	at := s.timeOfDay(d.start)
	userID := 0
	if s.rng.Float64() < 0.88 {
		userID = s.visitor(at).id
	}
	end := d.start.AddDate(0, 0, 1)
	emit := func(kind string, productID int) {
		d.events = append(d.events, event{
			id: s.rng.Uint64(), ts: at, kind: kind, userID: userID, session: session,
			productID: productID, platform: platform, service: service, version: version,
		})
	}
	emit("app_opened", 0)
	for n := 1 + int(s.rng.ExpFloat64()*2.5); n > 0; n-- {
		if at = at.Add(time.Duration(5+s.rng.IntN(60)) * time.Second); !at.Before(end) {
			return
		}
		p := s.products[s.productPick[d.start.Month()].pick(s.rng)]
		emit("product_viewed", p.id)
		if s.rng.Float64() < 0.06 {
			emit("cart_added", p.id)
		}
	}
}

// sampler draws indexes with given weights by Vose's alias method: one draw costs two random numbers.
type sampler struct {
	prob  []float64
	alias []int
}

func newSampler(weights []float64) sampler {
	n := len(weights)
	total := 0.0
	for _, w := range weights {
		total += w
	}
	s := sampler{prob: make([]float64, n), alias: make([]int, n)}
	scaled := make([]float64, n)
	var small, large []int
	for i, w := range weights {
		scaled[i] = w * float64(n) / total
		if scaled[i] < 1 {
			small = append(small, i)
		} else {
			large = append(large, i)
		}
	}
	for len(small) > 0 && len(large) > 0 {
		l, g := small[len(small)-1], large[len(large)-1]
		small, large = small[:len(small)-1], large[:len(large)-1]
		s.prob[l], s.alias[l] = scaled[l], g
		if scaled[g] += scaled[l] - 1; scaled[g] < 1 {
			small = append(small, g)
		} else {
			large = append(large, g)
		}
	}
	for _, i := range slices.Concat(small, large) {
		s.prob[i] = 1
	}
	return s
}

func (s sampler) pick(rng *rand.Rand) int {
	i := rng.IntN(len(s.prob))
	if rng.Float64() < s.prob[i] {
		return i
	}
	return s.alias[i]
}

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }
