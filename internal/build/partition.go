package build

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// checkPartition fails when the model asks for another partition than its table has: a table keeps the one it was created with.
func (b *building) checkPartition(ctx context.Context) error {
	loaded, err := b.Catalog.Load(ctx, b.ident)
	if err != nil {
		return err
	}
	have := partitionOf(loaded)
	if slices.EqualFunc(have, b.Model.Partition, strings.EqualFold) {
		return nil
	}
	return permanently(fmt.Errorf("%s: the table is partitioned by %s and the model asks for %s; a table keeps the partition it was created with: "+
		"write partition: [%s] again, or give the model another name", b.Model.Pos, list(have), list(b.Model.Partition), strings.Join(have, ", ")))
}

// partitionOf writes a table's partition the way models do: "region", "day(ts)", "bucket(16, id)".
func partitionOf(loaded *table.Table) []string {
	var fields []string
	spec := loaded.Spec()
	for _, field := range spec.Fields() {
		column, _ := loaded.Schema().FindColumnName(field.SourceID())
		switch transform := field.Transform.(type) {
		case iceberg.IdentityTransform:
			fields = append(fields, column)
		case iceberg.BucketTransform:
			fields = append(fields, fmt.Sprintf("bucket(%d, %s)", transform.NumBuckets, column))
		case iceberg.TruncateTransform:
			fields = append(fields, fmt.Sprintf("truncate(%d, %s)", transform.Width, column))
		case iceberg.VoidTransform: // a field that was removed
		default:
			fields = append(fields, fmt.Sprintf("%s(%s)", transform, column))
		}
	}
	return fields
}

func list(fields []string) string {
	if len(fields) == 0 {
		return "nothing"
	}
	return strings.Join(fields, ", ")
}
