"""What does a question ask for, and does a sentence hold such a thing? Chinese (both scripts) and English."""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class QuestionKind(StrEnum):
    """The kinds that leave a trace in the form of a sentence."""

    DATE = "date"
    NUMBER = "number"
    PERSON = "person"
    PLACE = "place"
    DUTY = "duty"
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
    (
        QuestionKind.DUTY,
        re.compile(
            r"(?i)\bwhat (?:happens|if|to do|(?:do|does|should|must) (?:I|we|you|one|they|he|she) (?:have to )?do)\b"
            r"|怎么办|怎麼辦|如何处理|如何處理|怎么处理|怎麼處理"
        ),
    ),
)
_MONTHS: Final = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATE: Final = re.compile(
    rf"\b(?:1\d|20)\d\d\b|(?<!\d)\d{{1,4}}\s*年|\d{{1,2}}\s*[月日]|[一二三四五六七八九十〇零]+[年月日]|\b(?:{_MONTHS})\b"
    r"|\bcentury\b|世纪|世紀|年代|\d(?:st|nd|rd|th)\b|\b\d{1,2}:\d\d\b|\d\s*[点點]"
    r"|\b(?:[Ww]ithin|[Aa]fter) \d+ (?:hour|day|week|month|year)s?\b"
    r"|\d\s*(?:天|周|週|个月|個月|小时|小時)[内內后後之以]"
)
_NUMBER: Final = re.compile(
    r"(?<!\d:)(?<!\d:\d)\d+(?:[.,]\d+)*|[一二两兩三四五六七八九十百千万萬亿億]+(?=[个個人名位次年月日种種座部层層岁歲倍元项項分条條家])"
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
_DUTY: Final = re.compile(
    r"(?i)\b(?:must|shall|should|ha(?:s|ve) to|needs? to|required|please)\b|必须|必須|须|須|应当|應當|请|請"
)
_TRACE: Final = {
    QuestionKind.DATE: _DATE,
    QuestionKind.NUMBER: _NUMBER,
    QuestionKind.PERSON: _NAME,
    QuestionKind.PLACE: _PLACE,
    QuestionKind.DUTY: _DUTY,
}
_MEASURES: Final = (
    re.compile(
        r"(?i)\s*-?(?:[a-z]+ )?(?:(?:second|minute|hour|day|week|month|year|decade)s?\b"
        r"|[个個]?(?:天|日|周|週|月|年|世纪|世紀|小时|小時|分钟|分鐘|秒))"
    ),
    re.compile(
        r"(?i)\s*(?:[mb]illion |thousand |[万萬亿億])?(?:(?:euro|dollar|pound|franc|cent)s?\b"
        r"|yuan\b|[美欧歐日]?元|块|塊|[钱錢])"
    ),
    re.compile(r"(?i)\s*(?:times\b|[次回倍])"),
    re.compile(r"(?i)\s*(?:[kmgt]i?b|(?:(?:kilo|mega|giga|tera)?byte)s?)\b|\s*字节"),
    re.compile(r"(?i)\s*(?:%|percent\b|per cent\b|％)"),
    re.compile(r"(?i)\s*-?(?:(?:kilo|centi|milli)?met(?:re|er)s?\b|miles?\b|feet\b|k?m\b|公里|千米|米|厘米|英里)"),
)
"""What a figure is measured in, as it stands after the figure."""
_MONTH_NAME: Final = re.compile(rf"\s*(?:{_MONTHS})\b|:\d\d|\s*[点點]")
_HOW_MANY: Final = re.compile(r"(?i)\bhow many\b(?= \w)|多少(?=[^?？。，,\s是为為])|[几幾](?=[^?？。，,\s是乎何点點])")
_FILLER: Final = re.compile(
    r"(?i)\bhow (?:many|much|long)\b|\bwhat happens\b|\b(?:get|gets|getting|got)\b"
    r"|怎么办|怎麼辦|(?:多少|[几幾])(?:[个個]?(?:天|周|週|月|年|小时|小時|分钟|分鐘)|元|[个個位名次])"
    r"|一(?:年|天|周|週|[个個]月)(?=[里裡内內]?(?:有|能|可|要|最多|共|多少|[几幾]))"
)
"""How people ask, which documents do not repeat: the kind and the measure asked for are read from the question."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What the answer has to hold.

    Attributes:
        measured: the measure of the number asked for ("how many days"); None where it is not told.
        counts: whether it is a number of things ("how many people"), which a figure with a measure cannot be.
    """

    kind: QuestionKind
    measured: re.Pattern[str] | None = None
    counts: bool = False

    def held_by(self, sentence: str, *, asked: AbstractSet[str]) -> bool:
        """Whether the sentence holds something of that kind that is not among ``asked``, the question's own terms."""
        trace = _TRACE.get(self.kind)
        if trace is None:
            return False
        return any(
            found[0].lower() not in asked and self._is_measured_so(sentence, found.end())
            for found in trace.finditer(sentence)
        )

    def _is_measured_so(self, sentence: str, at: int) -> bool:
        if self.measured is not None:
            return self.measured.match(sentence, at) is not None
        if self.counts:
            return not any(measure.match(sentence, at) for measure in (*_MEASURES, _MONTH_NAME))
        return True


def sought(question: str) -> Sought:
    """What a question asks for, by its form."""
    kind = expected_kind(question)
    asks = _HOW_MANY.search(question) if kind is QuestionKind.NUMBER else None
    if asks is None:
        return Sought(kind)
    measured = next((measure for measure in _MEASURES if measure.match(question, asks.end())), None)
    return Sought(kind, measured, counts=measured is None)


def content_of(question: str) -> str:
    """The question without its frame ("what happens if", 怎么办, 几天): what is left are words to look for."""
    content = _FILLER.sub(" ", question)
    return content if any(character.isalnum() for character in content) else question


def expected_kind(question: str) -> QuestionKind:
    """What the answer has to be, by the first pattern that fits."""
    for kind, asked in _ASKED:
        if asked.search(question):
            return kind
    return QuestionKind.OTHER
