/*---
write: interval(day)
every: day
start: FIRST_DAY
lookback: 14
description: One row per order line with its product, for every day of sales.
columns:
  line_id: {checks: [not_null, unique]}
  line_amount: {type: "decimal(22,0)", checks: [not_null]}
checks:
  - {name: no_negative_amount, sql: "select * from this where line_amount < 0"}
---*/
select
  l.line_id,
  o.order_id,
  o.day,
  o.ordered_at,
  o.member_id,
  o.store_id,
  o.channel,
  o.is_sale,
  p.product_id,
  p.category,
  p.brand,
  l.quantity,
  l.line_amount::decimal(22, 0) as line_amount,
  (p.margin * l.quantity)::decimal(22, 0) as line_margin
from staging.orders o
join staging.order_lines l using (order_id)
join staging.products p using (product_id)
where o.ordered_at >= $start and o.ordered_at < $end
