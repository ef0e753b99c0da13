"""Delivery files with a mistake, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeflow_aws.deployment import DeploymentError, load_delivery

CONNECTION = "connection/00000000-0000-0000-0000-000000000000"
HEAD = f"""
account: "111111111111"
region: us-west-2
repository: example/kubeflow-aws
connection_arn: arn:aws:codeconnections:us-west-2:111111111111:{CONNECTION}
"""
DEVELOPMENT = 'name: dev\naccount: "222222222222"\nregion: us-west-2\npreset: vanilla\n'
LIVE = """
name: live
account: "222222222222"
region: us-west-2
domain:
  name: platform.example.com
  hosted_zone: {id: Z0123456789EXAMPLE, name: example.com}
auth:
  users: [{email: alice@example.com}]
"""
USERS = """
auth:
  users:
    - email: user@example.com
      password_hash: $2b$12$vT6dPsJtwtwB42jWh5pMQ.DVdhlPKq65mgc89/J3laBJtMO2sPPe6
"""


def one(settings: str) -> str:
    return f"{HEAD}stages:\n  - {{name: one, {settings}}}\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (HEAD, "stages: is missing: deployments, in the order in which they are made"),
        (one("deployment: /etc/one.yaml"), "give the path of a deployment file from the root"),
        (one("deployment: ../one.yaml"), "give the path of a deployment file from the root"),
        (one("deployment: one"), "give the path of a deployment file from the root"),
        (one("deployment: no.yaml"), "no.yaml: cannot be read"),
        (one("deployment: anywhere.yaml"), "names no account"),
        (one("deployment: production.yaml, approval: false"), "which somebody must approve"),
        (
            HEAD.replace("111111111111", "222222222222")
            + "name: dev-data\nstages: [{name: one, deployment: dev.yaml, approval: true}]",
            "name: dev-data makes the stack DevData, which dev.yaml has too; give the pipeline "
            "another `name`",
        ),
        (
            HEAD
            + "stages: [{name: one, deployment: dev.yaml}, {name: two, deployment: same.yaml}]",
            "has the name, account and region of stage one",
        ),
        (
            HEAD
            + "stages: [{name: one, deployment: dev.yaml}, {name: one, deployment: same.yaml}]",
            'name "one" stands in two stages',
        ),
        (
            HEAD.replace("codeconnections:us", "codecommit:us") + "stages: []",
            "connection_arn: found",
        ),
        (one("deployment: dev.yaml, aproval: true"), "aproval: is no setting"),
        (
            HEAD.replace("111111111111", "222222222222")
            + "stages: [{name: one, deployment: dev.yaml}]",
            "one: waits for no approval, and is in account 222222222222, that of the pipeline: a "
            "push could do anything there",
        ),
        (
            HEAD + "stages: [{name: one, deployment: dev.yaml}, "
            "{name: two, deployment: production.yaml}]",
            "one: waits for no approval, and is in account 222222222222, that of stage two: a push "
            "could do anything there; give it an account of its own, or set `approval: true`",
        ),
    ],
)
def test_a_mistake_is_a_sentence(text: str, sentence: str, tmp_path: Path) -> None:
    file = tmp_path / "pipeline.yaml"
    file.write_text(text, encoding="utf-8")
    dev = DEVELOPMENT + USERS
    (tmp_path / "dev.yaml").write_text(dev, encoding="utf-8")
    (tmp_path / "same.yaml").write_text(dev, encoding="utf-8")
    (tmp_path / "anywhere.yaml").write_text(dev.replace("account:", "# "), encoding="utf-8")
    production = f"environment: production\n{LIVE}"
    (tmp_path / "production.yaml").write_text(production, encoding="utf-8")

    with pytest.raises(DeploymentError) as refusal:
        load_delivery(file, root=tmp_path)

    assert sentence in str(refusal.value)


def test_a_pipeline_in_another_account_may_be_called_like_a_stack(tmp_path: Path) -> None:
    (tmp_path / "dev.yaml").write_text(DEVELOPMENT + USERS, encoding="utf-8")
    file = tmp_path / "pipeline.yaml"
    file.write_text(f"{one('deployment: dev.yaml')}name: dev-data\n", encoding="utf-8")

    assert load_delivery(file, root=tmp_path)[0].stack_name == "DevData"


@pytest.mark.parametrize("account", ["111111111111", "222222222222"])
def test_a_stage_that_waits_for_approval_may_share_an_account(account: str, tmp_path: Path) -> None:
    dev = DEVELOPMENT + USERS
    (tmp_path / "dev.yaml").write_text(dev, encoding="utf-8")
    (tmp_path / "production.yaml").write_text(f"environment: production\n{LIVE}", encoding="utf-8")
    file = tmp_path / "pipeline.yaml"
    stages = (
        "stages: [{name: one, deployment: dev.yaml, approval: true}, "
        "{name: two, deployment: production.yaml}]\n"
    )
    file.write_text(HEAD.replace("111111111111", account) + stages, encoding="utf-8")

    assert len(load_delivery(file, root=tmp_path)[1]) == 2


def test_stages_without_approval_may_share_an_account(tmp_path: Path) -> None:
    dev = DEVELOPMENT + USERS
    (tmp_path / "dev.yaml").write_text(dev, encoding="utf-8")
    (tmp_path / "other.yaml").write_text(dev.replace("name: dev", "name: qa"), encoding="utf-8")
    file = tmp_path / "pipeline.yaml"
    stages = "stages: [{name: one, deployment: dev.yaml}, {name: two, deployment: other.yaml}]\n"
    file.write_text(HEAD + stages, encoding="utf-8")

    assert len(load_delivery(file, root=tmp_path)[1]) == 2
