/*---
write: full
description: The first time a known customer bought each article.
columns:
  customer_id: {checks: [not_null]}
---*/
select
  customer_id,
  stock_code,
  min(invoiced_at) as first_bought_at,
  arg_min(invoice_no, (invoiced_at, invoice_no)) as invoice_no
from core.lines
where kind = 'sale' and customer_id is not null
group by customer_id, stock_code
