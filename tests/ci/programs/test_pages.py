from __future__ import annotations

import pytest

from ci.programs import pages

PAGE = """# A page

Text with a [link](a.md#b "title"), an ![image](c.png)
and [a reference][one], on two lines. Not `[code][two]`, but [this one][three].

| a | b |
|---|---|
| [cell](d.md) | <a href="e.md" id="here">e</a> |

## `[tool.ci]`: *what*, and why?
## Twice
## Twice

[one]: https://shop.test/one

- a list

  ```python run
  print(1)
  ```

  ```text output
  1
  ```

<!-- help: shop --help -->

```text
usage
```

<!-- help: lost --help -->

The end.
"""


def test_links_images_references_and_html_are_found_with_their_lines() -> None:
    page = pages.read(PAGE)

    assert {(link.text, link.line) for link in page.links} == {
        ("a.md#b", 3),
        ("c.png", 3),
        ("https://shop.test/one", 4),
        ("d.md", 8),
        ("e.md", 8),
    }
    assert [(lost.text, lost.line) for lost in page.unresolved] == [("three", 4)]


def test_anchors_are_those_that_github_makes() -> None:
    page = pages.read(PAGE)

    assert page.anchors == {"a-page", "toolci-what-and-why", "twice", "twice-1", "here"}


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Größe & Maß", "größe--maß"),
        ("`--no_cache` (v2.0)", "--no_cache-v20"),
        ("a/b: c", "ab-c"),
    ],
)
def test_slugs(heading: str, anchor: str) -> None:
    assert pages.slug(heading.replace("`", "")) == anchor


def test_blocks_have_their_output_and_their_help() -> None:
    run, output, usage = pages.read(PAGE).blocks

    assert (run.words, run.text, run.line, run.last) == (("python", "run"), "print(1)\n", 18, 20)
    assert run.output is not None
    assert (run.output.text, run.output.line) == ("1\n", 22)
    assert output.help == ""
    assert (usage.help, usage.text) == ("shop --help", "usage\n")


def test_a_marker_without_a_block_is_lost() -> None:
    assert [lost.text for lost in pages.read(PAGE).lost] == ["lost --help"]
    assert [lost.line for lost in pages.read("# A\n\n<!-- help: x -->\n").lost] == [3]


def test_pages_of_paths() -> None:
    found = ["README.md", "docs/a.md", "docs-old/b.md"]

    assert list(pages.files(found, ["README.md", "docs/"])) == ["README.md", "docs/a.md"]
    assert list(pages.files(found, ["."])) == found
