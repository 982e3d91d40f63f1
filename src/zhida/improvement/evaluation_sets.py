"""What is asked, and what would be right? Reads a folder of ``corpus.jsonl``, ``queries.jsonl`` and ``qrels.tsv``."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from zhida.errors import Kind, ZhidaError


class EvaluationSetError(ZhidaError):
    """A folder is no evaluation set, or one of its lines cannot be read."""

    code: ClassVar[str] = "improvement.evaluation_set"
    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(frozen=True, slots=True)
class EvaluationDocument:
    """A document of a set, by the set's own name for it."""

    name: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class EvaluationQuery:
    """A question, the documents that answer it with their grades (above 0), and gold sentences where there are any."""

    name: str
    text: str
    grades: Mapping[str, int]
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """Documents, and the questions that have at least one right document."""

    name: str
    documents: tuple[EvaluationDocument, ...]
    queries: tuple[EvaluationQuery, ...]

    def with_at_most(self, queries: int | None) -> tuple[EvaluationQuery, ...]:
        """So many questions, spread evenly so that runs agree on which."""
        if queries is None or len(self.queries) <= queries:
            return self.queries
        step = len(self.queries) / queries
        return tuple(self.queries[int(number * step)] for number in range(queries))


def set_names(data: Path) -> list[str]:
    """The sets below a folder."""
    return sorted(folder.parent.name for folder in data.glob("*/qrels.tsv"))


def read_evaluation_set(folder: Path) -> EvaluationSet:
    """The set in a folder.

    Raises:
        EvaluationSetError: a file is missing, or a line cannot be read.
    """
    try:
        documents = tuple(
            EvaluationDocument(str(line["id"]), str(line.get("title") or ""), str(line["text"]))
            for line in _lines(folder / "corpus.jsonl")
        )
        grades: dict[str, dict[str, int]] = {}
        for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
            query, document, grade = line.split("\t")
            if int(grade) > 0:
                grades.setdefault(query, {})[document] = int(grade)
        queries = tuple(
            EvaluationQuery(str(line["id"]), str(line["text"]), grades[str(line["id"])], tuple(line.get("refs") or ()))
            for line in _lines(folder / "queries.jsonl")
            if str(line["id"]) in grades
        )
    except (OSError, ValueError, KeyError, msgspec.MsgspecError) as error:
        raise EvaluationSetError(
            f"{folder} is not an evaluation set: {error}.",
            advice="It needs corpus.jsonl, queries.jsonl and qrels.tsv; docs/evaluation.md shows their form.",
        ) from error
    return EvaluationSet(folder.name, documents, queries)


def _lines(path: Path) -> list[dict[str, Any]]:
    with path.open("rb") as file:
        return [msgspec.json.decode(line, type=dict[str, Any]) for line in file if line.strip()]
