/*---
write: view
description: Lines of orders.
columns:
  line_id: {checks: [not_null, unique]}
  order_id: {checks: [not_null, {references: staging.orders.order_id}]}
---*/
select
  id as line_id,
  order_id,
  product_id,
  quantity,
  unit_price,
  unit_price * quantity as line_amount
from raw_shop.order_items
