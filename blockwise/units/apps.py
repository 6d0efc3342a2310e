from django.apps import AppConfig


class UnitsConfig(AppConfig):
    name = "blockwise.units"
    label = "units"

    def ready(self) -> None:
        from blockwise.access.seams import seams

        from . import assignments, crews

        seams.crews = crews.AssignedCrews()
        assignments.register_effects()
