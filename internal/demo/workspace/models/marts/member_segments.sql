/*---
write: merge(member_id)
description: Recency, frequency and money of every buyer, in quintiles; one row per member, kept up to date.
columns:
  member_id: {checks: [not_null, unique]}
---*/
select
  member_id,
  last_order_day,
  orders,
  revenue,
  ntile(5) over (order by last_order_day, member_id) as recency,
  ntile(5) over (order by orders, member_id) as frequency,
  ntile(5) over (order by revenue, member_id) as money
from core.customers
where orders > 0
