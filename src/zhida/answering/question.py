"""What kind of thing does a question ask for, and does a sentence hold one? Chinese (both scripts) and English."""

import re
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Final


class QuestionKind(StrEnum):
    """The kinds that leave a trace in the form of a sentence."""

    DATE = "date"
    NUMBER = "number"
    PERSON = "person"
    PLACE = "place"
    OTHER = "other"


_ASKED: Final = (
    (
        QuestionKind.DATE,
        re.compile(
            r"(?i)\b(?:when|(?:what|which) (?:year|date|day|month|century|decade))\b"
            r"|何时|何時|什么时候|什麼時候|哪一?[年天日月]|[几幾][年月日号號](?!间|間)|哪个(?:年代|世纪|月)|哪個(?:年代|世紀|月)|时间是|時間是"
        ),
    ),
    (
        QuestionKind.NUMBER,
        re.compile(
            r"(?i)\bhow (?:many|much|long|old|far|tall|high|large|big|deep|wide|often|fast|heavy)\b"
            r"|\bwhat (?:percentage|percent|number|proportion|share|amount)\b"
            r"|多少|多[大高长長远遠久重]|[几幾](?!乎|何|年|月|日)|百分之"
        ),
    ),
    (QuestionKind.PERSON, re.compile(r"(?i)\bwho(?:m|se)?\b|谁|誰|哪位|哪一?[个個]人|何人|什么人|什麼人")),
    (
        QuestionKind.PLACE,
        re.compile(
            r"(?i)\bwhere\b|\b(?:what|which) (?:city|country|state|place|region|continent)\b"
            r"|哪里|哪裡|哪裏|哪儿|何处|何處|何地|什么地方|什麼地方|哪[个個座一]?(?:国|國|省|市|县|縣|城|地|洲|州)"
        ),
    ),
)
_MONTHS: Final = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATE: Final = re.compile(
    rf"\b(?:1\d|20)\d\d\b|(?<!\d)\d{{1,4}}\s*年|\d{{1,2}}\s*[月日]|[一二三四五六七八九十〇零]+[年月日]|\b(?:{_MONTHS})\b"
    r"|\bcentury\b|世纪|世紀|年代|\d(?:st|nd|rd|th)\b"
)
_NUMBER: Final = re.compile(
    r"\d+(?:[.,]\d+)*|[一二两兩三四五六七八九十百千万萬亿億]+(?=[个個人名位次年月日种種座部层層岁歲倍元项項分条條家])"
    r"|(?i:\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|million|billion|half"
    r"|third|quarter)\b)"
)
_NAME: Final = re.compile(
    r"(?<=[a-z,;:\"“(] )[A-Z][\w'’-]+|^[A-Z][\w'’-]+(?= [A-Z])|·|先生|女士|教授|博士|将军|將軍|[皇国國]王|总统|總統"
)
_PLACE: Final = re.compile(
    r"(?<=\b[Ii]n )[A-Z]\w+|(?<=\b[Aa]t )[A-Z]\w+|(?<=\bnear )[A-Z]\w+|(?<=\bof )[A-Z]\w+|(?<=\b[Ff]rom )[A-Z]\w+"
    r"|[省市县縣区區镇鎮村国國州岛島山河江路街]"
)
_TRACE: Final = {
    QuestionKind.DATE: _DATE,
    QuestionKind.NUMBER: _NUMBER,
    QuestionKind.PERSON: _NAME,
    QuestionKind.PLACE: _PLACE,
}


def expected_kind(question: str) -> QuestionKind:
    """What the answer has to be, by the first pattern that fits."""
    for kind, asked in _ASKED:
        if asked.search(question):
            return kind
    return QuestionKind.OTHER


def holds_kind(sentence: str, kind: QuestionKind, *, asked: AbstractSet[str]) -> bool:
    """Whether the sentence holds something of that kind that is not among ``asked``, the question's own terms."""
    trace = _TRACE.get(kind)
    return trace is not None and any(found[0].lower() not in asked for found in trace.finditer(sentence))
