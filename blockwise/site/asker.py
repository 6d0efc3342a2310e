"""Who asks, known from a request's head alone: before its body is read, or where there is none."""

from __future__ import annotations

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections
from django.http import HttpResponse

from blockwise.access.actors import Actor, actor_of

from .bridge import Message, environ_of


def asker(scope: Message) -> tuple[WSGIRequest, Actor]:
    """By token or session, as for every address; raises what is answered to nobody in particular."""
    close_old_connections()
    request = WSGIRequest(environ_of(scope, b""))
    SessionMiddleware(_nothing).process_request(request)
    AuthenticationMiddleware(_nothing).process_request(request)
    return request, actor_of(request)


def _nothing(_request: object) -> HttpResponse:
    return HttpResponse()
