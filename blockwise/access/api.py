"""People, roles and tokens over HTTP. The site gives the router its authentication."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from ninja import Field, Path, Query, Router, Schema, Status
from pydantic import AwareDatetime

from blockwise.problems import NotFound

from . import actions, passwords, policy
from .actors import Actor, actor_of, in_force
from .members import Members
from .models import ApiToken, Grant, User

router = Router(tags=["access"])

Id = Annotated[int, Path(ge=1, lt=2**63)]
PAGE = 100


class HeldOut(Schema):
    role: str
    block: str
    department: str


class Me(Schema):
    """`scopes` is null for a person at a screen."""

    id: str
    name: str
    name_en: str
    roles: list[HeldOut]
    scopes: list[str] | None
    units: list[str]


class TokenIn(Members):
    name: str = Field(max_length=200)
    scopes: list[str] = Field(max_length=20)
    days: int = Field(90, ge=1, le=actions.LONGEST_TOKEN_DAYS)


class TokenOut(Schema):
    id: int
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class TokenMade(TokenOut):
    """`token` is shown this once; only its SHA-256 is kept."""

    token: str


class GrantIn(Members):
    role: str = Field(max_length=20)
    block: str = Field(max_length=24)
    department: str = Field("", max_length=40, description="of a department_officer: a key of the city's departments")
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None


class GrantOut(Schema):
    id: int
    role: str
    block: str
    department: str
    starts_at: datetime
    ends_at: datetime | None
    granted_by: str


class UserIn(Members):
    login: str = Field(max_length=200)
    name: str = Field(max_length=200)
    name_en: str = Field("", max_length=200)
    password: str = Field(max_length=200)


class UserOut(Schema):
    """`grants` are those in force."""

    id: int
    login: str
    name: str
    name_en: str
    is_active: bool
    grants: list[GrantOut]


class LinkMade(Schema):
    """`link` is a path on this server, shown this once: there the person sets a password."""

    link: str
    expires_at: datetime


class UserPage(Schema):
    users: list[UserOut]
    next: int | None  # `after` of the next page


@router.get("/me", response=Me, summary="Who I am")
def me(request: HttpRequest) -> Me:
    """Who I am here, with the roles in force now."""
    actor = actor_of(request)
    return Me(
        id=actor.id,
        name=actor.name,
        name_en=actor.name_en,
        roles=[HeldOut(role=held.role, block=held.block, department=held.department) for held in actor.held],
        scopes=None if actor.scopes is None else sorted(actor.scopes),
        units=sorted(actor.units),
    )


@router.get("/tokens", response=list[TokenOut], summary="My tokens")
def tokens(request: HttpRequest) -> QuerySet[ApiToken]:
    """My tokens, newest first, the ended ones too."""
    return ApiToken.objects.filter(user=_self(request)).order_by("-pk")


@router.post("/tokens", response={201: TokenMade}, summary="Make a token")
def make_token(request: HttpRequest, body: TokenIn) -> Status[TokenMade]:
    """A new token for programs that act in my name. Only from a session, never with a token."""
    token, secret = actions.make_token(_self(request), body.name, body.scopes, actor_of(request), days=body.days)
    return Status(201, TokenMade(token=secret, **TokenOut.from_orm(token).dict()))


@router.delete("/tokens/{token_id}", response={204: None}, summary="End a token")
def revoke_token(request: HttpRequest, token_id: Id) -> Status[None]:
    """It works no longer; an administrator may end the tokens of those they manage."""
    actions.revoke_token(token_id, actor_of(request))
    return Status(204, None)


@router.get("/users", response=UserPage, summary="People and their roles")
def users(request: HttpRequest, after: Annotated[int, Query(ge=0, lt=2**63)] = 0) -> UserPage:
    """People with their roles in force, for administrators; in order of id, a hundred a page."""
    _administrator(request)
    grants = Prefetch("grants", Grant.objects.filter(in_force()).order_by("pk"))
    rows = list(User.objects.filter(pk__gt=after).order_by("pk").prefetch_related(grants)[: PAGE + 1])
    following = rows[PAGE - 1].pk if len(rows) > PAGE else None
    return UserPage(users=[_shown(row) for row in rows[:PAGE]], next=following)


@router.post("/users", response={201: UserOut}, summary="Add a person")
def create_user(request: HttpRequest, body: UserIn) -> Status[UserOut]:
    """A person without any role yet."""
    user = actions.create_user(body.login, body.name, body.password, actor_of(request), name_en=body.name_en)
    return Status(201, _shown(user))


@router.get("/users/{user_id}/tokens", response=list[TokenOut], summary="A person's tokens")
def tokens_of(request: HttpRequest, user_id: Id) -> QuerySet[ApiToken]:
    """Their tokens, newest first, the ended ones too, for who administers all their roles."""
    actor = _administrator(request)
    return actions.tokens_of(_found(user_id), actor)


@router.post("/users/{user_id}/link", response={201: LinkMade}, summary="Make a one-time link")
def make_link(request: HttpRequest, user_id: Id) -> Status[LinkMade]:
    """A link by which the person sets a password, once and within a day, for who administers all they ever hold."""
    actor = _administrator(request)
    link, secret = passwords.make_link(_found(user_id), actor)
    return Status(201, LinkMade(link=reverse("way_in", args=[secret]), expires_at=link.expires_at))


@router.post("/users/{user_id}/grants", response={201: GrantOut}, summary="Give a role")
def grant(request: HttpRequest, user_id: Id, body: GrantIn) -> Status[GrantOut]:
    """A role over a block and everything below it, for a period; from now on when no start is given.

    A password that was set by somebody who did not administer the block ends: make a link for the person then.
    """
    actor = _administrator(request)
    period = {"starts_at": body.starts_at, "ends_at": body.ends_at}
    given = actions.grant(_found(user_id), body.role, body.block, actor, department=body.department, **period)
    return Status(201, _given(given))


@router.delete("/grants/{grant_id}", response=GrantOut, summary="End a role")
def revoke(request: HttpRequest, grant_id: Id) -> GrantOut:
    """End a grant now. It is kept, with its end."""
    return _given(actions.revoke(grant_id, _administrator(request)))


def _found(user_id: int) -> User:
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise NotFound(_("There is no such user."), where="user")
    return user


def _self(request: HttpRequest) -> User:
    return User.objects.get(pk=int(actor_of(request).id.removeprefix("user:")))


def _administrator(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    policy.may_manage_users(actor).require()
    return actor


def _shown(user: User) -> UserOut:
    return UserOut(
        id=user.pk,
        login=user.login,
        name=user.name,
        name_en=user.name_en,
        is_active=user.is_active,
        grants=[_given(given) for given in user.grants.all()],
    )


def _given(given: Grant) -> GrantOut:
    return GrantOut(
        id=given.pk,
        role=given.role,
        block=given.block_id,
        department=given.department,
        starts_at=given.starts_at,
        ends_at=given.ends_at,
        granted_by=given.granted_by,
    )
