"""`blockwise demo run`: the living demonstration, from nothing to a city at work in one command."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Annotated
from urllib.request import urlopen

import typer

from blockwise.problems import Conflict, NotFound

from . import first_steps, start

app = typer.Typer()
demo = typer.Typer(no_args_is_help=True, help="The living demonstration.")
app.add_typer(demo, name="demo")

PASSWORD = "blockwise-demo"  # noqa: S105  (printed on the terminal; production refuses demonstration databases)
SHOWN = (
    *("dispatcher", "call_taker", "shift_leader", "crew", "block_leader", "inspector", "clerk", "mediator"),
    *("department_officer", "volunteer", "oversight", "administrator"),
)
PATIENCE = 60.0  # seconds for the server to answer
LOOK = 0.2  # seconds between two looks whether to stop
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@demo.callback()
def group() -> None:
    """The living demonstration."""


@demo.command()
def run(
    port: Annotated[int, typer.Option(help="Port to serve at.", min=1, max=65_535)] = 8000,
    city: Annotated[str, typer.Option(help="Another city's folder instead of the generated district.")] = "",
) -> None:
    """Make the demonstration district (once), load it, serve it and keep its calls coming, until Ctrl-C.

    Another city gets the demonstration's logins and calls only where its city.yaml says demo: true.
    """
    if city:
        if not Path(city).is_dir():  # before a home is made for it
            raise NotFound("There is no such folder.", where=city, fix="Name the folder that holds city.yaml.")
        _own_home(Path(city))
    start.django()
    from django.conf import settings

    from blockwise.site import server as site

    if settings.MODE == "production":
        fix = "Unset BLOCKWISE_MODE, or take a real city in with `blockwise city load`."
        raise Conflict("A demonstration is refused in production.", where="BLOCKWISE_MODE", fix=fix)
    site.refuse_taken("127.0.0.1", port)
    start.home()
    home: Path = settings.HOME
    folder = Path(city) if city else _made(home / "district")
    start.migrate(verbosity=0)
    _load(folder, home / "loaded.json")
    asked = _asked_to_stop()
    server = _command("serve", "--port", str(port))
    running = [server]
    try:
        _wait(f"http://127.0.0.1:{port}/healthz", server, asked)
        if not asked:
            demonstrated = _is_demo()
            if demonstrated and (folder / "calls.parquet").exists():
                running.append(_command("replay", str(folder), "--live"))
            _greet(port, demonstrated)
        while not asked and server.poll() is None:
            time.sleep(LOOK)
        if not asked:
            raise typer.Exit(server.returncode)
        typer.echo("Stopping.")
    finally:
        _stop(running)


def _asked_to_stop() -> list[int]:
    """Filled once somebody asks us to end. Nothing is raised, so no child can be missed between its start and its end.

    What this process was started to pass over, such as a hang-up under nohup, stays passed over.
    """
    asked: list[int] = []
    for number in ENDINGS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda given, _frame: asked.append(given))
    return asked


def _command(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "blockwise.cli.main", *words])  # noqa: S603  (our own command)


def _own_home(folder: Path) -> None:
    """Another city lives in a home of its own beside the demonstration's, unless BLOCKWISE_HOME says where."""
    place = str(folder.resolve())
    os.environ.setdefault("BLOCKWISE_HOME", f"var/{folder.resolve().name}-{sha256(place.encode()).hexdigest()[:8]}")


def _made(folder: Path) -> Path:
    """The generated district; `truth.json` is written last, so a folder with it is whole."""
    if not (folder / "truth.json").exists():
        from blockwise.exchange.newcity import new_city

        shutil.rmtree(folder, ignore_errors=True)  # what an interrupted run left
        with start.progress() as step:
            new_city(folder, 1, "district", step)
    return folder


def _load(folder: Path, note: Path) -> None:
    """Load the folder unless the same files were loaded before; `note` keeps which."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    seen = {str(path.resolve()): [path.stat().st_size, path.stat().st_mtime_ns] for path in files}
    if note.exists() and json.loads(note.read_text()) == seen:
        return
    from blockwise.exchange.load import load_folder

    with start.progress() as step:
        load_folder(folder, password=PASSWORD, progress=step)
    note.write_text(json.dumps(seen))


def _wait(address: str, server: subprocess.Popen[bytes], asked: list[int]) -> None:
    """Until the server answers or we are asked to stop."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.poll() is None:
        if asked:
            return
        try:
            with urlopen(address, timeout=2):  # noqa: S310  (our own server)
                return
        except OSError:
            time.sleep(0.1)
    raise typer.Exit(server.poll() or 1)


def _is_demo() -> bool:
    from blockwise.places.queries import city

    return city().purpose == "demo"


def _greet(port: int, demonstrated: bool) -> None:
    address = f"http://127.0.0.1:{port}/"
    typer.echo(f"\n  Blockwise is at  {address}   (Ctrl-C ends it)\n")
    for line in _logins() if demonstrated else _no_demonstration(address):
        typer.echo(f"  {line}")
    typer.echo("")


def _logins() -> list[str]:
    """A login of each role that the demonstration made and nobody gave another password, and that one."""
    from blockwise.access.models import Grant

    found = []
    for role in SHOWN:
        held = Grant.objects.filter(role=role, user__is_active=True).select_related("user", "block")
        rows = held.order_by("block__level", "user__login")[:5]
        if first := next((one for one in rows if one.user.check_password(PASSWORD)), None):
            found.append(f"{first.get_role_display():<14} {first.user.login:<24} {PASSWORD}")
    return found or first_steps.lines()


def _no_demonstration(address: str) -> list[str]:
    told = "This city's city.yaml says demo: false, so it has no demonstration logins and no calls are played."
    known = "Sign in with the login and the password that you made; `blockwise user password LOGIN` makes a new one."
    return [told, *(first_steps.lines(address) or [known])]


def _stop(running: list[subprocess.Popen[bytes]]) -> None:
    for process in reversed(running):
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in running:
        process.wait()
