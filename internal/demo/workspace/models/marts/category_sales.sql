/*---
write: interval(day)
every: day
start: FIRST_DAY
lookback: 14
description: Sales by day, category and brand.
---*/
select
  day,
  category,
  brand,
  count(distinct order_id) as orders,
  sum(quantity)::bigint as quantity,
  sum(line_amount)::decimal(22, 0) as revenue,
  sum(line_margin)::decimal(22, 0) as margin
from core.order_lines
where is_sale and ordered_at >= $start and ordered_at < $end
group by all
