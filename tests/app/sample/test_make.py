from __future__ import annotations

from app.sample import make


def test_the_committed_sample_is_what_the_seeded_script_writes() -> None:
    assert make.SAMPLE.read_text(encoding="utf-8") == make.render()


def test_the_sample_says_that_it_is_synthetic() -> None:
    assert "synthetic" in make.SAMPLE.with_name("README.md").read_text(encoding="utf-8")
