/*---
write: full
description: Views, sales and view-to-buy ratio of every product.
---*/
with views as (
  select product_id, sum(views)::bigint as views
  from core.product_views
  group by product_id
),
sales as (
  select product_id, count(distinct order_id) as orders, sum(line_amount)::decimal(22, 0) as revenue
  from core.order_lines
  where is_sale
  group by product_id
)
select
  p.product_id,
  p.name,
  p.category,
  p.brand,
  coalesce(v.views, 0) as views,
  coalesce(s.orders, 0) as orders,
  coalesce(s.revenue, 0)::decimal(22, 0) as revenue,
  (s.orders / nullif(v.views, 0))::decimal(9, 4) as view_to_buy
from staging.products p
left join views v using (product_id)
left join sales s using (product_id)
