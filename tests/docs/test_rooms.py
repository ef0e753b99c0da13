"""The page about rooms has the rooms there are, in the order that the import rules hold."""

from __future__ import annotations

import importlib.util
import pkgutil
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

import kubeflow_aws
from kubeflow_aws.deployment import Deployment, DeploymentError, load_deployment, rules
from tests.support.markdown import Page

PROJECT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = Page("docs/rooms.md", (PROJECT / "docs" / "rooms.md").read_text(encoding="utf-8"))
CONTRACT: Final = "Each room stands on those below it"
ROOMS_OF_A_ROW: Final = re.compile(r"^\| ((?:`\w+`(?:, )?)+) \|", re.MULTILINE)


def layers() -> list[set[str]]:
    """The rooms as the contract has them, highest first."""
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    [contract] = [
        each for each in settings["tool"]["importlinter"]["contracts"] if each["name"] == CONTRACT
    ]
    return [set(layer.split(" | ")) for layer in contract["layers"]]


def test_the_table_has_every_room_in_its_place() -> None:
    rows = [set(re.findall(r"`(\w+)`", row)) for row in ROOMS_OF_A_ROW.findall(PAGE.text)]
    there = {each.name for each in pkgutil.iter_modules(kubeflow_aws.__path__) if each.ispkg}

    assert rows == layers()
    assert set().union(*rows) == there


def test_nothing_lies_loose_beside_the_rooms() -> None:
    loose = {each.name for each in pkgutil.iter_modules(kubeflow_aws.__path__) if not each.ispkg}

    assert loose == {"__main__"}


@pytest.fixture
def rule_of_the_page(tmp_path: Path) -> Callable[[Deployment], None]:
    """The rule that the page writes down, from a module of its own."""
    [block] = [each for each in PAGE.blocks if each.language == "python"]
    file = tmp_path / "team.py"
    file.write_text(block.text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("team", file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    rule: Callable[[Deployment], None] = module.check_team
    return rule


def test_a_rule_made_as_the_page_says_is_kept(
    rule_of_the_page: Callable[[Deployment], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.yaml"
    text = (PROJECT / "deployments" / "vanilla.yaml").read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    load_deployment(file)

    monkeypatch.setattr(rules, "RULES", (*rules.RULES, rule_of_the_page))

    with pytest.raises(DeploymentError, match=r"mine\.yaml: tags names no team; add tags"):
        load_deployment(file)
    file.write_text(f"{text}\ntags: {{team: platform}}\n", encoding="utf-8")
    assert load_deployment(file).tags == {"team": "platform"}
