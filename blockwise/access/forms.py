"""The forms of the people and token pages. They only parse; the actions decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import Role
from .policy import SCOPES

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

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    block = forms.CharField(label=_("Block (its code)"), max_length=24)
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
        choices=[(scope, scope) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
    )

    def parsed(self) -> dict[str, Any]:
        return dict(self.cleaned_data)
