/*---
write: interval(day)
every: day
start: FIRST_DAY
lookback: 1
description: One row per visit to the app or the web shop; a visit does not cross midnight.
columns:
  session_id: {checks: [not_null, unique]}
---*/
select
  session_id,
  min(ts)::date as day,
  min(ts) as started_at,
  max(ts) - min(ts) as duration,
  any_value(member_id) as member_id,
  any_value(platform) as platform,
  any_value(service) as service,
  count(*) as events,
  count(*) filter (where type = 'product_viewed') as views,
  count(*) filter (where type = 'cart_added') as carts,
  bool_or(type = 'purchased') as converted
from staging.app_events
where ts >= $start and ts < $end
group by session_id
