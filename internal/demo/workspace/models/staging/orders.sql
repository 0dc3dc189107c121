/*---
write: view
description: Orders; day is the day in Seoul, and only paid orders are sales.
columns:
  order_id: {checks: [not_null, unique]}
  status: {checks: [{accepted_values: [paid, cancelled, refunded]}]}
  channel: {checks: [{accepted_values: [app, web, store]}]}
---*/
select
  id as order_id,
  member_id,
  store_id,
  channel,
  status,
  status = 'paid' as is_sale,
  ordered_at,
  ordered_at::date as day,
  discount,
  amount,
  updated_at
from raw_shop.orders
