"""Signing in elsewhere, by OpenID Connect: asked and answered by django-allauth, judged here (docs/decisions/0036).

Nobody is made known by it: the claim that the operator names has to be the login of somebody who may sign in, and the
first who comes by it there is the only one from then on.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import jwtkit, statekit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _
from requests import RequestException, Session

from blockwise import clock
from blockwise.problems import NotFound, TooMany

from .actors import oneself
from .lasting import SHIFT
from .models import Elsewhere, User
from .providers import Provider
from .record import line

ID, KIND = "elsewhere", "openid_connect"
SIGNED_BY = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
NEEDED = ("iss", "sub", "aud", "exp", "iat", "nonce")
AT_ONCE = 2  # questions to the provider: where it is slow, it keeps no thread from a call
DRIFT = timedelta(minutes=2)  # of the provider's clock
_asking = threading.BoundedSemaphore(AT_ONCE)


class Refused(Exception):  # noqa: N818  (a refusal, said by the page in words of its own)
    """Why nobody is signed in by what came from elsewhere: for the log alone, and nothing of what came."""


class WrongError(OAuth2Error):  # type: ignore[misc]  # allauth has no types
    """What came is not what was asked for; in our words."""


@dataclass(frozen=True)
class Came:
    """Who came, to where, when they proved there who they are (None: not said), and whether by two factors."""

    user: User
    to: str
    proved_at: datetime | None
    factor: bool


class Apps(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """SOCIALACCOUNT_ADAPTER: the one provider of the settings, and none that lies in the database."""

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        one = _provider()
        where = {"server_url": one.issuer}
        return [SocialApp(provider=KIND, provider_id=ID, client_id=one.client, secret=one.secret, settings=where)]

    def get_requests_session(self) -> Session:
        session: Session = super().get_requests_session()
        session.max_redirects = 0  # the provider's addresses are those that its own document names
        return session


class Asked(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    @property
    def openid_config(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = super().openid_config
        if found.get("issuer") != _provider().issuer:
            raise WrongError("the provider's document is of another issuer")
        return found

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        path = reverse("elsewhere_back")
        return f"{settings.URL}{path}" if settings.URL else request.build_absolute_uri(path)


def begin(request: HttpRequest, to: str, *, again: bool) -> str:
    """The provider's address to go to. `again`: the person is to prove there anew who they are. Raises Refused."""
    with _question():
        asked = Asked(request, ID)
        client = asked.get_client(request, asked.get_provider().app)
        pkce, nonce = generate_code_challenge(), secrets.token_urlsafe(32)
        state = {"to": to, "nonce": nonce, "verifier": pkce.pop("code_verifier")}
        client.state = statekit.stash_state(request, provider_id=ID, state=state)
        params = {
            "nonce": nonce,
            "max_age": int(SHIFT.total_seconds()),
            **pkce,
            **({"prompt": "login"} if again else {}),
        }
        address: str = client.get_redirect_url(asked.authorize_url, ["openid", "profile"], params)
        if not address.startswith(("https://", "http://")):
            raise WrongError("the provider's address is none")
        return address


def back(request: HttpRequest) -> Came:
    """Who came back, by what the provider signed. Raises Refused."""
    with _question():
        state = statekit.unstash_state(request, provider_id=ID, state_id=request.GET.get("state", ""))
        if state is None:
            raise WrongError("nobody here asked for it, or too long ago")
        if request.GET.get("iss", _provider().issuer) != _provider().issuer:
            raise WrongError("it comes from another issuer")
        if "error" in request.GET or "code" not in request.GET:
            raise WrongError("the provider signed nobody in")
        asked = Asked(request, ID)
        client = asked.get_client(request, asked.get_provider().app)
        given = asked.get_access_token_data(request, None, client, pkce_code_verifier=state["verifier"])
        said = _verified(str(given.get("id_token", "")), asked.openid_config, state["nonce"])
        return Came(_person(said), state["to"], _proved_at(said), _by_two(said))


@contextmanager
def _question() -> Iterator[None]:
    if not _asking.acquire(blocking=False):
        raise TooMany(_("There were too many tries."), fix=_("Wait a moment and try again."), more={"retry_after": 2})
    try:
        yield
    except (OAuth2Error, RequestException, jwt.PyJWTError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refused(str(error) if isinstance(error, WrongError) else type(error).__name__) from error
    finally:
        _asking.release()


def _verified(token: str, config: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
    """The claims of an identity token that this provider signed, for this client and this question."""
    if jwt.get_unverified_header(token).get("alg") not in SIGNED_BY:
        raise WrongError("it is not signed by a key of the provider")
    client = _provider().client
    said: Mapping[str, Any] = jwtkit.verify_and_decode(
        credential=token,
        keys_url=config["jwks_uri"],
        issuer=_provider().issuer,
        audience=client,
        lookup_kid=jwtkit.lookup_kid_jwk,
    )
    if absent := [name for name in NEEDED if not said.get(name)]:
        raise WrongError(f"it lacks {absent[0]}")
    if said.get("azp", client) != client or (said["aud"] != [client] and said["aud"] != client):
        raise WrongError("it is for others, too")
    if not constant_time_compare(str(said["nonce"]), nonce):
        raise WrongError("it answers another question")
    return said


def _person(said: Mapping[str, Any]) -> User:
    """Whose login the claim is; and whoever came first by it remains the one."""
    login = said.get(_provider().claim)
    user = User.objects.filter(login=login, is_active=True).first() if isinstance(login, str) and login else None
    if user is None:
        raise WrongError("nobody who may sign in has this login")
    name = hashlib.sha256(f"{said['iss']}\n{said['sub']}".encode()).hexdigest()
    with transaction.atomic():
        known = Elsewhere.objects.select_for_update().filter(user=user).first()
        if known is None and not Elsewhere.objects.filter(name=name).exists():
            known = Elsewhere.objects.create(user=user, name=name)
            line(user, "elsewhere_known", oneself(user))
        if known is None or known.name != name:
            raise WrongError("another person of the provider came by this login before, or this one by another")
    return user


def _proved_at(said: Mapping[str, Any]) -> datetime | None:
    at = said.get("auth_time")
    if at is None:
        return None
    proved = datetime.fromtimestamp(int(at), UTC)
    now = clock.real_now()
    if not now - SHIFT - DRIFT < proved < now + DRIFT:
        raise WrongError("they signed in there more than a shift ago")
    return min(proved, now)


def _by_two(said: Mapping[str, Any]) -> bool:
    """Whether it is said that a second factor was shown, in a word that the operator believes."""
    amr = said.get("amr")
    told = {one for one in (said.get("acr"), *(amr if isinstance(amr, list) else ())) if isinstance(one, str)}
    return bool(told & _provider().factor)


def _provider() -> Provider:
    """NotFound where nobody signs in elsewhere."""
    if settings.OIDC is None:
        raise NotFound(_("Nobody signs in elsewhere here."))
    found: Provider = settings.OIDC
    return found
