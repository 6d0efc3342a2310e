"""Questions come and go with the answers that they hang on, on a phone; what is hidden is not sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.utils.translation import override
from playwright.sync_api import Page, expect

from blockwise.cases.kinds.parse import parse_kind
from blockwise.cases.models import Case
from blockwise.cases.screens import forms

from .pages import Opener

pytestmark = pytest.mark.browser
HYDRANT = Path(__file__).parents[1] / "cases" / "kinds" / "format_2" / "hydrant.yaml"
PUT = "html => { document.querySelector('main').innerHTML = `<form id=asked>${html}</form>`; }"
SENT = "() => Object.fromEntries(new FormData(document.getElementById('asked')))"


@pytest.fixture
def asked(opened: Opener) -> Page:
    """The form of an act whose questions hang on one another."""
    kind = parse_kind(HYDRANT.read_text(encoding="utf-8"))
    act = kind.act("view_it")
    assert act is not None
    with override("en"):
        form = render_to_string("cases/inputs.html", {"inputs": forms.act_inputs(kind, act, Case(fields={}))})
    page = opened("dispatcher", width=390)
    page.goto("/cases/open/hazard/")
    page.evaluate(PUT, form)
    return page


def test_a_question_is_there_when_it_is_asked_and_sent_only_then(asked: Page) -> None:
    parts, rusted = asked.locator("[name=parts][value=valve]"), asked.locator("[name=rusted]")
    expect(parts).to_be_hidden()
    asked.select_option("[name=state]", "leaking")
    expect(parts).to_be_visible()
    expect(rusted).to_be_hidden()
    expect(asked.locator("when-part:has([name=parts]) [data-words]")).to_be_hidden()
    parts.check()
    rusted.check()
    asked.select_option("[name=state]", "blocked")
    expect(asked.locator("when-part:has([name=parts]) [data-words]")).to_have_text("(needed)")
    assert asked.evaluate(SENT) == {"state": "blocked", "parts": "valve", "rusted": "on"}
    asked.select_option("[name=state]", "sound")
    expect(parts).to_be_hidden()
    expect(rusted).to_be_hidden()
    assert asked.evaluate(SENT) == {"state": "sound"}
    asked.select_option("[name=state]", "leaking")
    expect(rusted).to_be_checked()
