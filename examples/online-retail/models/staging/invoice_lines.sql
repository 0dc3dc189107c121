/*---
write: view
description: >
  Invoice lines as the shop wrote them, with names and types that can be worked with. The rules "kind", "customer" and
  "article" of the README.
columns:
  invoice_no: {checks: [not_null]}
  kind: {checks: [{accepted_values: [sale, cancellation, adjustment, write_off]}]}
---*/
select
  InvoiceNo as invoice_no,
  case
    when InvoiceNo like 'C%' then 'cancellation'
    when InvoiceNo like 'A%' then 'adjustment'
    when Quantity < 0 then 'write_off'
    else 'sale'
  end as kind,
  upper(StockCode) as stock_code,
  Description as description,
  Quantity as quantity,
  InvoiceDate as invoiced_at,
  UnitPrice as unit_price,
  regexp_replace(CustomerID, '\.0$', '')::int as customer_id,
  Country as country,
  (Quantity * UnitPrice)::decimal(18, 3) as amount
from raw_retail.invoice_lines
