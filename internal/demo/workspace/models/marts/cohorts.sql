/*---
write: full
description: Members by the month of their first order, and how many of them order again in later months.
---*/
with firsts as (
  select member_id, date_trunc('month', first_order_day)::date as cohort
  from core.customers
  where orders > 0
),
active as (
  select distinct member_id, date_trunc('month', day)::date as month
  from staging.orders
  where is_sale and member_id is not null
)
select
  cohort,
  date_diff('month', cohort, month) as months_later,
  count(*) as members,
  (count(*) / first(count(*)) over (partition by cohort order by month))::decimal(9, 4) as retention
from firsts
join active using (member_id)
group by cohort, month
