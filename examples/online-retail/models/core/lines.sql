/*---
write: full
description: >
  Invoice lines without exact duplicates.
  Rule "duplicates": of lines that agree in every column one is kept; copies tells how many there were.
columns:
  copies: {type: int, checks: [not_null]}
checks:
  - {name: copies_are_positive, sql: "select * from this where copies < 1"}
---*/
select *, count(*)::int as copies
from staging.invoice_lines
group by all
