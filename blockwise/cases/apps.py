from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "blockwise.cases"
    label = "cases"

    def ready(self) -> None:
        from blockwise.access.seams import seams
        from blockwise.ledger import begin, erase

        from .engine import attaching, idempotency, intake, parties
        from .queries import told

        seams.cases = told.KnownCases()
        begin.then(intake.due, intake.take_in)
        erase.with_it(idempotency.forget_thread)
        erase.with_it(attaching.forget_thread)
        erase.with_it(parties.forget_thread)
        erase.below(parties.of_case)
