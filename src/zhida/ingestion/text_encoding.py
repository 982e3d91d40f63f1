"""Which characters do these bytes mean? Asked by detection (is it text at all?) and by the text formats' parsers.

Byte order marks first, then UTF-8, which other encodings hardly ever satisfy by chance. What remains is mostly legacy
Chinese, where GB18030 and Big5 accept nearly the same bytes: the candidate wins whose decoded characters are the more
common ones. A statistical guesser is asked last, since on short Chinese texts it errs.
"""

import codecs
import re
from dataclasses import dataclass

from charset_normalizer import from_bytes

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE_BYTES = 65_536
_GUESSER_SAMPLE_BYTES = 16_384

_COMMON = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经"
    "么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全"
    "三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任"
    "常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必"
    "场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告"
    "类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运笔试测项概况简介说明使用单位办法条例合同协议"
    "這個們來為國說時會對發後裡過經麼學當沒動還進樣開從實軍無與長機關點業將兩間問並應戰頭體見產話條氣題爾別變總電數報結場計據門東聲"
    "員義幾認萬書強難權記類規觀術領確傳師親讓識帶導爭運單議協項測試簡給應設達處務資隊決壓寫質號節製歷條邊廣張車費項階銀錢際標準"
)
"""The most frequent characters of running Chinese, simplified and traditional."""

_MARKS = frozenset("，。、；：？！“”‘’《》〈〉（）【】「」『』…—·　％￥°′″×÷±→①②③④⑤％＋－～")
_WESTERN = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿßœÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝŒ«»“”‘’–—…€£§©®°·¿¡ºª•™\xa0")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")

_TRUSTED_SCORE = 1.0
"""Running Chinese under the right encoding scores 1.3 to 1.8, under a wrong one below 0.5."""
_ZEROS = b"\x00" * 8
"""So many in a row are padding of some binary format."""
_MAX_CONTROL_SHARE = 0.1
_MAX_INVALID_SHARE = 0.05
_SCORED_CHARACTERS = 8192
_SHORT_KOREAN = 20
"""Fewer characters than this are never taken for EUC-KR, whose bytes are also everyday Chinese."""
_UTF16_ZERO_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class DecodedText:
    """Characters, and the encoding that gave them."""

    text: str
    encoding: str


def decode_text(content: bytes) -> DecodedText:
    """All of a text file's characters; bytes that mean nothing in the encoding found become U+FFFD."""
    encoding = guess_encoding(content[:_SAMPLE_BYTES], whole=len(content) <= _SAMPLE_BYTES)
    try:
        return DecodedText(content.decode(encoding, "replace"), encoding)
    except (LookupError, UnicodeError):
        return DecodedText(content.decode("utf-8", "replace"), "utf-8")


def decode_sample(head: bytes) -> str | None:
    """The beginning of a file as text, or None where it is no text in any encoding."""
    encoding = guess_encoding(head, whole=False)
    if _ZEROS in head and not encoding.startswith("utf-32"):
        return None
    text = head.decode(encoding, "replace")
    if len(_CONTROL.findall(text)) > _MAX_CONTROL_SHARE * len(text):
        return None
    if text.count("\ufffd") > _MAX_CONTROL_SHARE * len(text) + 1:
        return None
    return text.lstrip("\ufeff")


def guess_encoding(sample: bytes, *, whole: bool) -> str:
    """The name of the encoding, as Python's codecs know it.

    Args:
        sample: the beginning of the file.
        whole: whether that is all of it; otherwise its last character may be cut.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if sample.startswith(mark):
            return encoding
    wide = _wide_by_zeros(sample)
    if wide is not None:
        return wide
    if _decoded(sample, "utf-8", whole=whole) is not None:
        return "utf-8"
    if _nearly_utf8(sample):
        return "utf-8"
    return _legacy_encoding(sample, whole=whole)


def _wide_by_zeros(sample: bytes) -> str | None:
    """UTF-16 without a mark: Latin letters, spaces and line ends leave zeros on one side of each pair only."""
    pairs = len(sample) // 2
    if pairs == 0:
        return None
    even = sample[0::2].count(0)
    odd = sample[1::2].count(0)
    if odd > _UTF16_ZERO_SHARE * pairs and even * 10 < odd:
        return "utf-16-le"
    if even > _UTF16_ZERO_SHARE * pairs and odd * 10 < even:
        return "utf-16-be"
    return None


def _decoded(sample: bytes, encoding: str, *, whole: bool) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)("strict").decode(sample, final=whole)
    except UnicodeDecodeError:
        return None


def _nearly_utf8(sample: bytes) -> bool:
    """A UTF-8 file with a few damaged bytes; another encoding would spoil nearly every character."""
    text = sample.decode("utf-8", "replace")
    invalid = text.count("\ufffd")
    foreign = sum(character > "\x7f" for character in text)
    return invalid <= _MAX_INVALID_SHARE * foreign


def _legacy_encoding(sample: bytes, *, whole: bool) -> str:
    best, best_score = "", 0.0
    for encoding in ("gb18030", "big5hkscs", "cp950", "utf-16-le", "utf-16-be", "shift_jis", "euc_kr"):
        text = _decoded(sample, encoding, whole=whole)
        if text is None or (encoding.startswith("utf-16") and len(sample) % 2 and whole):
            continue
        score = _plausibility(text, encoding)
        if score > best_score:
            best, best_score = encoding, score
    if best_score >= _TRUSTED_SCORE:
        return best
    western = _decoded(sample, "cp1252", whole=whole)
    if western is not None and all(character < "\x80" or character in _WESTERN for character in western):
        return "cp1252"
    guessed = from_bytes(sample[:_GUESSER_SAMPLE_BYTES]).best()
    if guessed is not None and guessed.encoding not in {"utf_8", "ascii"}:
        return guessed.encoding
    return best or "cp1252"


def _plausibility(text: str, encoding: str) -> float:
    """The mean commonness of the characters beyond ASCII: 2 for the most frequent, below 0 for the absurd."""
    foreign = [character for character in text[:_SCORED_CHARACTERS] if character > "\x7f"]
    if not foreign:
        return 0.0
    korean = sum("\uac00" <= character <= "\ud7a3" for character in foreign)
    if korean and (encoding != "euc_kr" or len(foreign) < _SHORT_KOREAN):
        return 0.0
    return sum(_commonness(character) for character in foreign) / len(foreign)


def _commonness(character: str) -> float:
    if character in _COMMON:
        return 2.0
    if character in _MARKS:
        return 1.5
    if _HAN.match(character):
        return 1.0 if _is_everyday(character) else -0.5
    if "\u3041" <= character <= "\u30ff":
        return 1.4
    if "\uac00" <= character <= "\ud7a3":
        return 1.2
    return -1.0


def _is_everyday(character: str) -> bool:
    """On the first level of GB 2312 (3,755 characters) or of Big5 (5,401)."""
    try:
        if 0xB0 <= character.encode("gb2312")[0] <= 0xD7:  # noqa: PLR2004 - the rows of level one
            return True
    except UnicodeEncodeError:
        pass
    try:
        return 0xA4 <= character.encode("big5")[0] <= 0xC6  # noqa: PLR2004 - the rows of level one
    except UnicodeEncodeError:
        return False
