from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "blockwise.cases"
    label = "cases"

    def ready(self) -> None:
        from blockwise.access.seams import seams

        from . import told

        seams.cases = told.Told()
