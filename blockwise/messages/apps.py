from django.apps import AppConfig


class MessagesConfig(AppConfig):
    name = "blockwise.messages"
    label = "inbox"  # django.contrib.messages has the other name
