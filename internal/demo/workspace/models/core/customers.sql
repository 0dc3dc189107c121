/*---
write: full
description: One row per member with what they have bought so far.
columns:
  member_id: {checks: [not_null, unique]}
---*/
select
  m.member_id,
  m.region,
  m.grade,
  m.age_band,
  m.joined_on,
  min(o.day) as first_order_day,
  max(o.day) as last_order_day,
  count(o.order_id) as orders,
  coalesce(sum(o.amount), 0)::decimal(22, 0) as revenue
from staging.members m
left join staging.orders o on o.member_id = m.member_id and o.is_sale
group by all
