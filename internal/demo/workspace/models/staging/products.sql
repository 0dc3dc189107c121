/*---
write: view
description: Products with their margin.
columns:
  product_id: {checks: [not_null, unique]}
---*/
select
  id as product_id,
  name,
  category,
  brand,
  price,
  cost,
  price - cost as margin,
  launched_on
from raw_shop.products
