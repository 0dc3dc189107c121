/*---
write: interval(day)
every: day
start: FIRST_DAY
lookback: 1
description: Visits to the apps by day and platform, and how many of them end in a purchase.
---*/
select
  day,
  platform,
  count(*) as sessions,
  count(distinct member_id) as active_members,
  sum(views)::bigint as views,
  sum(carts)::bigint as carts,
  count(*) filter (where converted) as purchases,
  (count(*) filter (where converted) / count(*))::decimal(9, 4) as conversion
from core.sessions
where started_at >= $start and started_at < $end
group by all
