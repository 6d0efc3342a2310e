"""Fifty clients send one unit over HTTP at once: one assignment, forty-nine clear conflicts."""

from __future__ import annotations

import json
import threading

import httpx

from tests.servers import Home, Server

CLIENTS, UNIT = 50, "P1"
CALL = {"type": "order.noise", "place": {"lon": 113.9125, "lat": 22.5575, "kind": "street"}, "channel": "phone"}


def test_one_of_fifty_clients_gets_the_unit(home: Home) -> None:
    with Server(home) as server:
        with server.client("dispatcher") as dispatcher:
            cases = [dispatcher.post("/api/calls", json=CALL).json()["case"] for _ in range(CLIENTS)]
        answers = send_at_once(server, cases)
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] + [409] * (CLIENTS - 1)
    [case] = [case for case, answer in zip(cases, answers, strict=True) if answer.status_code == 201]
    for answer in answers:
        if answer.status_code == 409:
            problem = answer.json()
            assert (problem["unit"], problem["case"]) == (UNIT, case)
            assert answer.headers["content-type"] == "application/problem+json"
            assert problem["detail"]
            assert problem["fix"]
    assert json.loads(home.python("-c", KEPT).stdout) == {"assignments": [[case, UNIT]], "sent": [f"case:{case}"]}
    assert "verified" in home.blockwise("verify").stdout


def send_at_once(server: Server, cases: list[int]) -> list[httpx.Response]:
    gate = threading.Barrier(len(cases))
    answers: dict[int, httpx.Response] = {}

    def send(case: int) -> None:
        with server.client("dispatcher") as dispatcher:
            dispatcher.get("/healthz")  # connected before the gate
            gate.wait()
            answers[case] = dispatcher.post(f"/api/cases/{case}/assignments", json={"units": [UNIT]})

    threads = [threading.Thread(target=send, args=(case,)) for case in cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answers[case] for case in cases]


KEPT = """
import json
from blockwise.cli import start
start.django()
from blockwise.ledger.models import Line
from blockwise.units.models import Assignment
assignments = [list(row) for row in Assignment.objects.values_list("case_id", "unit_id")]
sent = list(Line.objects.filter(act="send").values_list("thread", flat=True))
print(json.dumps({"assignments": assignments, "sent": sent}))
"""
