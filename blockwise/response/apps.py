from django.apps import AppConfig


class ResponseConfig(AppConfig):
    name = "blockwise.response"
    label = "response"

    def ready(self) -> None:
        from blockwise.cases import effects

        from .ranking import rank_units

        effects.register("rank_units")(rank_units)
