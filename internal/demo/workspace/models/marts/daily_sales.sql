/*---
write: interval(day)
every: day
start: FIRST_DAY
lookback: 14
description: Sales by day and channel.
columns:
  revenue: {type: "decimal(22,0)", checks: [not_null]}
checks:
  - {name: no_negative_revenue, sql: "select * from this where revenue < 0"}
---*/
select
  day,
  channel,
  count(*) as orders,
  count(distinct member_id) as buyers,
  sum(amount)::decimal(22, 0) as revenue,
  sum(discount)::decimal(22, 0) as discount
from staging.orders
where is_sale and ordered_at >= $start and ordered_at < $end
group by all
