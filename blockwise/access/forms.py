"""The forms of the people and account pages. They only parse; the actions decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from blockwise.places.queries import departments
from blockwise.problems import Problem
from blockwise.rooms import GRANTED, house

_NEW_PASSWORD = {"autocomplete": "new-password"}


class PersonForm(forms.Form):
    login = forms.CharField(label=_("Login"), max_length=60)
    name = forms.CharField(label=_("Name"), max_length=80)
    name_en = forms.CharField(label=_("Name in Latin letters"), max_length=80, required=False)
    password = forms.CharField(
        label=_("First password"), max_length=200, strip=False, widget=forms.PasswordInput(attrs=_NEW_PASSWORD)
    )


class GrantForm(forms.Form):
    """Days are the city's; the last day is included."""

    role = forms.ChoiceField(label=_("Role"), choices=[(role.value, role.label) for role in GRANTED])
    block = forms.CharField(label=_("Block (its code)"), max_length=24)
    department = forms.ChoiceField(
        label=_("Department (of a department officer)"),
        choices=lambda: [("", "–"), *departments().items()],
        required=False,
    )
    first_day = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last_day = forms.DateField(label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}))


class PasswordForm(forms.Form):
    password = forms.CharField(
        label=_("New password"), max_length=200, strip=False, widget=forms.PasswordInput(attrs=_NEW_PASSWORD)
    )


class OwnPasswordForm(PasswordForm):
    old = forms.CharField(
        label=_("Present password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("old", "password")


class TokenForm(forms.Form):
    name = forms.CharField(label=_("What it is for"), max_length=80)
    days = forms.TypedChoiceField(
        label=_("Valid for"),
        coerce=int,
        choices=[("30", _("30 days")), ("90", _("90 days")), ("365", _("a year"))],
        initial="90",
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=lambda: [(scope, scope) for scope in house().scopes],
        widget=forms.CheckboxSelectMultiple,
    )

    def parsed(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


def did(form: forms.Form, act: Callable[[dict[str, Any]], Any]) -> Any:
    """What `act` returns, or None with the refusal shown in the form, its status in `form.refused`."""
    if not form.is_valid():
        return None
    try:
        return act(form.cleaned_data) or True
    except Problem as problem:
        form.refused = problem.status  # type: ignore[attr-defined]  # for the page around it
        where = problem.where if problem.where in form.fields else None
        form.add_error(where, f"{problem.what} {problem.plain}".strip())
        return None
