select customer_id, wave, nps_class, nps_band, expected_nps, reasons_against, model_version
from {{ source('silentnps', 'scores') }}
where source = 'model'
order by expected_nps
