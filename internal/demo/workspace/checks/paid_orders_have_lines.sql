/*---
description: Every paid order has at least one line.
---*/
select o.order_id
from staging.orders o
anti join staging.order_lines l using (order_id)
where o.is_sale
