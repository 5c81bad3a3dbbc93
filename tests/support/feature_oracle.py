"""A second engine: all features computed customer by customer in plain pandas, following their definitions.

Unknown is None: the kind of an event, or whether something has happened if its time is before the event's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pandas as pd
from three_valued import counted, counted_among, different, happened, neither, ratio, share

CLOCKS = {
    "orders": "ordered_at",
    "returns": "returned_at",
    "outreach": "sent_at",
    "engagement": "occurred_at",
    "support": "opened_at",
    "referrals": "referred_at",
}
CHANNELS = ("sms", "chat", "video", "email", "call", "appointment")
DAY = 86_400


def expected_features(frames: Mapping[str, pd.DataFrame], population: pd.DataFrame) -> pd.DataFrame:
    """Return one row per row of the population, in its order, with a column per feature of the catalogue."""
    return pd.DataFrame([_row(frames, row) for row in population.itertuples()], index=population.index)


def _row(frames: Mapping[str, pd.DataFrame], who: object) -> dict[str, float]:
    past = {}
    for name, clock in CLOCKS.items():
        events = frames[name][frames[name].customer_id == who.customer_id]
        events = events[events[clock] < who.as_of].sort_values(clock, kind="stable")
        past[name] = events.assign(ago=[_seconds(then, who.as_of) for then in events[clock]])
    parts = [_orders, _delivery, _returns, _outreach, _engagement, _support, _referrals]
    row = {key: value for part in parts for key, value in part(past, who.as_of).items()}
    row |= _responses(frames, who) | _invitations(frames, who) | _tenure(frames, who)
    asked = row["invitations_previous_count"]
    row["responses_previous_answer_share"] = ratio(row["responses_previous_count"], asked)
    row["customers_days_to_first_order"] = row["customers_tenure_days"] - row["orders_days_since_first"]
    return row


def _seconds(start: pd.Timestamp, end: pd.Timestamp) -> int:
    return end.value // 10**9 - start.value // 10**9


def _last(frame: pd.DataFrame, days: int) -> pd.DataFrame:
    return frame[frame.ago <= days * DAY]


def _since(frame: pd.DataFrame) -> float:
    return frame.ago.min() / DAY if len(frame) else np.nan


def _orders(past: Mapping[str, pd.DataFrame], as_of: pd.Timestamp) -> dict[str, float]:
    orders = past["orders"]
    year = _last(orders, 365)
    days = sorted(set(orders.ordered_at.dt.normalize()))
    gaps = [(after - before).days for before, after in pairwise(days)]
    gap = float(np.median(gaps)) if gaps else np.nan
    discounted = year[year.discount.notna()]
    discount = float(discounted.discount.sum())
    recent, older = orders[orders.ago <= 180 * DAY], orders[orders.ago > 180 * DAY]
    trend = ratio(recent.amount.sum(), len(recent)) / (ratio(older.amount.sum(), len(older)) or np.nan)
    return _baskets(year) | {
        "orders_days_since_first": orders.ago.max() / DAY if len(orders) else np.nan,
        "orders_amount_90d": _last(orders, 90).amount.sum() / 100,
        "orders_average_amount_trend_180d": trend,
        "orders_longest_gap_days": max(gaps, default=np.nan),
        "orders_days_since_last": _since(orders),
        **{f"orders_count_{window}d": len(_last(orders, window)) for window in (30, 90, 180, 365)},
        "orders_count_total": len(orders),
        "orders_single_purchase": float(len(orders) == 1),
        "orders_amount_total": orders.amount.sum() / 100,
        "orders_amount_365d": year.amount.sum() / 100,
        "orders_average_amount": ratio(orders.amount.sum(), len(orders)) / 100,
        "orders_discount_share_365d": ratio(discount, discount + discounted.amount.sum()),
        "orders_median_gap_days": gap,
        "orders_overdue_ratio": _since(orders) / gap,
        "orders_repeat_within_180d": float(any(days <= 180 for days in gaps)),
        "orders_repeat_days": len(gaps),
        "orders_recency_days": (days[-1] - days[0]).days if days else np.nan,
        "orders_age_days": (as_of.normalize() - days[0]).days if days else np.nan,
        "orders_repeat_amount_mean": _repeat_amount(orders, days) if gaps else np.nan,
    }


def _baskets(year: pd.DataFrame) -> dict[str, float]:
    channels = [each.strip().lower() for each in year.channel.dropna()]
    known = year["items"].dropna()
    return {
        "orders_online_share_365d": ratio(sum(each in ("web", "app") for each in channels), len(channels)),
        "orders_channels_365d": different(year.channel),
        "orders_items_mean_365d": ratio(known.sum(), len(known)),
        "orders_categories_365d": different(year.category),
    }


def _repeat_amount(orders: pd.DataFrame, days: list[pd.Timestamp]) -> float:
    """Return the mean spend per day with an order, without the first day."""
    later = orders[orders.ordered_at >= days[0] + pd.Timedelta(days=1)]
    return later.groupby(later.ordered_at.dt.normalize()).amount.sum().mean() / 100


def _delivery(past: Mapping[str, pd.DataFrame], as_of: pd.Timestamp) -> dict[str, float]:
    orders = past["orders"]
    ever = orders.assign(
        late=[_days_late(order, as_of) for order in orders.itertuples()],
        come=pd.Series(happened(orders, "delivered_at", "ordered_at", as_of), orders.index, dtype="object"),
    )
    half_year = _last(ever, 180)
    late = half_year.late.dropna().tolist()
    promised = _last(ever[ever.promised_at.notna()], 90)
    arrived = half_year[half_year.come.eq(True)]
    taken = sum(_seconds(order.ordered_at, order.delivered_at) for order in arrived.itertuples())
    under_way = [None if each is None else not each for each in promised.come]
    is_late = [None if np.isnan(each) else each > 0 for each in promised.late]
    return {
        "orders_days_since_last_late": _since(ever[ever.late > 0]),
        "orders_under_way_90d": counted(under_way),
        "orders_late_under_way_90d": counted_among(is_late, under_way),
        "orders_late_share_180d": ratio(sum(each > 0 for each in late), len(late)),
        "orders_late_count_90d": counted(is_late),
        "orders_days_late_max_180d": max(late, default=np.nan),
        "orders_days_late_mean_180d": ratio(sum(late), len(late)),
        "orders_delivery_days_mean_180d": ratio(taken, len(arrived)) / DAY,
    } | _fulfilment(orders, as_of)


def _fulfilment(orders: pd.DataFrame, as_of: pd.Timestamp) -> dict[str, float]:
    left = happened(orders, "fulfilled_at", "ordered_at", as_of)
    waits = [
        (order.ago, done, _seconds(order.ordered_at, order.fulfilled_at if done else as_of) / DAY)
        for order, done in zip(orders.itertuples(), left, strict=True)
    ]
    half_year = [(done, days) for ago, done, days in waits if ago <= 180 * DAY and done is not None]
    quarter = [(done, days) for ago, done, days in waits if ago <= 90 * DAY]
    known = [0 if done else days for done, days in quarter if done is not None]
    fulfilled = [days for done, days in half_year if done]
    return {
        "orders_fulfilment_days_mean_180d": ratio(sum(fulfilled), len(fulfilled)),
        "orders_fulfilment_days_max_180d": max((days for _, days in half_year), default=np.nan),
        "orders_unfulfilled_90d": counted(None if done is None else not done for done, _ in quarter),
        "orders_unfulfilled_oldest_days_90d": max(known, default=np.nan if quarter else 0),
    }


def _days_late(order: object, as_of: pd.Timestamp) -> float:
    if order.promised_at is pd.NaT or order.delivered_at < order.ordered_at:
        return np.nan
    end = order.delivered_at if order.delivered_at < as_of else as_of
    return max(_seconds(order.promised_at, end), 0) / DAY


def _returns(past: Mapping[str, pd.DataFrame], as_of: pd.Timestamp) -> dict[str, float]:
    year, orders = _last(past["returns"], 365), _last(past["orders"], 365)
    refunds = np.nan if len(year) and year.refund_amount.isna().all() else float(year.refund_amount.sum())
    return {
        "returns_count_90d": len(_last(year, 90)),
        "returns_count_365d": len(year),
        "returns_days_since_last": _since(past["returns"]),
        "returns_refund_amount_365d": refunds / 100,
        "returns_refund_share_365d": ratio(refunds, orders.amount.sum()),
        "returns_per_order_365d": ratio(len(year), len(orders)),
    }


def _outreach(past: Mapping[str, pd.DataFrame], as_of: pd.Timestamp) -> dict[str, float]:
    sent = past["outreach"]
    year, replies = _last(sent, 365), sent[(sent.replied_at < as_of) & ~(sent.replied_at < sent.sent_at)]
    answered = happened(year, "replied_at", "sent_at", as_of)
    by_channel: dict[str, float] = {}
    for channel in CHANNELS:
        own = [replied for by, replied in zip(year.channel, answered, strict=True) if by == channel]
        kinds = (None if pd.isna(by) else by == channel for by in year.channel)
        by_channel[f"outreach_{channel}_count_365d"] = counted(kinds)
        by_channel[f"outreach_{channel}_answer_share_365d"] = share(own)
    return by_channel | {
        "outreach_days_since_last": _since(sent),
        "outreach_hours_to_reply_mean_365d": _mean_hours(year, "replied_at", as_of, clock="sent_at"),
        "outreach_count_90d": len(_last(sent, 90)),
        "outreach_count_365d": len(year),
        "outreach_replies_365d": counted(answered),
        "outreach_answer_share_365d": share(answered),
        "outreach_days_since_last_reply": min(
            (_seconds(t, as_of) / DAY for t in replies.replied_at), default=np.nan
        ),
    }


def _engagement(past: Mapping[str, pd.DataFrame], as_of: pd.Timestamp) -> dict[str, float]:
    events = past["engagement"]
    return {
        **{f"engagement_count_{window}d": len(_last(events, window)) for window in (30, 90, 365)},
        "engagement_days_since_last": _since(events),
        "engagement_dormant_90d": float(len(_last(events, 90)) == 0),
        "engagement_clicks_90d": _of_kind(_last(events, 90), "Click"),
        "engagement_visits_90d": _of_kind(_last(events, 90), "visit"),
        "engagement_app_90d": _of_kind(_last(events, 90), "app"),
        "engagement_shares_365d": _of_kind(_last(events, 365), "share"),
    }


def _of_kind(events: pd.DataFrame, kind: str) -> float:
    return counted(None if pd.isna(each) else each == kind for each in events.kind)


def _support(past: Mapping[str, pd.DataFrame], as_of: pd.Timestamp) -> dict[str, float]:
    cases = past["support"]
    year = _last(cases, 365)
    words = [None if pd.isna(each) else each.strip().lower() == "complaint" for each in cases.category]
    complaint = pd.Series(words, cases.index, dtype="object")
    closed = pd.Series(happened(cases, "closed_at", "opened_at", as_of), cases.index, dtype="object")
    answered = happened(cases, "first_response_at", "opened_at", as_of)
    open_ = [None if each is None else not each for each in closed]
    waits = [neither(*each) for each in zip(answered, closed, strict=True)]
    since = [ago if each else 0 for ago, each in zip(cases.ago, open_, strict=True) if each is not None]
    return {
        "support_days_since_last_complaint": _since(cases[complaint.eq(True)]),
        "support_open_complaints": counted_among(complaint, open_),
        "support_oldest_open_days": max(since, default=np.nan if len(cases) else 0) / DAY,
        "support_unanswered_cases": counted(waits),
        "support_cases_90d": len(_last(cases, 90)),
        "support_cases_365d": len(year),
        "support_days_since_last": _since(cases),
        "support_complaints_180d": counted(complaint[_last(cases, 180).index]),
        "support_open_cases": counted(open_),
        "support_hours_to_response_mean_365d": _mean_hours(year, "first_response_at", as_of),
        "support_hours_to_close_mean_365d": _mean_hours(year, "closed_at", as_of),
        "support_escalations_365d": counted_among(year.escalated, closed[year.index]),
    }


def _mean_hours(cases: pd.DataFrame, column: str, as_of: pd.Timestamp, clock: str = "opened_at") -> float:
    done = cases[(cases[column] < as_of) & ~(cases[column] < cases[clock])]
    return ratio(sum(map(_seconds, done[clock], done[column])), len(done)) / 3_600


def _referrals(past: Mapping[str, pd.DataFrame], as_of: pd.Timestamp) -> dict[str, float]:
    referrals = past["referrals"]
    converted = happened(referrals, "converted_at", "referred_at", as_of)
    return {
        "referrals_conversion_share": share(converted),
        "referrals_count_365d": len(_last(referrals, 365)),
        "referrals_count_total": len(referrals),
        "referrals_converted_total": counted(converted),
        "referrals_days_since_last": _since(referrals),
    }


def _responses(frames: Mapping[str, pd.DataFrame], who: object) -> dict[str, float]:
    answers = frames["responses"][frames["responses"].customer_id == who.customer_id]
    invited = frames["invitations"][frames["invitations"].customer_id == who.customer_id].invited_at
    asked = [invited[invited <= then].max() for then in answers.responded_at]
    asked = pd.Series(asked, index=answers.index, dtype="datetime64[us]").fillna(answers.responded_at)
    earlier = answers[(answers.responded_at < who.as_of) & (asked < who.wave_starts_at)]
    earlier = earlier.drop_duplicates("responded_at", keep="last").sort_values("responded_at")
    latest = earlier.iloc[-1] if len(earlier) else None
    return {
        "responses_previous_mean": earlier.rating.mean(),
        "responses_previous_csat": next(reversed(earlier.csat.dropna().tolist()), np.nan),
        "responses_previous_ces": next(reversed(earlier.ces.dropna().tolist()), np.nan),
        "responses_previous_rating": latest.rating if latest is not None else np.nan,
        "responses_previous_count": len(earlier),
        "responses_days_since_previous": _seconds(latest.responded_at, who.as_of) / DAY if len(earlier) else np.nan,
    }


def _tenure(frames: Mapping[str, pd.DataFrame], who: object) -> dict[str, float]:
    signed_up = frames["customers"].set_index("customer_id").signed_up_at.get(who.customer_id)
    days = _seconds(signed_up, who.as_of) / DAY if signed_up < who.as_of else np.nan
    band = np.nan if np.isnan(days) else float(sum(days >= limit for limit in (90, 365, 1095)))
    return {"customers_tenure_days": days, "customers_tenure_band": band}


def _invitations(frames: Mapping[str, pd.DataFrame], who: object) -> dict[str, float]:
    own = frames["invitations"][frames["invitations"].customer_id == who.customer_id].invited_at
    earlier = own[(own < who.as_of) & (own < who.wave_starts_at)]
    ago = [_seconds(then, who.as_of) / DAY for then in earlier]
    return {
        "invitations_previous_count": len(earlier),
        "invitations_days_since_previous": min(ago, default=np.nan),
    }
