"""The values of Arrow tables as JSON without loss, in the form of cells.go beside this file."""

import math

import pyarrow as pa


def cell(scalar):
    """A value as JSON without loss: None, text, or lists and objects of them. Dates are days, times and timestamps
    microseconds since 1970, and those with a time zone end in Z; a map is a list of [key, value]."""
    if not scalar.is_valid:
        return None
    t = scalar.type
    if pa.types.is_boolean(t):
        return "true" if scalar.as_py() else "false"
    if pa.types.is_floating(t):
        value = scalar.as_py()
        return "nan" if math.isnan(value) else "%.17g" % value
    if pa.types.is_decimal(t):
        return format(scalar.as_py(), "f")
    if pa.types.is_timestamp(t):
        assert t.unit == "us", t
        return str(scalar.value) + ("Z" if t.tz else "")
    if pa.types.is_date32(t) or pa.types.is_time64(t):
        return str(scalar.value)
    if pa.types.is_binary(t) or pa.types.is_large_binary(t) or pa.types.is_fixed_size_binary(t):
        return scalar.as_py().hex()
    if pa.types.is_map(t):
        return [[cell(entry["key"]), cell(entry["value"])] for entry in scalar.values]
    if pa.types.is_list(t) or pa.types.is_large_list(t):
        return [cell(element) for element in scalar.values]
    if pa.types.is_struct(t):
        return {field.name: cell(scalar[field.name]) for field in t}
    return str(scalar.as_py())


def rows(table):
    """The rows of an Arrow table, as lists of cells."""
    columns = [table.column(i).combine_chunks() for i in range(table.num_columns)]
    return [[cell(column[i]) for column in columns] for i in range(table.num_rows)]
