"""Writes Iceberg tables with pyiceberg alone.

Standard input is {"dir": an empty folder}. Standard output is a JSON object by table name:

    metadata  the table's metadata file
    rows      the rows as pyiceberg reads them, in the form of cells.py
"""

import datetime as dt
import json
import sys
import uuid
from decimal import Decimal

import cells
import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.expressions import EqualTo, LessThan
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.schema import Schema
from pyiceberg.transforms import BucketTransform, DayTransform, IdentityTransform, MonthTransform, TruncateTransform
from pyiceberg.types import (
    BinaryType, BooleanType, DateType, DecimalType, DoubleType, FixedType, FloatType, IntegerType, ListType, LongType, MapType,
    NestedField, StringType, StructType, TimestampType, TimestamptzType, TimeType, UUIDType,
)

UTC = dt.timezone.utc


def columns(*types):
    """A schema of optional columns; nested ones bring field ids of 100 and above."""
    return Schema(*(NestedField(i + 1, name, kind, required=False) for i, (name, kind) in enumerate(types)))


EVERY_TYPE = columns(
    ("n", IntegerType()), ("b", BooleanType()), ("l", LongType()), ("f", FloatType()), ("d", DoubleType()),
    ("dec9", DecimalType(9, 2)), ("dec18", DecimalType(18, 4)), ("dec38", DecimalType(38, 10)), ("day", DateType()), ("clock", TimeType()),
    ("ts", TimestampType()), ("seen", TimestamptzType()), ("s", StringType()), ("bin", BinaryType()), ("fix", FixedType(4)), ("u", UUIDType()),
    ("ints", ListType(100, IntegerType(), element_required=False)),
    ("m", MapType(101, StringType(), 102, DoubleType(), value_required=False)),
    ("st", StructType(NestedField(103, "a", IntegerType(), required=False), NestedField(104, "값", StringType(), required=False))),
)


def every_type(n):
    """The n-th row of a table of EVERY_TYPE, of which every fifth is NULL."""
    if n % 5 == 4:
        return {"n": n}
    moment = dt.datetime(1969, 12, 31, 23, 59, 59, 999999) + dt.timedelta(days=n * 7, microseconds=n)
    return {
        "n": n, "b": n % 2 == 0, "l": (n - 10) * 2**58, "f": [0.1, float("nan"), float("inf"), -1.5][n % 4], "d": (n - 10) / 3,
        "dec9": Decimal(n - 10) / 100, "dec18": Decimal(n - 10) * 12345678901 + Decimal("0.0001"), "dec38": Decimal(f"{(n - 10) * 10**25}.0000000001"),
        "day": moment.date(), "clock": moment.time(), "ts": moment, "seen": moment.replace(tzinfo=UTC),
        "s": ["", "호수", "sixteen letters and more", "a\"b|c"][n % 4] + str(n), "bin": bytes([255 - n, 0]), "fix": bytes([n, 1, 2, 3]),
        "u": uuid.UUID(int=(2**128 - 1) // (n + 1)).bytes, "ints": [n, None], "m": [("가", n / 2), ("나", None)], "st": {"a": n, "값": None if n % 2 else "예"},
    }


def append(table, rows):
    # Lists, maps and fixed values are given as plain Arrow types, uuids as their bytes.
    table.append(pa.Table.from_pylist(rows, schema=schema_to_pyarrow(table.schema(), include_field_ids=False)))


def evolve(table):
    """Columns are added, widened, renamed, moved and dropped between files."""
    append(table, [{"id": i, "name": f"n{i}", "x": i / 2, "price": Decimal(i), "gone": i, "st": {"a": i}} for i in range(3)])
    with table.update_schema() as change:
        change.add_column("added", DateType())
        change.update_column("id", LongType())
        change.update_column("x", DoubleType())
        change.update_column("price", DecimalType(20, 2))
        change.rename_column("name", "이름")
        change.delete_column("gone")
        change.move_first("added")
    append(table, [{"added": dt.date(2024, 1, i), "id": 2**40 + i, "이름": "새", "x": 1e300, "price": Decimal(10**15), "st": {"a": -i}} for i in (1, 2)])
    with table.update_schema() as change:
        change.add_column("gone", StringType())  # a new column, for all its name
    append(table, [{"id": -1, "gone": "not the old one"}])
    with table.update_schema() as change:
        change.delete_column("st")


def change(table):
    """Rows are deleted and overwritten, and a snapshot is left that has them still."""
    append(table, [{"id": i, "name": f"n{i}"} for i in range(10)])
    table.delete(LessThan("id", 3))
    table.overwrite(pa.Table.from_pylist([{"id": 5, "name": "다섯"}], schema=schema_to_pyarrow(table.schema(), include_field_ids=False)), EqualTo("id", 5))


def partition(table):
    """Files by month and region, then also by day: two layouts in one table."""
    rows = [{"id": i, "region": ["서울", "부산", None][i % 3], "name": ["가나", "나라", "a"][i % 3], "seen": dt.datetime(2023, 12, 30, 22, tzinfo=UTC) + dt.timedelta(hours=9 * i), "day": dt.date(1969, 12, 30 + i % 2)}
            for i in range(12)]
    append(table, rows[:8])
    with table.update_spec() as change:
        change.add_field("day", DayTransform(), "day_day")
        change.add_field("id", BucketTransform(4), "id_bucket")
        change.remove_field("region")
    append(table, rows[8:])


def write(catalog, name, schema, fill, partition=()):
    table = catalog.create_table(f"ns.{name}", schema)
    if partition:
        with table.update_spec() as change:
            for column, transform in partition:
                change.add_field(column, transform)
    fill(table)
    return {"metadata": table.metadata_location.removeprefix("file://"), "rows": cells.rows(table.scan().to_arrow())}


def main(folder):
    catalog = SqlCatalog("foreign", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}/warehouse")
    catalog.create_namespace("ns")
    plain = columns(("id", IntegerType()), ("name", StringType()))
    evolving = columns(("id", IntegerType()), ("name", StringType()), ("x", FloatType()), ("price", DecimalType(9, 2)), ("gone", IntegerType()),
                       ("st", StructType(NestedField(100, "a", IntegerType(), required=False))))
    events = columns(("id", IntegerType()), ("region", StringType()), ("name", StringType()), ("seen", TimestamptzType()), ("day", DateType()))

    def types(table):
        for begin in range(0, 20, 5):
            append(table, [every_type(n) for n in range(begin, begin + 5)])

    return {
        "types": write(catalog, "types", EVERY_TYPE, types),
        "empty": write(catalog, "empty", EVERY_TYPE, lambda table: None),
        "evolved": write(catalog, "evolved", evolving, evolve),
        "changed": write(catalog, "changed", plain, change),
        "partitioned": write(catalog, "partitioned", events, partition, [("seen", MonthTransform()), ("region", IdentityTransform()), ("name", TruncateTransform(1))]),
    }


json.dump(main(json.load(sys.stdin)["dir"]), sys.stdout)
