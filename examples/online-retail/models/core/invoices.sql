/*---
write: full
description: One row per invoice. An invoice that spans a minute has the time of its first line.
columns:
  invoice_no: {checks: [not_null, unique]}
---*/
select
  invoice_no,
  kind,
  min(invoiced_at) as invoiced_at,
  min(customer_id) as customer_id,
  min(country) as country,
  count(*) as lines,
  sum(quantity)::bigint as quantity,
  sum(amount)::decimal(22, 3) as amount
from core.lines
group by invoice_no, kind
