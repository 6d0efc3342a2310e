"""A checklist on a phone: every item with three answers that a thumb can choose, and nothing that scrolls aside."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.utils.translation import override

from blockwise.cases.kinds.parse import parse_kind
from blockwise.cases.models import Case
from blockwise.cases.screens import forms

from .pages import Opener
from .test_look import serious
from .test_when import PUT, SENT

pytestmark = pytest.mark.browser
INSPECTION = Path(__file__).parents[1] / "cases" / "kinds" / "format_2" / "inspection.yaml"

GIVEN = "async () => (await import('/static/js/fields.js')).given(document.getElementById('asked'))"
AGAIN = """async () => {
  const { begun, fill, written } = await import('/static/js/fields.js');
  const form = document.getElementById('asked'), typed = written(form);
  form.reset();
  if (begun(form)) return 'not empty';
  fill(form, typed);
  return begun(form) ? [...new FormData(form)].length : 'not begun';
}"""


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_checklist_is_answered_with_a_thumb(opened: Opener, language: str) -> None:
    kind = parse_kind(INSPECTION.read_text(encoding="utf-8"))
    act = kind.act("check_again")
    assert act is not None
    with override(language):
        form = render_to_string("cases/inputs.html", {"inputs": forms.act_inputs(kind, act, Case(fields={}))})
    page = opened("dispatcher", language, width=390)
    page.goto("/cases/open/hazard/")
    page.evaluate(PUT, form)
    answers = page.locator(".check-item label")
    assert answers.count() == 9
    boxes = [box for number in range(9) if (box := answers.nth(number).bounding_box())]
    assert min(box["height"] for box in boxes) >= 44
    assert max(box["x"] + box["width"] for box in boxes) <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for item in ("extinguisher", "hydrant", "exit_sign"):
        page.locator(f"label:has([name='equipment.{item}'][value=fault])").click()
    page.locator("label:has([name='equipment.hydrant'][value=ok])").click()
    assert page.evaluate(SENT) == {
        "equipment.extinguisher": "fault", "equipment.hydrant": "ok", "equipment.exit_sign": "fault",
    }  # fmt: skip
    assert page.evaluate(GIVEN) == {"equipment": {"extinguisher": "fault", "hydrant": "ok", "exit_sign": "fault"}}
    assert page.evaluate(AGAIN) == 3
    assert serious(page) == []
