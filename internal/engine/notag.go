//go:build !duckdb_arrow

package engine

// DuckDB's Arrow interface is behind a build tag of its driver. This line does not compile on purpose.
var _ = hosu_must_be_built_with_the_tag_duckdb_arrow__use_make_build_or_go_build_tags_duckdb_arrow
