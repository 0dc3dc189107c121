/*---
write: view
description: Stores.
columns:
  store_id: {checks: [not_null, unique]}
---*/
select id as store_id, name, region, opened_on, size_m2
from raw_shop.stores
