"""The table of checks in docs/security.md names every rule of this project, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from kubeflow_aws.checks.kubernetes_rules import kubernetes_rules
from kubeflow_aws.checks.plugin import RULES

ROW = re.compile(r"^\| (?P<rules>KubeflowAws-[^|]+) \| (?:everywhere|production) \|", re.MULTILINE)
SPAN = re.compile(r"(?P<family>[A-Z0-9]+?)(?P<first>\d)(?: (?P<to>to|and) (?P<last>\d))?$")


def in_table(page: str) -> Iterator[str]:
    """The ids of the table's rows: `KubeflowAws-EKS1 to 3, FSX1 and 2` are five."""
    checks = page.partition("## Acknowledged findings")[0]
    for row in ROW.finditer(checks):
        for part in row["rules"].removeprefix("KubeflowAws-").split(", "):
            span = SPAN.match(part)
            assert span, part
            for number in range(int(span["first"]), int(span["last"] or span["first"]) + 1):
                yield f"KubeflowAws-{span['family']}{number}"


def test_rows_are_read_with_their_spans() -> None:
    page = (
        "| KubeflowAws-EKS1 to 3, FSX1 and 2 | everywhere | a |\n"
        "| KubeflowAws-K8S1 | production | b |"
    )

    assert list(in_table(page)) == [
        "KubeflowAws-EKS1",
        "KubeflowAws-EKS2",
        "KubeflowAws-EKS3",
        "KubeflowAws-FSX1",
        "KubeflowAws-FSX2",
        "KubeflowAws-K8S1",
    ]


def test_the_table_names_each_rule_once(project: Path) -> None:
    page = (project / "docs" / "security.md").read_text(encoding="utf-8")

    rules = [*(rule.id for rule in RULES), *(rule.id for rule in kubernetes_rules(()))]

    assert sorted(in_table(page)) == sorted(rules)


def test_the_row_of_the_floors_names_their_file(project: Path) -> None:
    """It once named one hole of one image."""
    page = (project / "docs" / "security.md").read_text(encoding="utf-8")
    [row] = re.findall(r"^\| KubeflowAws-K8S5 \| everywhere \| (.+) \|$", page, re.MULTILINE)

    assert "manifests/image-floors.yaml" in row
