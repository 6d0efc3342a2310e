"""Which passwords are refused although they are long enough: what is tried first, and what can be read off the door.

Any composition is welcome, spaces and Chinese too. The words stand in docs/operate.md.
"""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from blockwise.places.models import City

LEFT = 6  # letters that must be left of a password when the words of this place are taken out of it
GUESSES = 10**8  # a slow hash makes them a year of one machine
LOOKED_AT = 72  # characters; more of them make no common password
COMMON_ZH = "woaini wo aini wodemima mima nihao zhongguo 5201314 1314520 520 1314 woshishei"
TRADE = "blockwise password dispatch dispatcher police public safety admin administrator welcome emergency"
TRADE_ZH = "密码 公安 指挥"
_AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_NO_LETTERS = re.compile(r"[\W\d_]+")


class NotCommon(CommonPasswordValidator):
    """Django's list of 20,000, also twice or with digits and signs around; and what is found with fewer guesses than a
    hundred million by whoever tries other letters, rows of keys, dates and what repeats, too (Wheeler 2016, zxcvbn)."""

    def validate(self, password: str, user: Any = None) -> None:
        from zxcvbn import zxcvbn  # its lists are read when a password is set, and take 20 MB

        super().validate(password, user)
        bare = _AROUND.sub("", password.lower())
        half = bare[: len(bare) // 2]
        made = bare in self.passwords or (half * 2 == bare and half in self.passwords)
        if made or zxcvbn(password[:LOOKED_AT], user_inputs=COMMON_ZH.split())["guesses"] < GUESSES:
            raise ValidationError(
                _("This password is soon found by whoever tries common ones and what is made of them.")
            )


class NotOfHere:
    """Nothing made of the login, the person's or the city's name, or of the words of the trade."""

    def validate(self, password: str, user: Any = None) -> None:
        words = sorted({*TRADE.split(), *TRADE_ZH.split(), *_names(user)}, key=len, reverse=True)
        text = password.lower()
        rest = re.sub("|".join(map(re.escape, words)), "", text)
        if rest != text and len(_NO_LETTERS.sub("", rest)) < LEFT:
            raise ValidationError(
                _("Too little is left of this password without the names and words that anybody here would try.")
            )

    def get_help_text(self) -> str:
        return _("It is not made of your login, a name or the words of the trade.")


def _names(user: Any) -> set[str]:
    city = City.objects.first()
    texts = [city.name_zh, city.name_en] if city else []
    texts += [user.login, user.name, user.name_en] if user else []
    parts = {part for text in texts for part in (text, *re.split(r"[\W_]+", text))}
    return {part.lower() for part in parts if len(part) >= (2 if re.search("[\u4e00-\u9fff]", part) else 4)}
