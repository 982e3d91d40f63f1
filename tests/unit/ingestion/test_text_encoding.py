"""Which characters bytes mean: short Chinese texts above all."""

import pytest

from zhida.ingestion.text_encoding import decode_sample, decode_text

SIMPLIFIED = [
    "测试",
    "项目概况",
    "北京市朝阳区",
    "软件安装手册 v2.0",
    "关于印发通知的函",
    "价格 100 元",
    "李雷和韩梅梅",
    "联通",
]
TRADITIONAL = ["測試", "專案概況", "臺北市", "關於印發通知", "軟體安裝手冊", "李雷與韓梅梅", "北緯31°09′，東經119°08′"]


@pytest.mark.parametrize("text", SIMPLIFIED)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-32"])
def test_short_simplified_texts_are_right(text: str, encoding: str) -> None:
    assert decode_text(text.encode(encoding)).text.lstrip("\ufeff") == text


@pytest.mark.parametrize("text", TRADITIONAL)
@pytest.mark.parametrize("encoding", ["utf-8", "big5", "gb18030", "utf-16"])
def test_short_traditional_texts_are_right(text: str, encoding: str) -> None:
    assert decode_text(text.encode(encoding)).text.lstrip("\ufeff") == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["知达从文档中寻找答案。", "第一章 总则\n第一条 为了规范", "plain English words"])
def test_utf_16_without_a_mark_is_recognised(text: str, encoding: str) -> None:
    assert decode_text(text.encode(encoding)).text == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("naïve café à la carte, déjà vu", "cp1252"),
        ("Größe für Übung", "latin-1"),
        ("Привет, как дела? Всё хорошо.", "cp1251"),
        ("こんにちは、世界。これはテストです。", "shift_jis"),
        ("안녕하세요 세계 이것은 시험입니다 그리고 더 많은 글자", "euc_kr"),
    ],
)
def test_other_legacy_encodings_are_told_apart(text: str, encoding: str) -> None:
    assert decode_text(text.encode(encoding)).text == text


def test_a_few_damaged_bytes_do_not_change_the_encoding() -> None:
    content = ("知达从文档中寻找答案。" * 20).encode()
    decoded = decode_text(content[:100] + b"\xff" + content[100:])
    assert decoded.encoding == "utf-8"
    assert decoded.text.count("\ufffd") <= 4


def test_a_sample_may_end_inside_a_character() -> None:
    assert decode_sample("知达从文档中寻找答案".encode()[:-1]) is not None
    assert decode_sample("知达从文档中寻找答案".encode("gb18030")[:-1]) is not None


@pytest.mark.parametrize("content", [bytes(range(256)) * 4, b"\x00" * 64 + b"abc", b"\x01\x02\x03\x04\x05"])
def test_binary_data_is_no_text(content: bytes) -> None:
    assert decode_sample(content) is None
