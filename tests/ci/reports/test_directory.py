from __future__ import annotations

from ci.reports import directory
from tests.ci.reports.examples import many

FORMS = ["table.txt", "findings.json", "findings.sarif", "junit.xml"]


def test_all_gates_have_one_report_and_each_that_is_on_a_folder() -> None:
    files = dict(directory.files(many(20), ""))

    folders = [f"{gate}/{name}" for gate in ("lint", "scan", "secrets") for name in FORMS]
    assert list(files) == ["index.html", "report.md", *FORMS, *folders]
    assert all(text.endswith("\n") for name, text in files.items() if not name.endswith(".xml"))
    assert "CVE" not in files["lint/findings.json"]
