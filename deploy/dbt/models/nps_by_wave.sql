select
    wave,
    source = 'survey' as answered,
    count(*) as customers,
    avg(expected_nps) as mean_expected_nps
from {{ source('silentnps', 'scores') }}
group by all
order by wave, answered
