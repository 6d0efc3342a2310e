from django.apps import AppConfig


class UnitsConfig(AppConfig):
    name = "blockwise.units"
    label = "units"

    def ready(self) -> None:
        from blockwise.access.seams import seams

        from . import crews

        seams.crews = crews.AssignedCrews()
