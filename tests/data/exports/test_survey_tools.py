"""One answer per row: HubSpot, Wootric, Delighted in a warehouse, and Medallia's Agent Connect."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from exported import aside, read, reordered, rows

from silentnps.errors import ConfigError

HUBSPOT = """\
hs_object_id,hs_createdate,hs_survey_type,hs_survey_channel,hs_value,hs_response_group,hs_sentiment,hs_contact_id,hs_content,hs_lastmodifieddate
1,2025-01-15T10:00:00Z,NPS,EMAIL,9,PROMOTER,POSITIVE,501,good,2025-01-15T10:00:00Z
1,2025-01-15T10:00:00Z,NPS,EMAIL,8,PASSIVE,POSITIVE,501,good,2025-01-16T10:00:00Z
2,2025-01-15T11:00:00Z,CSAT,EMAIL,2,,NEGATIVE,502,,2025-01-16T10:00:00Z
3,1736938800000,NPS,WEB,0,DETRACTOR,NEGATIVE,503,,2025-01-16T10:00:00Z
"""


def test_hubspot_has_other_surveys_and_versions(tmp_path: Path) -> None:
    for text in (HUBSPOT, reordered(HUBSPOT)):
        found = read(tmp_path, "responses", text, "hubspot_feedback")
        assert rows(found)[["customer_id", "rating"]].values.tolist() == [["501", 8], ["503", 0]]
        assert rows(found)["responded_at"].max() == pd.Timestamp("2025-01-15 11:00")
        assert aside(found) == {
            "the latest version of what it describes": 1,
            "an NPS answer (hs_survey_type NPS)": 1,
        }
        assert set(rows(found)) == {"customer_id", "responded_at", "rating", "channel", "comment"}


def test_what_is_made_from_the_answer_is_never_used(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must not be 'hs_sentiment'; it is made from the answer"):
        read(tmp_path, "responses", HUBSPOT, "hubspot_feedback", columns={"channel": "hs_sentiment"})


WOOTRIC = """\
id,score,text,completed,excluded_from_calculations,created_at,end_user_id,end_user_email,ip_address,origin_url
1,10,great,true,false,1736938800,71,a@x.example,192.0.2.1,http://shop.example
2,2,,false,false,1736938860,72,b@x.example,192.0.2.2,http://shop.example
3,1,spam,true,true,1736938860,73,c@x.example,192.0.2.2,http://shop.example
4,,,false,false,1736938860,74,d@x.example,192.0.2.2,http://shop.example
"""


def test_wootric_honours_what_is_excluded_and_keeps_scores_without_a_text(tmp_path: Path) -> None:
    for text in (WOOTRIC, reordered(WOOTRIC)):
        found = read(tmp_path, "responses", text, "wootric")
        assert rows(found)[["customer_id", "rating"]].values.tolist() == [["a@x.example", 10], ["b@x.example", 2]]
        assert rows(found)["responded_at"].min() == pd.Timestamp("2025-01-15 11:00")
        assert aside(found) == {"one that is not excluded from calculations": 1, "an answer with a score": 1}
        assert "192.0.2" not in rows(found).to_string()


def test_the_end_user_of_wootric_may_be_an_object(tmp_path: Path) -> None:
    user = '{""id"": 71, ""email"": ""a@x.example"", ""external_id"": ""c1""}'
    text = f'id,score,excluded_from_calculations,created_at,end_user\n1,10,False,1736938800,"{user}"\n'
    found = read(tmp_path, "responses", text, "wootric")
    assert rows(found)["customer_id"].tolist() == ["c1"]


DELIGHTED = """\
id,person_id,survey_type,score,comment,permalink,created_at,updated_at,_fivetran_deleted,_fivetran_synced
1,p1,nps,9,,http,2025-01-15 11:00:00+00,2025-01-15 11:00:00+00,false,2025-02-01 10:00:00+00
1,p1,nps,10,,http,2025-01-15 11:00:00+00,2025-01-15 12:00:00+00,false,2025-02-02 10:00:00+00
2,p2,nps,3,,http,2025-01-15 11:00:00+00,2025-01-15 12:00:00+00,true,2025-02-02 10:00:00+00
3,p3,nps,5,,http,2025-01-15 11:00:00+00,2025-01-15 12:00:00+00,false,2025-02-02 10:00:00+00
"""

PEOPLE = "id,name,email,created_at,last_sent_at\np1,A,a@x.example,1,1\np3,C,c@x.example,1,1\n"


def test_delighted_in_a_warehouse_finds_the_address_in_the_table_of_people(tmp_path: Path) -> None:
    found = read(tmp_path, "responses", DELIGHTED, "delighted", joined={"person": PEOPLE})
    assert rows(found)[["customer_id", "rating"]].values.tolist() == [["a@x.example", 10], ["c@x.example", 5]]
    assert aside(found) == {
        "the latest version of what it describes": 1,
        "one that the source still has": 1,
    }
    alone = read(tmp_path, "responses", DELIGHTED, "delighted")
    assert alone.config.tables["responses"].identified_by == "delighted_person"


AGENT_CONNECT = """\
request_id,request_sent_at,request_delivery_status,response_received_at,star_rating,comments,channel,tags,brand,request_sent_to
1,2025-01-15T10:00:00Z,delivered,2025-01-15T12:00:00Z,5,fine,email,vip,shop,a@x.example
2,2025-01-15T10:00:00Z,delivered,,,,email,,shop,b@x.example
3,2025-01-15T10:00:00Z,bounced,,,,email,,shop,c@x.example
4,,created,,,,email,,shop,d@x.example
"""


def test_every_request_that_was_delivered_is_an_invitation(tmp_path: Path) -> None:
    for text in (AGENT_CONNECT, reordered(AGENT_CONNECT)):
        found = read(tmp_path, "invitations", text, "medallia_agent_connect")
        frame = rows(found, "invitations")
        assert sorted(frame["customer_id"]) == ["a@x.example", "b@x.example"]
        assert set(frame["survey_type"]) == {"transactional"}
        assert aside(found) == {"a request that was delivered": 1, "a request that was sent": 1}


def test_stars_are_refused_as_ratings_unless_a_scale_says_what_they_mean(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"star_rating.*are no answer.*columns: \{rating: star_rating\} and"):
        read(tmp_path, "responses", AGENT_CONNECT, "medallia_agent_connect")
    with pytest.raises(ConfigError, match=r"must not be 'star_rating'"):
        read(tmp_path, "responses", AGENT_CONNECT, "medallia_agent_connect", columns={"rating": "star_rating"})
    scale = {"from": "1-5", "to": {1: "detractor", 2: "detractor", 3: "detractor", 4: "passive", 5: "promoter"}}
    found = read(
        tmp_path,
        "responses",
        AGENT_CONNECT,
        "medallia_agent_connect",
        columns={"rating": "star_rating"},
        scale=scale,
    )
    assert rows(found)[["customer_id", "rating"]].values.tolist() == [["a@x.example", 9]]
    assert aside(found) == {"a request with an answer": 3}
