/*---
write: view
description: App and web events with the day in Seoul.
---*/
select
  event_id,
  ts,
  ts::date as day,
  type,
  user_id as member_id,
  session_id,
  product_id,
  order_id,
  platform,
  service,
  app_version
from events.app
