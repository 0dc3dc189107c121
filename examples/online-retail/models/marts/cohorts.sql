/*---
write: full
description: Customers by the month of their first sale, and how many of them buy again in later months.
---*/
with months as (
  select distinct customer_id, date_trunc('month', invoiced_at)::date as month
  from core.invoices
  where kind = 'sale' and customer_id is not null
),
firsts as (
  select customer_id, min(month) as cohort
  from months
  group by customer_id
)
select
  cohort,
  date_diff('month', cohort, month) as months_later,
  count(*) as customers
from months
join firsts using (customer_id)
group by all
