"""``zhida eval run``, as whoever tunes the search uses it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.running import RunningInstance

DOCUMENTS = [
    {"id": "kettle", "title": "Kettle", "text": "The warranty of the kettle lasts thirty months from the day of sale."},
    {"id": "price", "title": "Prices", "text": "A kettle costs forty crowns, a pan costs sixty."},
    {"id": "pan", "title": "Pan", "text": "The pan must not be washed in a machine, for its coating would suffer."},
    {"id": "报销", "title": "差旅", "text": "差旅报销须在返回后四十五天内提交，逾期不予受理。"},
    {"id": "考勤", "title": "考勤", "text": "每月迟到三次以上者，取消当月全勤奖。"},
    {"id": "blank", "title": "", "text": " \n "},
]
QUERIES = [
    {"id": "1", "text": "How long does the warranty of the kettle last?", "refs": [DOCUMENTS[0]["text"]]},
    {"id": "2", "text": "差旅报销须在多少天内提交？"},
    {"id": "3", "text": "What may not go into the dishwasher?"},
    {"id": "4", "text": "Nobody knows what is right here."},
]
GRADES = "1\tkettle\t1\n2\t报销\t1\n3\tpan\t1\n"


def write_lines(path: Path, entries: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries), encoding="utf-8")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """One set, and a folder of documents alone."""
    (tmp_path / "handbook").mkdir()
    write_lines(tmp_path / "handbook" / "corpus.jsonl", DOCUMENTS)
    write_lines(tmp_path / "handbook" / "queries.jsonl", QUERIES)
    (tmp_path / "handbook" / "qrels.tsv").write_text(GRADES, encoding="utf-8")
    (tmp_path / "others").mkdir()
    write_lines(tmp_path / "others" / "corpus.jsonl", [{"id": "other", "text": "The tram stops at the bridge."}])
    return tmp_path


def evaluate(running: RunningInstance, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "zhida.cli", "eval", "run", *arguments]
    environment = running.environment | variables
    return subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def test_a_set_is_ingested_and_every_leg_is_measured(running_instance: RunningInstance, data: Path) -> None:
    done = evaluate(running_instance, "--data", str(data), "--json")
    assert done.returncode == 8, done.stderr
    document = json.loads(done.stdout)
    (report,) = document["sets"]
    assert (report["set"], report["documents"], report["queries"]) == ("handbook", 6, 3)
    assert [failed["name"] for failed in report["failed"]] == ["blank"]
    assert report["failed"][0]["reason"]
    assert report["metrics"]["balanced"]["recall@10"] == 100
    assert report["metrics"]["lexical"]["gold text@5"] == 100
    assert report["better_leg"] in {"lexical", "dense"}
    assert report["balanced_above_better_leg"].keys() == {"mean", "low", "high"}
    assert report["seconds"].keys() == {"ingestion", "lexical", "dense", "balanced", "total"}
    assert document["versions"]["zhida"]
    assert document["machine"]["cores"] > 0
    assert document["chunks"] == {"size": 640, "overlap": 32}


def test_a_table_is_printed_and_what_failed_is_named(running_instance: RunningInstance, data: Path) -> None:
    chosen = ("--data", str(data), "--set", "handbook", "--queries", "2", "--distractors", "others")
    done = evaluate(running_instance, *chosen, ZHIDA_KNOWLEDGE__CHUNK_SIZE="64")
    assert done.returncode == 8, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "nDCG@10, percent"
    assert lines[1].split("\t")[:5] == ["set", "questions", "lexical", "dense", "balanced"]
    assert lines[2].split("\t")[:2] == ["handbook", "2"]
    assert any(line.startswith("gold sentences") for line in lines)
    assert "handbook: blank could not be ingested: " in done.stderr


@pytest.mark.parametrize(
    ("arguments", "variables", "said"),
    [
        (("--set", "others"), {}, "qrels.tsv"),
        ((), {"ZHIDA_URL": "http://127.0.0.1:9", "ZHIDA_KEY": "k"}, "ZHIDA_URL"),
    ],
)
def test_what_cannot_be_measured_is_said_in_one_line(
    running_instance: RunningInstance,
    data: Path,
    arguments: tuple[str, ...],
    variables: dict[str, str],
    said: str,
) -> None:
    done = evaluate(running_instance, "--data", str(data), *arguments, **variables)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_instance_is_started_where_none_runs_and_ends_with_the_command(data: Path, tmp_path: Path) -> None:
    stopped = RunningInstance(tmp_path / "node", ZHIDA_INFERENCE__EMBEDDING__PROVIDER="none")
    (data / "handbook" / "qrels.tsv").write_text("2\t报销\t1\n", encoding="utf-8")
    write_lines(data / "handbook" / "corpus.jsonl", DOCUMENTS[:-1])
    done = evaluate(stopped, "--data", str(data), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sets"][0]["metrics"]["balanced"]["hits@1"] == 100
    assert not (stopped.data_dir / "run" / "instance.json").exists()
