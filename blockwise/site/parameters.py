"""A query parameter that an address does not know is refused: left out in silence, it would look like a filter."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from blockwise.problems import Invalid

from .api import api
from .refusal import answer

CAPTURED = re.compile(r"<(?:\w+:)?(\w+)>")  # as in Django's routes; OpenAPI writes {name}


class Parameters:
    """The middleware; what is known comes from the API's own document."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, _view: Any, _args: Any, _named: Any) -> HttpResponseBase | None:
        if not request.GET or not request.path.startswith("/api/") or request.resolver_match is None:
            return None
        address = "/" + CAPTURED.sub(r"{\1}", request.resolver_match.route)
        known = self.known.get((str(request.method), address))
        unknown = [name for name in request.GET if known is not None and name not in known]
        lists = {name for name, many in (known or {}).items() if many}
        doubled = [name for name, given in request.GET.lists() if len(given) > 1 and name not in lists]
        if not unknown and doubled:
            fix = _("Give it once.")
            return answer(Invalid(_("This parameter is given twice."), where=f"query.{doubled[0]}", fix=fix))
        if not unknown:
            return None
        fix = _("Known here: %s.") % (", ".join(sorted(known or ())) or "-")
        return answer(Invalid(_("This parameter is not known."), where=f"query.{unknown[0]}", fix=fix))

    @cached_property
    def known(self) -> Mapping[tuple[str, str], Mapping[str, bool]]:
        """Method and address to the names of its query parameters, and whether each takes a list."""
        return {
            (method.upper(), address): {
                parameter["name"]: _takes_many(parameter["schema"])
                for parameter in operation.get("parameters", ())
                if parameter["in"] == "query"
            }
            for address, operations in api.plain_schema()["paths"].items()
            for method, operation in operations.items()
        }


def _takes_many(schema: Mapping[str, Any]) -> bool:
    return any(one.get("type") == "array" for one in (schema, *schema.get("anyOf", ())))
