/*---
write: full
description: >
  One row per known customer. Cancellations reduce the revenue; only sales count as invoices. Rule "country": the
  customer's country is that of the latest invoice.
columns:
  customer_id: {checks: [not_null, unique]}
---*/
select
  customer_id,
  arg_max(country, (invoiced_at, invoice_no)) as country,
  min(invoiced_at) filter (where kind = 'sale') as first_sale_at,
  max(invoiced_at) filter (where kind = 'sale') as last_sale_at,
  count(*) filter (where kind = 'sale') as invoices,
  count(*) filter (where kind = 'cancellation') as cancellations,
  sum(amount)::decimal(22, 3) as revenue
from core.invoices
where customer_id is not null
group by customer_id
