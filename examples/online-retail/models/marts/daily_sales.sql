/*---
write: interval(day)
every: day
start: 2010-12-01
description: Sales and cancellations by day, in the shop's local time. Net is everything that was invoiced, adjustments included.
columns:
  day: {checks: [not_null, unique]}
---*/
select
  invoiced_at::date as day,
  count(distinct invoice_no) filter (where kind = 'sale') as invoices,
  count(distinct customer_id) filter (where kind = 'sale') as customers,
  coalesce(sum(amount) filter (where kind = 'sale'), 0)::decimal(22, 3) as sales,
  coalesce(sum(amount) filter (where kind = 'cancellation'), 0)::decimal(22, 3) as cancelled,
  sum(amount)::decimal(22, 3) as net
from core.lines
where invoiced_at >= $start and invoiced_at < $end
group by all
