from blockwise.rooms import Check, Job, Room, Thread

from . import begin, erase, health, seals

ROOM = Room(
    "ledger",
    threads=(Thread("system", "people.log"), Thread(begin.THREAD, "people.log")),
    jobs=(
        Job("seal", seals.EVERY_S, seals.sealings, first=True, oldest=seals.overdue),
        Job("erasures", 3600, erase.finishing),
    ),
    checks=(Check(health.seal), Check(health.keys), Check(health.clock), Check(health.time)),
)
