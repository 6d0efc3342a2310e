from django.apps import AppConfig


class PlacesConfig(AppConfig):
    name = "blockwise.places"
    label = "places"
