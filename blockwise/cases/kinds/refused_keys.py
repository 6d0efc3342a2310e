"""Keys that SCOPE refuses wherever a kind writes them, each with its reason and the way out."""

from __future__ import annotations

import re

Refusal = tuple[str, str, str]  # code, why, way out

PERSONAL_KEY: Refusal = (
    "personal-key",
    "Cases are never found, linked or made unique by what is known of a person",
    "Repeated reports meet by place and time: write merge: {within, metres}",
)
RECURRING: Refusal = (
    "recurring-clock",
    "A timetable that returns to the same person is a watch, not a promise",
    "Plan visits to equipment in a premises' visit plan, or open a new case when something is reported",
)
SCORE: Refusal = (
    "score",
    "People are not scored, listed or tagged",
    "Grade the matter with a choice field, or the place by its index",
)
REWARD: Refusal = (
    "reward",
    "Only a verified hazard of a place is rewarded, by an anonymous claim code; reports about people never",
    "Remove the reward, and answer every report under a clock",
)
QUOTA: Refusal = (
    "quota",
    "Quotas of arrests, tips or cases make the record lie",
    "Measure the answer with a clock and the residents' satisfaction",
)
SATISFACTION: Refusal = (
    "satisfaction-linked",
    "Satisfaction is asked by central sample and unlinked; a unit never sees who answered",
    "Write satisfaction: {zh, en}, the question alone",
)
OCCUPANTS: Refusal = (
    "occupants",
    "A dwelling's or premises' record holds no occupants, tenants, guests or customers",
    "Handle the equipment, the duty or the visit; people are reached through an open case",
)
AUTOMATIC: Refusal = (
    "automatic-decision",
    "Nothing is decided about a person without a human",
    "Name the roles that may do the act; recommend with reasons",
)
IDENTIFIER: Refusal = (
    "identifier",
    "Identity numbers, plates, faces and device identifiers are not stored",
    "Keep evidence as a sealed attachment; identity for services comes by single sign-on",
)

KEYS: dict[str, Refusal] = {
    **dict.fromkeys(
        (
            *("unique", "filter", "filterable", "search", "searchable", "index", "indexed", "same", "match"),
            *("match_by", "link", "link_by", "links", "group_by", "join", "lookup", "dedupe", "dedupe_by", "identity"),
        ),
        PERSONAL_KEY,
    ),
    **dict.fromkeys(
        ("every", "repeat", "repeats", "recurring", "recurs", "recurrence", "schedule", "cron", "again", "interval"),
        RECURRING,
    ),
    **dict.fromkeys(
        (
            "score",
            "scores",
            "scoring",
            "rating",
            "weight",
            "weights",
            "risk",
            "tags",
            "watch",
            "watch_list",
            "watchlist",
        ),
        SCORE,
    ),
    **dict.fromkeys(("reward", "rewards", "bounty", "points", "payment", "bonus"), REWARD),
    **dict.fromkeys(("quota", "quotas", "target", "targets", "goal", "goals", "minimum", "at_least"), QUOTA),
    **dict.fromkeys(("ask", "ask_of", "respondent", "linked_to", "shown_to", "answered_by"), SATISFACTION),
    **dict.fromkeys(("occupants", "residents", "tenants", "guests", "customers", "household", "persons"), OCCUPANTS),
    **dict.fromkeys(("auto", "automatic", "decide", "decision", "model", "when", "rule", "rules"), AUTOMATIC),
    **dict.fromkeys(("face", "plate", "biometric", "biometrics", "fingerprint", "imei", "mac"), IDENTIFIER),
}


def refused_key(key: str) -> tuple[str, str, str, str] | None:
    """(code, what, why, way out) when SCOPE refuses the key by its name, else None."""
    refusal = KEYS.get(re.sub(r"[^a-z]+", "_", key.lower()).strip("_"))
    return (refusal[0], f"{key} is not a key of a kind", *refusal[1:]) if refusal else None
