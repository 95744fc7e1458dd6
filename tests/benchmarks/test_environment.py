import json
import re

from benchmarks.environment import commit, cores, describe, versions


def test_all_that_is_described_can_be_written_as_json():
    described = json.loads(json.dumps(describe()))
    assert set(described) == {"time", "commit", "hardware", "versions", "load_average"}
    assert described["hardware"]["cores"] == cores() >= 1
    assert described["hardware"]["memory_gib"] > 0


def test_versions_are_those_of_installed_packages():
    assert versions()["torch"].startswith("2.")


def test_the_commit_is_a_hash_marked_where_files_differ_from_it():
    found = commit()
    assert found is None or re.fullmatch(r"[0-9a-f]{40}\+?", found)


def test_without_a_checkout_or_git_the_commit_is_unknown(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.environment._ROOT", tmp_path)
    assert commit() is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit() is None
