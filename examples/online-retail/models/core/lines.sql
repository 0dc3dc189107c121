/*---
write: full
description: >
  Invoice lines without exact duplicates. Rule "duplicates": of lines that agree in every column one is kept; copies tells
  how many there were.
columns:
  copies: {type: int, checks: [not_null]}
checks:
  - name: every_line_is_counted
    sql: select sum(copies) from this having sum(copies) <> (select count(*) from staging.invoice_lines)
---*/
select *, count(*)::int as copies
from staging.invoice_lines
group by all
