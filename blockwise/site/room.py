from blockwise.rooms import Check, Job, Room, Thread

from . import health, jobs, proving

ROOM = Room(
    "site",
    scopes={"stream": ()},
    threads=(Thread(proving.THREAD, "people.log"),),
    jobs=(Job("rows", 5, proving.look), Job("statistics", 3600, jobs.count_rows)),
    checks=(Check(health.database), Check(health.worker), Check(health.jobs), Check(health.rows), Check(health.disk)),
    pages="blockwise.site.pages",
)
