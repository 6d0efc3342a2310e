"""What each kind of refusal means: the pages behind `/problems/<code>`, the type of every problem document."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from blockwise.problems import NotFound


@dataclass(frozen=True)
class ProblemType:
    status: int
    meaning: Promise
    remedy: Promise


TYPES = {
    "bad-request": ProblemType(
        400,
        _("The request cannot be understood: it is no well-formed JSON, or holds text that no text may hold."),
        _("Send one JSON document in UTF-8, without NaN, U+0000 and halves of surrogate pairs."),
    ),
    "unauthenticated": ProblemType(
        401,
        _("It is not known who asks: no token and no session, or one that is not in force."),
        _("Sign in, or send a token in the header `Authorization: Bearer <token>`."),
    ),
    "forbidden": ProblemType(
        403,
        _("Who asks may not do or see this; the reason is given."),
        _("Ask an administrator for the role, or use a token with the scope that is needed."),
    ),
    "factor-needed": ProblemType(
        403,
        _("A role of whoever asks needs a second factor, and none was shown."),
        _("Set one up at /account and sign in with it; make the token anew in that session."),
    ),
    "not-found": ProblemType(
        404,
        _("There is no such case, kind, act, unit, block or address, or no city is loaded."),
        _("Check the number or name; what is known is listed where the list is short."),
    ),
    "method-not-allowed": ProblemType(
        405,
        _("This address does not take this method."),
        _("Use a method that the description of the interface names for it."),
    ),
    "too-slow": ProblemType(
        408,
        _("The body of the request did not come in time."),
        _("Send it again; what was not whole was not looked at."),
    ),
    "conflict": ProblemType(
        409,
        _("It does not fit the present state: the stage, the version, a unit that is busy, a key that was used."),
        _("Look at what changed, then decide again. Nothing was changed by the refused request."),
    ),
    "erased": ProblemType(
        410, _("What was personal here has been erased and cannot be opened again."), _("Nothing can be done.")
    ),
    "too-large": ProblemType(413, _("The body is larger than 2 MB, or the file than 25 MB."), _("Send less at once.")),
    "unknown-type": ProblemType(
        415,
        _("The body is no JSON in UTF-8, by its own header; or the file is of no kind that is taken, by its content."),
        _("Send Content-Type: application/json; or a picture, a PDF or sound."),
    ),
    "invalid": ProblemType(
        422,
        _("A field or parameter cannot be used; it is named."),
        _("Correct what is named. The description of the interface says what each kind and act takes."),
    ),
    "not-examined": ProblemType(
        422,
        _("A file could not be looked into: it is encrypted, damaged, or takes too much. Nobody knows what it holds."),
        _("Nothing of it was kept. Send it in a form that can be read."),
    ),
    "too-many": ProblemType(
        429,
        _("There were too many requests by this person or token, or too many tries with wrong tokens or passwords."),
        _("Wait as long as the header `Retry-After` says, then try again."),
    ),
    "failed": ProblemType(
        500,
        _("Something went wrong on the server. Nothing was half-written."),
        _("Try again with the same `Idempotency-Key`, and tell the operator the number of the request."),
    ),
    "busy": ProblemType(
        503,
        _("The server has more to do than it can answer now."),
        _("Try again in a few seconds, with the same `Idempotency-Key`."),
    ),
    "key-trouble": ProblemType(
        503,
        _("The server cannot reach the key that seals personal data."),
        _("Tell the operator; nothing was written."),
    ),
}


@require_GET
def explain(request: HttpRequest, code: str) -> HttpResponse:
    """The page behind a problem's `type`; public, as whoever was refused may not be signed in."""
    found = TYPES.get(code)
    if found is None:
        raise NotFound(_("There is no such kind of refusal."), where="code", fix=_("Known: %s.") % ", ".join(TYPES))
    return render(request, "problem_type.html", {"code": code, "type": found})
