/*---
write: full
description: Sales of every store by month, with sales per square metre.
columns:
  store_id: {checks: [not_null, {references: staging.stores.store_id}]}
---*/
select
  date_trunc('month', o.day)::date as month,
  s.store_id,
  s.name as store,
  s.region,
  count(*) as orders,
  sum(o.amount)::decimal(22, 0) as revenue,
  (sum(o.amount) / any_value(s.size_m2))::decimal(22, 2) as revenue_per_m2
from staging.orders o
join staging.stores s using (store_id)
where o.is_sale
group by all
