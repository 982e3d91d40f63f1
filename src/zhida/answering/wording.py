"""Which fixed sentences does an answer contain, and in which language?"""

from dataclasses import dataclass
from typing import Final

from zhida.answering.events import RefusalReason
from zhida.ids import Language


@dataclass(frozen=True, slots=True)
class Wording:
    """The fixed texts in one language and script."""

    extractive_lead: str
    refusals: dict[RefusalReason, str]
    looked_at: str


_ENGLISH: Final = Wording(
    extractive_lead="From the documents:",
    refusals={
        RefusalReason.NOTHING_FOUND: "I found nothing about this in the documents that you may read.",
        RefusalReason.WEAK_EVIDENCE: "The documents do not say enough to answer this.",
        RefusalReason.NOT_IN_DOCUMENTS: "The documents do not answer this.",
        RefusalReason.UNCITED: "I could not support an answer with the documents, so I give none.",
    },
    looked_at="I looked at: ",
)
_SIMPLIFIED: Final = Wording(
    extractive_lead="根据资料：",
    refusals={
        RefusalReason.NOTHING_FOUND: "在您可以查阅的资料中没有找到相关内容。",
        RefusalReason.WEAK_EVIDENCE: "现有资料不足以回答这个问题。",
        RefusalReason.NOT_IN_DOCUMENTS: "资料中没有这个问题的答案。",
        RefusalReason.UNCITED: "无法用资料证实回答，因此不作回答。",
    },
    looked_at="已查阅：",
)
_TRADITIONAL: Final = Wording(
    extractive_lead="根據資料：",
    refusals={
        RefusalReason.NOTHING_FOUND: "在您可以查閱的資料中沒有找到相關內容。",
        RefusalReason.WEAK_EVIDENCE: "現有資料不足以回答這個問題。",
        RefusalReason.NOT_IN_DOCUMENTS: "資料中沒有這個問題的答案。",
        RefusalReason.UNCITED: "無法用資料證實回答，因此不作回答。",
    },
    looked_at="已查閱：",
)
_TRADITIONAL_ONLY: Final = frozenset(
    "這們個為來說時國會學發經過還與對開關點麼嗎誰裡幾際體從問題應該無專業東車長門陳張義書認識語讀寫電話樂歷產區縣"
    "萬億兩種類級組織導選舉戰爭軍隊黨員總統裝備機構設計劃實現證據資訊網頁動態數據報導環節變為聲圖畫夢響應屬於稱號"
)


def wording_for(language: Language, question: str) -> Wording:
    """The fixed texts in the question's language; other languages get English."""
    if language is not Language.CHINESE:
        return _ENGLISH
    return _TRADITIONAL if _TRADITIONAL_ONLY.intersection(question) else _SIMPLIFIED
