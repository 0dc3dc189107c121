"""Reads Iceberg tables with pyiceberg alone.

Standard input is a JSON list of {"name", "metadata", "probe"}: a table's metadata file and the columns, as dotted paths,
to filter by (absent: none; ["*"]: all). Standard output is a JSON object by table name:

    columns  {"name", "type"} of every column, in order
    rows     the rows, as lists of cells; see cells.py
    probes   by column: what filters on it read; see Probe
"""

import json
import math
import sys

import cells
import pyarrow as pa
from pyiceberg.expressions import (
    AlwaysTrue, And, BooleanExpression, EqualTo, GreaterThan, GreaterThanOrEqual, In, IsNaN, IsNull, LessThan, LessThanOrEqual, NotEqualTo, NotIn,
    NotNaN, NotNull, NotStartsWith, Or, StartsWith,
)
from pyiceberg.expressions.visitors import bind, expression_evaluator
from pyiceberg.io.pyarrow import ArrowScan, expression_to_pyarrow, schema_to_pyarrow
from pyiceberg.manifest import ManifestFile
from pyiceberg.table import StaticTable
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.typedef import Record
from pyiceberg.types import DoubleType, FloatType, StringType, StructType, UUIDType


def leaves(fields, parent=""):
    """The primitive columns outside of lists and maps, by dotted path."""
    for field in fields:
        path = parent + field.name
        if isinstance(field.field_type, StructType):
            yield from leaves(field.field_type.fields, path + ".")
        elif field.field_type.is_primitive:
            yield path, field.field_type


def values(column, most=12):
    """Distinct values of a column: the ends, some between, and a neighbour of each end where there is one."""
    found = sorted({v for v in column if v is not None and not (isinstance(v, float) and math.isnan(v))})
    if len(found) > most:
        found = [found[i * (len(found) - 1) // (most - 1)] for i in range(most)]
    if found and type(found[0]) is str:
        found += [found[-1][:5], found[-1] + "!", ""]
    if found and type(found[0]) is int:
        found += [v for v in (found[0] + 1, found[-1] - 1, 7) if -(2**31) <= v < 2**31]
    return found


def filters(path, kind, column) -> list[BooleanExpression]:
    found = values(column)
    out = [IsNull(path), NotNull(path)]
    if isinstance(kind, (FloatType, DoubleType)):
        out += [IsNaN(path), NotNaN(path)]
    for v in found:  # each must be within the bounds of every file that has it
        out += [EqualTo(path, v)]
        if isinstance(kind, StringType):
            out += [StartsWith(path, v[:17])]
    if found:
        v, w = found[0], found[len(found) // 2]
        out += [LessThan(path, w), LessThanOrEqual(path, v), LessThanOrEqual(path, w), GreaterThan(path, v), GreaterThanOrEqual(path, w),
                NotEqualTo(path, v), In(path, [v, w]), NotIn(path, [v, w]), And(GreaterThanOrEqual(path, v), LessThan(path, w)),
                Or(IsNull(path), EqualTo(path, w))]
    return out


def remember(kind, method, path):
    """Makes a method of pyiceberg read each file, which never changes, once and not for every filter."""
    read, known = getattr(kind, method), {}

    def remembered(self, *args, **kwargs):
        name = getattr(self, path)
        if name not in known:
            known[name] = read(self, *args, **kwargs)
        return known[name]

    setattr(kind, method, remembered)


remember(Snapshot, "manifests", "manifest_list")
remember(ManifestFile, "fetch_manifest_entry", "manifest_path")


class Probe:
    """Compares what filters on a table's columns read with the same filters over all of its rows.

    The rows of every data file are read once, without a filter. A filter then must plan every file in which a row matches,
    by its partition and statistics, and a scan with it must yield as many rows as match, by the statistics in the files.
    """

    def __init__(self, table):
        self.table = table
        self.tasks = list(table.scan().plan_files())
        types = schema_to_pyarrow(table.schema(), include_field_ids=False)
        self.rows = [self.scan(table.schema(), AlwaysTrue(), [task]).cast(types) for task in self.tasks]

    def scan(self, schema, expression, tasks):
        return ArrowScan(self.table.metadata, self.table.io, schema, expression).to_table(tasks)

    def run(self, path, kind):
        schema = self.table.schema().select(path)
        numbered = [rows.select([path.split(".")[0]]).append_column("file", pa.array([i] * rows.num_rows, pa.int32()))
                    for i, rows in enumerate(self.rows)]
        column = pa.concat_tables(numbered)
        found = column.column(0).to_pylist()
        for part in path.split(".")[1:]:
            found = [value and value[part] for value in found]
        result = {"filters": 0, "skipped": 0, "wrong": []}
        for expression in filters(path, kind, found):
            result["filters"] += 1
            try:
                tasks = list(self.table.scan(row_filter=expression).plan_files())
                if isinstance(kind, UUIDType):  # pyarrow does not compare these
                    matches = expression_evaluator(schema, expression, case_sensitive=True)
                    matching = [i for i, value in zip(column["file"].to_pylist(), found) if matches(Record(value and value.bytes))]
                    sample = False
                else:
                    matches = expression_to_pyarrow(bind(schema, expression, case_sensitive=True), schema)
                    matching = column.filter(matches)["file"].to_pylist()
                    # Statistics in the files are not ours but DuckDB's: a sample will do. Without columns that were
                    # widened, because pyiceberg cannot compare the narrow decimals of a file with a wide one.
                    sample = matching and result["filters"] % 4 == 0 and len(self.table.metadata.schemas) == 1
                read = self.scan(schema, expression, tasks).num_rows if sample else None
            except Exception as error:
                result["wrong"].append(f"{expression}: {type(error).__name__}: {error}")
                continue
            result["skipped"] += len(self.tasks) - len(tasks)
            planned = {task.file.file_path for task in tasks}
            lost = sum(self.tasks[i].file.file_path not in planned for i in matching)
            if lost:
                result["wrong"].append(f"{expression}: {lost} of {len(matching)} rows that match are in skipped files")
            elif sample and read != len(matching):
                result["wrong"].append(f"{expression}: {read} of {len(matching)} rows that match were read")
        return result


def read(name, metadata, probe=()):
    table = StaticTable.from_metadata(metadata)
    rows = table.scan().to_arrow()
    out = {
        "columns": [{"name": f.name, "type": str(f.field_type)} for f in table.schema().fields],
        "rows": cells.rows(rows),
        "probes": {},
    }
    if probe:
        prober = Probe(table)
        for path, kind in leaves(table.schema().fields):
            if path in probe or "*" in probe:
                out["probes"][path] = prober.run(path, kind)
    return out


json.dump({request["name"]: read(**request) for request in json.load(sys.stdin)}, sys.stdout)
