"""A city of one language needs its texts in that one alone; each stands in for the other below."""

from typing import Final

Languages = tuple[str, ...]
BOTH: Final = frozenset({"zh", "en"})


def needed_of(columns: tuple[str, str], languages: Languages, both: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """Which of the Chinese and the English column must be filled in; `both` in a city of two languages.

    In a city of English alone either will do: what has one name is often written into the first column.
    """
    if set(languages) == BOTH:
        return columns[:1] if both is None else both
    return columns[:1] if "zh" in languages else ()


def spared(columns: tuple[str, str], languages: Languages) -> tuple[str, ...]:
    """Which of the two columns may be left out of the table."""
    if set(languages) == BOTH:
        return ()
    return columns[1:] if "zh" in languages else columns


def filled(names: dict[str, str]) -> dict[str, str]:
    """Names by language, with the one that is missing taken from the other."""
    any_name = next(iter(names.values()), "")
    return {language: names.get(language, any_name) for language in ("zh", "en")}
