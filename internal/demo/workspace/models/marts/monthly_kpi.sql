/*---
write: full
description: The month at a glance.
columns:
  month: {checks: [not_null, unique]}
---*/
with sales as (
  select
    date_trunc('month', day)::date as month,
    count(*) as orders,
    count(distinct member_id) as buyers,
    sum(amount)::decimal(22, 0) as revenue
  from staging.orders
  where is_sale
  group by all
),
new_buyers as (
  select date_trunc('month', first_order_day)::date as month, count(*) as new_buyers
  from core.customers
  where orders > 0
  group by all
),
visitors as (
  select date_trunc('month', day)::date as month, count(distinct member_id) as active_members
  from core.sessions
  group by all
)
select
  month,
  orders,
  revenue,
  (revenue / orders)::decimal(22, 0) as average_order_value,
  buyers,
  coalesce(new_buyers, 0) as new_buyers,
  coalesce(active_members, 0) as active_members
from sales
left join new_buyers using (month)
left join visitors using (month)
