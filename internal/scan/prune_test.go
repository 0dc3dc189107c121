package scan

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	"github.com/google/go-cmp/cmp"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/schema"
	"github.com/hosu-io/hosu/internal/state"
	"github.com/hosu-io/hosu/internal/storage"
)

// prunable is the schema of tables whose files exist in manifests only.
var prunable = iceberg.NewSchema(0,
	iceberg.NestedField{ID: 1, Name: "id", Type: iceberg.PrimitiveTypes.Int64, Required: true},
	iceberg.NestedField{ID: 2, Name: "region", Type: iceberg.PrimitiveTypes.String},
	iceberg.NestedField{ID: 3, Name: "amount", Type: iceberg.DecimalTypeOf(18, 2)},
	iceberg.NestedField{ID: 4, Name: "at", Type: iceberg.PrimitiveTypes.TimestampTz},
	iceberg.NestedField{ID: 5, Name: "rate", Type: iceberg.PrimitiveTypes.Float64},
	iceberg.NestedField{ID: 6, Name: "day", Type: iceberg.PrimitiveTypes.Date},
)

var prunableSpec = iceberg.NewPartitionSpec(
	iceberg.PartitionField{SourceIDs: []int{4}, FieldID: 1000, Name: "at_day", Transform: iceberg.DayTransform{}},
	iceberg.PartitionField{SourceIDs: []int{2}, FieldID: 1001, Name: "region", Transform: iceberg.IdentityTransform{}},
	iceberg.PartitionField{SourceIDs: []int{1}, FieldID: 1002, Name: "id_bucket", Transform: iceberg.BucketTransform{NumBuckets: 4}},
)

// manifestTable makes a table of files that no one ever opens, committed in the given number of snapshots.
func manifestTable(t testing.TB, spec *iceberg.PartitionSpec, files []iceberg.DataFile, commits int) (*Resolver, *table.Table) {
	t.Helper()
	ctx := context.Background()
	store, err := storage.Open(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	db, err := state.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	cat := catalog.New(db, store, catalog.Options{})
	ident := catalog.Ident{Namespace: "raw_shop", Name: "orders"}
	commit := func(change catalog.Change) {
		t.Helper()
		change.Ident = ident
		if _, err := cat.Commit(ctx, catalog.Commit{By: govern.Owner(), Changes: []catalog.Change{change}}); err != nil {
			t.Fatal(err)
		}
	}
	commit(catalog.Change{Create: &catalog.CreateTable{Schema: prunable, Partition: spec}})
	for part := range slices.Chunk(files, max(1, len(files)/commits)) {
		loaded, err := cat.Load(ctx, ident)
		if err != nil {
			t.Fatal(err)
		}
		requirements, updates, err := cat.Draft(ctx, loaded, func(tx *table.Transaction) error {
			return tx.AddDataFiles(ctx, part, nil, table.WithoutDuplicateCheck())
		})
		if err != nil {
			t.Fatal(err)
		}
		commit(catalog.Change{Requirements: requirements, Updates: updates})
	}
	loaded, err := cat.Load(ctx, ident)
	if err != nil {
		t.Fatal(err)
	}
	return NewResolver(Options{Catalog: cat, Store: store}), loaded
}

// rowRange is what one file of a test holds, by column.
type rowRange struct {
	id     [2]int64
	region string
	amount [2]int64 // cents
	at     [2]time.Time
	rate   [2]float64
	nans   int64
	nulls  map[int]int64
	stats  bool
}

func (r rowRange) dataFile(t testing.TB, root string, n int, spec *iceberg.PartitionSpec) iceberg.DataFile {
	t.Helper()
	partition := map[int]any{}
	if !spec.IsUnpartitioned() {
		bucket := iceberg.BucketTransform{NumBuckets: 4}.Apply(iceberg.Optional[iceberg.Literal]{Valid: true, Val: iceberg.Int64Literal(r.id[0])})
		partition[1000] = int32(r.at[0].Unix() / 86_400)
		partition[1001] = r.region
		partition[1002] = int32(bucket.Val.(iceberg.Int32Literal))
	}
	builder, err := iceberg.NewDataFileBuilder(*spec, iceberg.EntryContentData, fmt.Sprintf("%s/t/data/%05d.parquet", root, n),
		iceberg.ParquetFile, partition, nil, nil, 100, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	if !r.stats {
		return builder.Build()
	}
	lower, upper := map[int][]byte{}, map[int][]byte{}
	bounds := func(id int, low, high iceberg.Literal) {
		for into, literal := range map[*map[int][]byte]iceberg.Literal{&lower: low, &upper: high} {
			raw, err := literal.(interface{ MarshalBinary() ([]byte, error) }).MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			(*into)[id] = raw
		}
	}
	decimal := func(cents int64) iceberg.Literal {
		literal, err := schema.ParseLiteral(iceberg.DecimalTypeOf(18, 2), fmt.Sprintf("%d.%02d", cents/100, cents%100))
		if err != nil {
			t.Fatal(err)
		}
		return literal
	}
	values := map[int]int64{}
	for id := 1; id <= 6; id++ {
		values[id] = 100
	}
	bounds(1, iceberg.Int64Literal(r.id[0]), iceberg.Int64Literal(r.id[1]))
	if r.nulls[2] < 100 {
		bounds(2, iceberg.StringLiteral(r.region), iceberg.StringLiteral(r.region))
	}
	bounds(3, decimal(r.amount[0]), decimal(r.amount[1]))
	bounds(4, iceberg.TimestampLiteral(r.at[0].UnixMicro()), iceberg.TimestampLiteral(r.at[1].UnixMicro()))
	bounds(5, iceberg.Float64Literal(r.rate[0]), iceberg.Float64Literal(r.rate[1]))
	bounds(6, iceberg.DateLiteral(r.at[0].Unix()/86_400), iceberg.DateLiteral(r.at[1].Unix()/86_400))
	nulls := map[int]int64{1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0}
	for id, n := range r.nulls {
		nulls[id] = n
	}
	return builder.ValueCounts(values).NullValueCounts(nulls).NaNValueCounts(map[int]int64{5: r.nans}).
		LowerBoundValues(lower).UpperBoundValues(upper).Build()
}

func randomRange(random *rand.Rand) rowRange {
	day := time.Date(2024, 1, 1+random.IntN(30), random.IntN(12), 0, 0, 0, time.UTC)
	id, cents := random.Int64N(1000), random.Int64N(100_000)
	r := rowRange{
		id: [2]int64{id, id + random.Int64N(50)}, region: []string{"강남", "busan", "seoul"}[random.IntN(3)],
		amount: [2]int64{cents, cents + random.Int64N(5000)}, at: [2]time.Time{day, day.Add(time.Duration(random.IntN(11)) * time.Hour)},
		rate: [2]float64{float64(random.IntN(10)), 10 + float64(random.IntN(10))}, stats: random.IntN(10) > 0,
		nulls: map[int]int64{},
	}
	switch random.IntN(8) {
	case 0:
		r.nulls[2] = 100
	case 1:
		r.nulls[3] = 7
	case 2:
		r.nans = 3
	}
	return r
}

func randomPredicate(random *rand.Rand, depth int) *engine.Predicate {
	if depth > 0 && random.IntN(2) == 0 {
		op := []engine.PredicateOp{engine.And, engine.Or}[random.IntN(2)]
		p := &engine.Predicate{Op: op}
		for range 2 + random.IntN(2) {
			p.Args = append(p.Args, randomPredicate(random, depth-1))
		}
		return p
	}
	comparisons := []engine.PredicateOp{engine.Eq, engine.NotEq, engine.Less, engine.LessEq, engine.Greater, engine.GreaterEq, engine.In}
	p := &engine.Predicate{Op: comparisons[random.IntN(len(comparisons))]}
	value := map[string]func() string{
		"id":     func() string { return fmt.Sprint(random.Int64N(1050)) },
		"region": func() string { return []string{"강남", "busan", "seoul", "jeju"}[random.IntN(4)] },
		"amount": func() string { return fmt.Sprintf("%d.%02d", random.IntN(1100), random.IntN(100)) },
		"at": func() string {
			return time.Date(2024, 1, 1+random.IntN(31), random.IntN(24), 0, 0, 0, time.UTC).Format("2006-01-02 15:04:05") + "+00"
		},
		"rate": func() string { return fmt.Sprintf("%d.5", random.IntN(22)) },
		"day":  func() string { return time.Date(2024, 1, 1+random.IntN(31), 0, 0, 0, 0, time.UTC).Format("2006-01-02") },
	}
	columns := []string{"id", "region", "amount", "at", "rate", "day"}
	p.Column = columns[random.IntN(len(columns))]
	if random.IntN(8) == 0 {
		p.Op = []engine.PredicateOp{engine.IsNull, engine.NotNull}[random.IntN(2)]
		return p
	}
	p.Values = []string{value[p.Column]()}
	if p.Op == engine.In {
		for range random.IntN(4) {
			p.Values = append(p.Values, value[p.Column]())
		}
	}
	return p
}

// The index must select the files that iceberg-go selects from the manifests.
func TestPruneAgreesWithIceberg(t *testing.T) {
	t.Parallel()
	for name, spec := range map[string]*iceberg.PartitionSpec{"unpartitioned": iceberg.UnpartitionedSpec, "partitioned": &prunableSpec} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(1, 2))
			var files []iceberg.DataFile
			root := "file://" + t.TempDir()
			for n := range 120 {
				files = append(files, randomRange(random).dataFile(t, root, n, spec))
			}
			r, loaded := manifestTable(t, spec, files, 5)
			r.store = anywhere{r.store}
			ix, err := r.plan(t.Context(), current(catalog.Ident{}, loaded), nil)
			if err != nil {
				t.Fatal(err)
			}
			pruned, narrower := 0, 0
			for range 400 {
				p := randomPredicate(random, 2)
				filter := filterOf(p, prunable)
				kept, err := ix.prune(filter, prunable)
				if err != nil {
					t.Fatalf("%v: %v", filter, err)
				}
				var got, want []string
				for _, i := range kept {
					got = append(got, filepath.Base(ix.files[i].path))
				}
				tasks, err := loaded.Scan(table.WithRowFilter(filter)).PlanFiles(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, task := range tasks {
					want = append(want, filepath.Base(task.File.FilePath()))
				}
				slices.Sort(got)
				slices.Sort(want)
				if len(got) < len(files) {
					pruned++
				}
				// Joining statistics and partition values per comparison can exclude a little more, never less.
				for _, name := range got {
					if !slices.Contains(want, name) {
						t.Fatalf("%v keeps %s, which iceberg-go excludes", filter, name)
					}
				}
				if len(got) < len(want) {
					narrower++
					if name == "unpartitioned" {
						t.Fatalf("%v (-iceberg +index):\n%s", filter, cmp.Diff(want, got))
					}
				}
			}
			if pruned < 100 {
				t.Errorf("only %d of 400 filters excluded a file: the test proves little", pruned)
			}
			t.Logf("%d of 400 filters excluded files; %d more than iceberg-go", pruned, narrower)
		})
	}
}

// anywhere finds files in any folder, as made-up files need.
type anywhere struct{ Store }

func (anywhere) LocalPath(location string) (string, error) { return location[len("file://"):], nil }

func TestNaNIsNotPruned(t *testing.T) {
	t.Parallel()
	root := "file://" + t.TempDir()
	withNaN := rowRange{region: "x", rate: [2]float64{1, 2}, nans: 1, stats: true}
	without := rowRange{region: "x", rate: [2]float64{1, 2}, stats: true}
	r, loaded := manifestTable(t, iceberg.UnpartitionedSpec, []iceberg.DataFile{
		withNaN.dataFile(t, root, 0, iceberg.UnpartitionedSpec), without.dataFile(t, root, 1, iceberg.UnpartitionedSpec),
	}, 1)
	r.store = anywhere{r.store}
	ix, err := r.plan(t.Context(), current(catalog.Ident{}, loaded), nil)
	if err != nil {
		t.Fatal(err)
	}
	for op, want := range map[engine.PredicateOp][]int{engine.Greater: {0}, engine.GreaterEq: {0}, engine.Less: {0, 1}, engine.Eq: {}} {
		got, err := ix.prune(filterOf(&engine.Predicate{Op: op, Column: "rate", Values: []string{"100.0"}}, prunable), prunable)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("rate %s 100 (-want +got):\n%s", op, diff)
		}
	}
}

func TestFilterOfWhatCannotBeTranslated(t *testing.T) {
	t.Parallel()
	known := &engine.Predicate{Op: engine.Eq, Column: "id", Values: []string{"1"}}
	for _, test := range []struct {
		name string
		p    *engine.Predicate
		want string
	}{
		{"no condition", nil, "AlwaysTrue()"},
		{"unknown column", &engine.Predicate{Op: engine.Eq, Column: "nope", Values: []string{"1"}}, "AlwaysTrue()"},
		{"value of another type", &engine.Predicate{Op: engine.Eq, Column: "id", Values: []string{"one"}}, "AlwaysTrue()"},
		{"operator of a later engine", &engine.Predicate{Op: "like", Column: "region", Values: []string{"x%"}}, "AlwaysTrue()"},
		{"negation", &engine.Predicate{Op: "not", Args: []*engine.Predicate{known}}, "AlwaysTrue()"},
		{"NaN", &engine.Predicate{Op: engine.Less, Column: "rate", Values: []string{"nan"}}, "AlwaysTrue()"},
		{"AND keeps what is known", &engine.Predicate{Op: engine.And, Args: []*engine.Predicate{known, {Op: "like"}}}, filterOf(known, prunable).String()},
		{"OR does not", &engine.Predicate{Op: engine.Or, Args: []*engine.Predicate{known, {Op: "like"}}}, "AlwaysTrue()"},
		{"null test of a required column", &engine.Predicate{Op: engine.IsNull, Column: "id"}, "AlwaysTrue()"},
	} {
		if got := filterOf(test.p, prunable).String(); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestConstant(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		typ  iceberg.Type
		text string
		want iceberg.Literal // nil: refused
	}{
		{iceberg.PrimitiveTypes.Int64, "-7", iceberg.Int64Literal(-7)},
		{iceberg.PrimitiveTypes.Float32, "0.1", iceberg.Float32Literal(0.1)},
		{iceberg.PrimitiveTypes.Float64, "1e300", iceberg.Float64Literal(1e300)},
		{iceberg.PrimitiveTypes.Float64, "inf", nil},
		{iceberg.PrimitiveTypes.Float32, "-inf", nil},
		{iceberg.PrimitiveTypes.Float64, "nan", nil},
		{iceberg.PrimitiveTypes.Date, "infinity", nil},
		{iceberg.PrimitiveTypes.String, "\uFFFD", iceberg.StringLiteral("\uFFFD")},
		{iceberg.PrimitiveTypes.Binary, `a\x00`, iceberg.BinaryLiteral{'a', 0}},
	} {
		got, ok := constant(test.typ, test.text)
		if ok != (test.want != nil) || ok && !got.Equals(test.want) {
			t.Errorf("%s %q: %v, %v; want %v", test.typ, test.text, got, ok, test.want)
		}
	}
}

// BenchmarkSelect shows what a warm statement pays for pruning a table of 1,000 files, from the index and from
// the manifests.
func BenchmarkSelect(b *testing.B) {
	random := rand.New(rand.NewPCG(3, 4))
	root := "file://" + b.TempDir()
	var files []iceberg.DataFile
	for n := range 1000 {
		files = append(files, randomRange(random).dataFile(b, root, n, &prunableSpec))
	}
	r, loaded := manifestTable(b, &prunableSpec, files, 20)
	r.store = anywhere{r.store}
	v := current(catalog.Ident{}, loaded)
	filter := filterOf(&engine.Predicate{Op: engine.And, Args: []*engine.Predicate{
		{Op: engine.Eq, Column: "id", Values: []string{"500"}}, {Op: engine.Less, Column: "day", Values: []string{"2024-01-20"}},
	}}, prunable)
	for name, limit := range map[string]int{"index": 10_000, "manifests": 1} {
		b.Run(name, func(b *testing.B) {
			r.maxIndexed = limit
			for b.Loop() {
				if _, err := r.selectFiles(b.Context(), v, filter); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
