/*---
write: view
description: Members with an age band; joined_on is the day in Seoul.
columns:
  member_id: {checks: [not_null, unique]}
---*/
select
  id as member_id,
  name,
  gender,
  birth_year,
  case
    when year(joined_at) - birth_year < 30 then '20s and younger'
    when year(joined_at) - birth_year < 40 then '30s'
    when year(joined_at) - birth_year < 50 then '40s'
    else '50s and older'
  end as age_band,
  region,
  grade,
  joined_at,
  joined_at::date as joined_on
from raw_shop.members
