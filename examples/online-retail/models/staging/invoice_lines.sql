/*---
write: view
description: >
  Invoice lines as the shop wrote them, with names and types that can be worked with.
  Rule "kind": an invoice number that begins with C cancels, one that begins with A adjusts bad debt, any other sells.
  Rule "customer": "17850.0" is customer 17850; a missing number is an unknown customer.
columns:
  kind: {checks: [{accepted_values: [sale, cancellation, adjustment]}]}
---*/
select
  InvoiceNo as invoice_no,
  case InvoiceNo[1]
    when 'C' then 'cancellation'
    when 'A' then 'adjustment'
    else 'sale'
  end as kind,
  StockCode as stock_code,
  Description as description,
  Quantity as quantity,
  InvoiceDate as invoiced_at,
  UnitPrice as unit_price,
  CustomerID::double::int as customer_id,
  Country as country,
  (Quantity * UnitPrice)::decimal(18, 3) as amount
from raw_retail.invoice_lines
