"""PostgreSQL's own tools, run on this installation's database."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from blockwise.problems import Problem


class ToolTrouble(Problem):
    """PostgreSQL's own tools are missing or refused."""

    status, code = 503, "tool-trouble"


def demand(*tools: str) -> None:
    """ToolTrouble naming the first of these programs that is not there."""
    for tool in tools:
        if not shutil.which(tool):
            fix = _("Install Debian's postgresql-client, of the server's version.")
            raise ToolTrouble(_("This program is not there."), where=tool, fix=fix)


def run_tool(arguments: list[str]) -> None:
    """Run one of PostgreSQL's tools. ToolTrouble with what it said if it is not installed or fails."""
    demand(arguments[0])
    done = subprocess.run(  # noqa: S603  (fixed arguments, no shell)
        arguments, env=environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ToolTrouble(done.stderr.strip() or _("It failed."), where=arguments[0])


def environment() -> dict[str, str]:
    """What the tools need to reach this database; the password is never an argument others could see."""
    at = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    chosen = {name: str(at[ours]) for name, ours in names.items() if at[ours]}
    return {**os.environ, **_environment(at["OPTIONS"]), **chosen}


def _environment(options: Mapping[str, Any]) -> dict[str, str]:
    """The address's other parts, `sslmode` first of all, under the names by which PostgreSQL's library reads them."""
    from psycopg import pq

    names = {one.keyword.decode(): one.envvar.decode() for one in pq.Conninfo.get_defaults() if one.envvar}
    return {names[key]: str(value) for key, value in options.items() if key in names}
