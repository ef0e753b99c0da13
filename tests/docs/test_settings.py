"""The settings that the pages show are ones that a deployment file may have."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from kubeflow_aws.deployment import Deployment, DeploymentError, load_delivery, load_deployment
from kubeflow_aws.deployment.delivery import Delivery
from kubeflow_aws.deployment.lasting import lasting_fields
from tests.support.markdown import Block, Page, pages_of

PROJECT: Final = Path(__file__).resolve().parents[2]
PAGES: Final = pages_of(PROJECT)
BLOCKS: Final = [
    block for page in PAGES for block in page.blocks if block.language in {"yaml", "yml"}
]
SETTING: Final = re.compile(r"[a-z_0-9]+: .+")
EXCERPT: Final = "excerpt"
"""The mark of a block that leaves something to its reader, so that nothing could load it."""

BASES: Final = ("cognito-rds-s3", "rds-s3", "vanilla")
"""Deployments to complete a block with: the default, and those with Dex."""


def completed(block: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    """A deployment file with what a block says, and what it does not say from another."""
    return base | {
        key: completed(value, base[key])
        if isinstance(value, dict) and isinstance(base.get(key), dict)
        else value
        for key, value in block.items()
    }


def problem(text: str, folder: Path, bases: Sequence[str] = BASES) -> str:
    """What is wrong with a block of YAML; empty if it makes one of the bases a deployment."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        return str(error)
    if not isinstance(content, dict) or "apiVersion" in content:
        return ""
    if set(content) <= set(Deployment.model_fields):
        return _refusal(content, folder, bases)
    if set(content) <= set(Delivery.model_fields):
        return _refusal_of_delivery(content, folder)
    known = set(content) & (set(Deployment.model_fields) | set(Delivery.model_fields))
    return f"no file has {', '.join(sorted(content))} together" if len(known) > 1 else ""


def problem_of_mention(text: str, folder: Path) -> str:
    """The same for inline code; where that leaves something out, only names are checked."""
    if "..." not in text:
        return problem(text, folder)
    found = problem(text, folder, BASES[:1]).splitlines()
    return "\n".join(line for line in found if "is no setting" in line and "....:" not in line)


def _refusal(content: dict[str, Any], folder: Path, bases: Sequence[str]) -> str:
    refusals = []
    for name in (content.get("preset", bases[0]), *bases[1:]):
        base = yaml.safe_load((PROJECT / "deployments" / f"{name}.yaml").read_text("utf-8"))
        file = folder / "mine.yaml"
        file.write_text(yaml.safe_dump(completed(content, base)), encoding="utf-8")
        try:
            load_deployment(file)
        except DeploymentError as error:
            refusals.append(str(error))
        else:
            return ""
    return refusals[0]


def _refusal_of_delivery(content: dict[str, Any], folder: Path) -> str:
    example = PROJECT / "deployments" / "delivery" / "pipeline.yaml"
    file = folder / "pipeline.yaml"
    base = yaml.safe_load(example.read_text("utf-8"))
    file.write_text(yaml.safe_dump(completed(content, base)), encoding="utf-8")
    try:
        load_delivery(file, root=PROJECT)
    except DeploymentError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_settings_are_taken(block: Block, tmp_path: Path) -> None:
    found = problem(block.text, tmp_path)

    if block.mark == EXCERPT:
        assert found, f"{block.place}: is complete, and needs no mark"
    else:
        assert (block.mark, found) == ("", ""), block.place


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_settings_in_sentences_are_taken(page: Page, tmp_path: Path) -> None:
    found = {
        code.place: problems
        for code in page.codes
        if SETTING.fullmatch(code.text) and (problems := problem_of_mention(code.text, tmp_path))
    }

    assert found == {}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("profiles: [{..., quoat: {cpu: 1}}]", "quoat: is no setting"),
        ("rds: {multi_az: yes please}", "rds.multi_az"),
        ("profiles: [{..., quota: {gpus: 2}}]", ""),
        ("mfa: optional", ""),
    ],
)
def test_a_wrong_setting_in_a_sentence_is_found(text: str, sentence: str, tmp_path: Path) -> None:
    found = problem_of_mention(text, tmp_path)

    assert (sentence in found) if sentence else not found


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("monitoring: {alarm_email: [x@example.com]}", "monitoring.alarm_email: is no setting"),
        ("rds: {instance_class: ...}", "rds.instance_class"),
        ("cluster: {}\nnodepools: {}\nstorage: {}", "no file has cluster, nodepools, storage"),
        ("stages: [{name: far, deployment: deployments/none.yaml}]", "cannot be read"),
        ("auth: {users: [...", "expected"),
    ],
)
def test_a_wrong_setting_is_found(text: str, sentence: str, tmp_path: Path) -> None:
    assert sentence in problem(text, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "preset: vanilla",
        "auth: {cognito: {machine_clients: [{name: ci}]}}",
        "components: {spark: false}",
        "apiVersion: v1\nkind: Pod",
        "notifications: {emails: [x@example.com]}",
    ],
)
def test_a_right_one_is_taken(text: str, tmp_path: Path) -> None:
    assert problem(text, tmp_path) == ""


def test_the_page_shows_what_cannot_change_later() -> None:
    page = (PROJECT / "docs" / "configuration.md").read_text(encoding="utf-8")
    section = page.partition("## What cannot change later")[2].partition("\n## ")[0]

    rows = [line for line in section.splitlines() if line.startswith("| `")]

    assert rows == [
        f"| `{field}` | {'can only grow' if reason.grows else 'cannot change'} | {reason.why} |"
        for field, reason in lasting_fields().items()
    ]
