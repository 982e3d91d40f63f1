"""What is asked, and what would be right? Reads a folder of ``corpus.jsonl``, ``queries.jsonl`` and ``qrels.tsv``.

The form is BEIR's (https://arxiv.org/abs/2104.08663) with plainer names; ``corpus.jsonl`` may be compressed by gzip.
"""

import gzip
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, TypeVar

import msgspec

from zhida.errors import Kind, ZhidaError

_DOCUMENTS, _QUERIES, _GRADES = "corpus.jsonl", "queries.jsonl", "qrels.tsv"


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
    """Documents, and the questions that have at least one right document.

    Attributes:
        distractors: documents that answer nothing, added from elsewhere.
    """

    name: str
    documents: tuple[EvaluationDocument, ...]
    queries: tuple[EvaluationQuery, ...]
    distractors: tuple[EvaluationDocument, ...] = ()

    def with_at_most(self, queries: int | None) -> "EvaluationSet":
        """The set with so many questions, spread evenly so that runs agree on which."""
        if queries is None or len(self.queries) <= queries:
            return self
        step = len(self.queries) / queries
        return replace(self, queries=tuple(self.queries[int(number * step)] for number in range(queries)))


class _Document(msgspec.Struct):
    name: str | int = msgspec.field(name="id")
    text: str
    title: str | None = None


class _Query(msgspec.Struct):
    name: str | int = msgspec.field(name="id")
    text: str
    refs: list[str] | None = None


def set_names(data: Path) -> list[str]:
    """The sets below a folder."""
    return sorted(grades.parent.name for grades in data.glob(f"*/{_GRADES}"))


def read_evaluation_set(folder: Path) -> EvaluationSet:
    """The set in a folder.

    Raises:
        EvaluationSetError: a file is missing, or a line cannot be read.
    """
    grades = _read_grades(folder / _GRADES)
    queries = tuple(
        EvaluationQuery(str(query.name), query.text, grades[str(query.name)], tuple(query.refs or ()))
        for query in _read(folder / _QUERIES, _Query)
        if str(query.name) in grades
    )
    if not queries:
        raise _unreadable(folder / _QUERIES, "none of its questions has a right document")
    return EvaluationSet(folder.name, read_documents(folder), queries)


def read_documents(folder: Path) -> tuple[EvaluationDocument, ...]:
    """The documents of a set, or of a folder that has no questions.

    Raises:
        EvaluationSetError: the file is missing, or a line cannot be read.
    """
    path = folder / _DOCUMENTS
    if not path.exists() and (folder / f"{_DOCUMENTS}.gz").exists():
        path = folder / f"{_DOCUMENTS}.gz"
    return tuple(
        EvaluationDocument(str(document.name), document.title or "", document.text)
        for document in _read(path, _Document)
    )


def _read_grades(path: Path) -> dict[str, dict[str, int]]:
    grades: dict[str, dict[str, int]] = {}
    for number, line in _lines(path):
        fields = line.decode(errors="replace").split("\t")
        if len(fields) != len(("query", "document", "grade")) or not fields[2].strip().isdecimal():
            raise _unreadable(path, f"line {number} is not a question, a document and a grade with tabs between")
        if grade := int(fields[2]):
            grades.setdefault(fields[0], {})[fields[1]] = grade
    return grades


_Form = TypeVar("_Form", bound=msgspec.Struct)


def _read(path: Path, form: type[_Form]) -> Iterator[_Form]:
    decoder = msgspec.json.Decoder(form)
    for number, line in _lines(path):
        try:
            yield decoder.decode(line)
        except msgspec.DecodeError as error:
            raise _unreadable(path, f"line {number} cannot be understood: {error}") from error


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, with their numbers from 1."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line.rstrip(b"\r\n")
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, str(error)) from error


def _unreadable(path: Path, reason: str) -> EvaluationSetError:
    return EvaluationSetError(
        f"{path} does not belong to an evaluation set: {reason}.",
        advice=f"A set has {_DOCUMENTS}, {_QUERIES} and {_GRADES}; docs/evaluation.md shows their form.",
    )
