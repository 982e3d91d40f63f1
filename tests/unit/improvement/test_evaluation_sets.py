"""Folders of questions are read, and what is wrong with one is said with its file and line."""

import gzip
from pathlib import Path

import pytest

from zhida.improvement import EvaluationSetError, read_documents, read_evaluation_set, set_names

CORPUS = '{"id": "d1", "title": "Kettle", "text": "It lasts thirty months."}\n{"id": 2, "text": "Nothing of it."}\n'
QUERIES = (
    '{"id": "q1", "text": "How long?", "refs": ["It lasts thirty months."], "answers": ["thirty"]}\n'
    '{"id": "q2", "text": "Where is the answer to this?"}\n'
    "\n"
    '{"id": "q3", "text": "And this?", "refs": null}\n'
)
GRADES = "q1\td1\t2\nq1\t2\t0\nq2\td1\t0\nq3\t2\t1\r\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    at = tmp_path / "handbook-en"
    at.mkdir()
    (at / "corpus.jsonl").write_text(CORPUS)
    (at / "queries.jsonl").write_text(QUERIES)
    (at / "qrels.tsv").write_text(GRADES)
    return at


def test_a_set_is_read_with_the_questions_that_have_a_right_document(folder: Path) -> None:
    found = read_evaluation_set(folder)
    assert found.name == "handbook-en"
    assert [(document.name, document.title, document.text) for document in found.documents] == [
        ("d1", "Kettle", "It lasts thirty months."),
        ("2", "", "Nothing of it."),
    ]
    assert [(query.name, dict(query.grades), query.references) for query in found.queries] == [
        ("q1", {"d1": 2}, ("It lasts thirty months.",)),
        ("q3", {"2": 1}, ()),
    ]


def test_sets_below_a_folder_are_listed_and_other_folders_are_not(folder: Path) -> None:
    (folder.parent / "files").mkdir()
    assert set_names(folder.parent) == ["handbook-en"]


def test_a_part_of_the_questions_is_spread_evenly(folder: Path) -> None:
    names = [f"q{number}" for number in range(10)]
    (folder / "queries.jsonl").write_text("".join(f'{{"id": "{name}", "text": "?"}}\n' for name in names))
    (folder / "qrels.tsv").write_text("".join(f"{name}\td1\t1\n" for name in names))
    found = read_evaluation_set(folder)
    assert [query.name for query in found.with_at_most(3).queries] == ["q0", "q3", "q6"]
    assert found.with_at_most(10) is found
    assert found.with_at_most(None) is found


def test_documents_may_be_compressed_and_stand_alone(tmp_path: Path) -> None:
    (tmp_path / "corpus.jsonl.gz").write_bytes(gzip.compress(CORPUS.encode()))
    assert [document.name for document in read_documents(tmp_path)] == ["d1", "2"]


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl", "qrels.tsv"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(EvaluationSetError, match=name):
        read_evaluation_set(folder)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("corpus.jsonl", CORPUS + "{not json}\n", "line 3"),
        ("corpus.jsonl", CORPUS + '{"id": "d3"}\n', "line 3 .*text"),
        ("corpus.jsonl", '{"id": "d1", "text": 7}\n', "line 1"),
        ("queries.jsonl", QUERIES + '["q4"]\n', "line 5"),
        ("queries.jsonl", '{"id": "q9", "text": "Nobody graded this."}\n', "none of its questions"),
        ("qrels.tsv", GRADES + "q1 d1 1\n", "line 5"),
        ("qrels.tsv", GRADES + "q1\td1\tgood\n", "line 5"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\n", "line 1"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(folder: Path, name: str, content: str, said: str) -> None:
    (folder / name).write_text(content)
    with pytest.raises(EvaluationSetError, match=f"{name} .*{said}") as caught:
        read_evaluation_set(folder)
    assert "docs/evaluation.md" in caught.value.advice


def test_a_compressed_file_that_was_cut_off_is_named(tmp_path: Path) -> None:
    (tmp_path / "corpus.jsonl.gz").write_bytes(gzip.compress(CORPUS.encode() * 50)[:-20])
    with pytest.raises(EvaluationSetError, match=r"corpus\.jsonl\.gz"):
        read_documents(tmp_path)
