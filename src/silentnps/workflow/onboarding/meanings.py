"""The words by which people and programs call the canonical tables and columns."""

from __future__ import annotations

import re

TABLE_WORDS: dict[str, tuple[str, ...]] = {
    "customers": (
        *("customer", "customers", "crm", "client", "clients", "contacts", "members", "accounts", "profiles"),
        *("kunden", "clientes", "people", "users"),
    ),
    "responses": (
        *("response", "responses", "survey", "surveys", "nps", "answers", "feedback", "delighted", "qualtrics"),
        *("umfrage", "antworten", "surveymonkey", "typeform", "wootric"),
    ),
    "invitations": ("invitation", "invitations", "invites", "invited", "sends", "einladungen"),
    "follow_up": ("follow", "followup", "calls", "callbacks"),
    "orders": (
        *("order", "orders", "purchases", "transactions", "sales", "invoices", "bestellungen", "charges"),
        *("pedidos", "commandes", "shopify", "woocommerce"),
    ),
    "returns": ("returns", "return", "refunds", "refund", "retouren", "rma"),
    "outreach": ("outreach", "messages", "contacted", "conversations"),
    "support": ("support", "tickets", "ticket", "cases", "zendesk", "complaints", "issues", "incidents"),
    "referrals": ("referrals", "referral", "invited friends", "recommendations"),
    "engagement": (
        "engagement",
        "events",
        "visits",
        "sessions",
        "opens",
        "clicks",
        "klaviyo",
        "pageviews",
        "tracks",
    ),
    "campaigns": ("campaign", "campaigns", "promotions"),
}
"""Words in the name of a file that suggest a table."""

COLUMN_WORDS: dict[str, tuple[str, ...]] = {
    "signed_up_at": (
        *(
            "signed up",
            "signup",
            "sign up",
            "signup date",
            "sign up date",
            "signed up on",
            "registered",
            "registration",
        ),
        *(
            "registration date",
            "registered at",
            "joined",
            "join date",
            "joined at",
            "member since",
            "customer since",
        ),
        *("created", "created at", "created date", "kunde seit", "first seen"),
    ),
    "opted_out": (
        *("opt out", "opted out", "unsubscribed", "do not contact", "no contact", "suppressed", "email opt out"),
    ),
    "responded_at": (
        *("responded at", "response date", "responded", "submitted at", "submitted", "submit date", "completed at"),
        *(
            "recorded date",
            "answered at",
            "answered on",
            "answered",
            "timestamp",
            "end date",
            "response received at",
        ),
        *("survey date", "date", "created at", "datum"),
    ),
    "rating": (
        *(
            "rating",
            "nps",
            "nps score",
            "nps rating",
            "score",
            "likelihood to recommend",
            "how likely",
            "recommend",
        ),
        *("recommendation", "empfehlung", "weiterempfehlung", "ltr"),
    ),
    "invited_at": (
        *(
            "invited at",
            "invitation date",
            "invited",
            "sent at",
            "sent",
            "survey sent at",
            "invite date",
            "start date",
        ),
    ),
    "survey_id": ("survey id", "survey", "survey name", "campaign", "wave"),
    "survey_type": ("survey type", "kind of survey"),
    "comment": ("comment", "comments", "feedback", "verbatim", "reason", "kommentar"),
    "csat": ("csat", "satisfaction"),
    "ces": ("ces", "effort", "customer effort"),
    "reminders": ("reminders", "reminder count"),
    "called_at": ("called at", "call date", "called"),
    "order_id": (
        *("order id", "order number", "order no", "order nr", "order", "invoice", "invoice id", "transaction id"),
        *("bestellnummer", "id", "number"),
    ),
    "ordered_at": (
        *(
            "ordered at",
            "order date",
            "ordered on",
            "purchase date",
            "purchased at",
            "created at",
            "created",
            "date",
        ),
        *("transaction date", "invoice date", "datum", "timestamp", "paid at", "bestelldatum"),
    ),
    "amount": (
        *(
            "amount",
            "total",
            "order total",
            "total price",
            "net total",
            "revenue",
            "price",
            "value",
            "sales",
            "betrag",
        ),
        *("grand total", "subtotal", "umsatz", "order value", "total amount"),
    ),
    "discount": ("discount", "discount amount", "total discount", "total discounts", "rabatt"),
    "channel": ("channel", "source", "medium", "origin", "via", "kanal"),
    "store_id": ("store id", "store", "branch", "location id", "shop", "filiale"),
    "promised_at": (
        "promised at",
        "promised date",
        "expected delivery",
        "estimated delivery",
        "due date",
        "promised",
    ),
    "fulfilled_at": (
        *("fulfilled at", "shipped at", "dispatched at", "fulfillment date", "fulfilment date", "shipment date"),
        *("shipping date", "ship date", "shipped date", "dispatch date", "fulfilled on", "shipped on"),
        *("dispatched on", "date completed", "completed date", "fulfilled", "shipped", "dispatched"),
    ),
    "delivered_at": ("delivered at", "delivery date", "delivered", "delivered on"),
    "items": ("items", "item count", "quantity", "units", "n items", "number of items"),
    "category": ("category", "type", "topic", "reason", "ticket type", "product category", "kategorie"),
    "currency": ("currency", "currency code", "waehrung", "währung"),
    "returned_at": ("returned at", "return date", "refunded at", "refund date", "created at", "date", "returned"),
    "refund_amount": ("refund amount", "refund", "refunded", "refunded amount", "amount"),
    "reason": ("reason", "return reason"),
    "sent_at": ("sent at", "sent", "sent on", "message date", "date", "created at"),
    "replied_at": ("replied at", "reply date", "replied"),
    "associate_id": ("associate id", "associate", "agent", "agent id", "employee id"),
    "opened_at": (
        "opened at",
        "created at",
        "created",
        "created date",
        "opened",
        "open date",
        "date",
        "submitted at",
    ),
    "first_response_at": ("first response at", "first reply at", "first response", "first replied at"),
    "closed_at": ("closed at", "solved at", "resolved at", "closed", "closed date", "solved", "resolved"),
    "escalated": ("escalated", "is escalated"),
    "referred_at": ("referred at", "referral date", "created at", "date"),
    "converted_at": ("converted at", "conversion date", "converted"),
    "occurred_at": (
        *(
            "occurred at",
            "event time",
            "timestamp",
            "event date",
            "event timestamp",
            "datetime",
            "created at",
            "date",
        ),
        *("time", "visited at"),
    ),
    "kind": ("kind", "event", "event type", "event name", "metric", "metric name", "action", "type"),
    "campaign_id": ("campaign id", "campaign", "id"),
    "starts_at": ("starts at", "start date", "start", "started at", "begins at"),
    "ends_at": ("ends at", "end date", "end", "ended at"),
    "known_at": ("known at", "updated at", "last modified", "last modified date"),
    "row_id": ("row id",),
}
"""Words in headers that suggest a column, the most telling ones first."""

CUSTOMER_WORDS = (
    *("customer id", "customer", "customer number", "customer no", "client id", "client", "member id", "user id"),
    *("contact id", "person id", "account id", "profile id", "requester id", "kundennummer", "kunden nr", "kunde"),
    *("external id", "external reference", "id", "email", "e mail", "email address", "requester email", "mail"),
    *("user", "member", "subscriber id"),
)
"""Words in headers that suggest a key of the customer."""

_BORDERS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def in_words(name: str) -> str:
    """Return the name of a column as words in lower case.

    Examples
    --------
    >>> in_words("RecordedDate"), in_words("e-mail"), in_words("order_id")
    ('recorded date', 'e mail', 'order id')
    """
    return " ".join(re.split(r"[\W_]+", _BORDERS.sub(" ", name))).strip().casefold()


def resemblance(name: str, canonical: str, words: tuple[str, ...]) -> float:
    """Return how well the name of a column says a canonical one: 1 the same, then by the place of its words, 0 no.

    Examples
    --------
    >>> resemblance("rating", "rating", ("score",)), round(resemblance("NPS score", "rating", ("nps score",)), 2)
    (1.0, 0.9)
    """
    said = in_words(name)
    if said == canonical.replace("_", " "):
        return 1.0
    if said in words:
        return 0.9 - 0.3 * words.index(said) / len(words)
    for place, word in enumerate(words):
        if len(word) > len("nps") and re.search(rf"\b{re.escape(word)}\b", said):
            return 0.5 - 0.2 * place / len(words)
    return 0.0
