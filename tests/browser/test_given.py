"""Several boxes of one name, and the parts of one thing, are kept as a draft and given to the API whole."""

from __future__ import annotations

import pytest

from .pages import Opener

pytestmark = pytest.mark.browser
FORM = """
<input type="checkbox" name="measures" value="fence" checked><input type="checkbox" name="measures" value="detour">
<input type="checkbox" name="measures" value="lamps"><input type="checkbox" name="urgent"><input name="note" value="">
<input name="closed.from" value="2026-12-01"><input name="closed.to" value="2026-12-05"><input name="width" value="3.5">
"""
TRIED = """async (fields) => {
  const { fill, given, written } = await import("/static/js/fields.js");
  const made = () => Object.assign(document.createElement("form"), { action: "/cases/1/", innerHTML: fields });
  const [one, other] = [made(), made()];
  one.elements.measures[0].checked = false;
  one.elements.measures[2].checked = true;
  one.elements.measures[1].checked = true;
  fill(other, written(one));
  return [given(made()), given(other)];
}"""


def test_boxes_of_one_name_are_kept_apart_and_given_together(opened: Opener) -> None:
    page = opened("dispatcher", "en-GB")
    page.goto("/console/")
    days = {"from": "2026-12-01", "to": "2026-12-05"}
    assert page.evaluate(TRIED, FORM) == [
        {"measures": ["fence"], "closed": days, "width": "3.5"},
        {"measures": ["detour", "lamps"], "closed": days, "width": "3.5"},
    ]
