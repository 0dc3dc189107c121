/*---
write: interval(day)
every: day
start: FIRST_DAY
lookback: 1
description: Views and viewers of every product, by day and service.
---*/
select
  day,
  product_id,
  service,
  count(*) as views,
  count(distinct member_id) as viewers
from staging.app_events
where type = 'product_viewed' and ts >= $start and ts < $end
group by all
