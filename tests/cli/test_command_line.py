"""The command line as a whole: its help, how it names, prints and fails."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NoReturn

import bcrypt
import pytest
import typer
from typer.testing import CliRunner

from kubeflow_aws.cli import cdk as cdk_module
from kubeflow_aws.cli import demo, printing
from kubeflow_aws.cli import main as main_module
from kubeflow_aws.cli.checkout import search_path
from kubeflow_aws.cli.commands import COMMANDS
from kubeflow_aws.cli.lazy_group import Entry
from kubeflow_aws.cli.main import app, main
from kubeflow_aws.files.errors import UserError
from tests.support.assembly import Assembly

SLOW: Final = ("boto3", "kfp", "pydantic", "yaml", "aws_cdk")
"""What takes long to import."""


def run(*words: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command line, as somebody types it."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        words,
        cwd=cwd,
        env={**environment, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("entry", COMMANDS.values(), ids=list(COMMANDS))
def test_the_first_page_says_of_a_command_what_it_says_itself(entry: Entry) -> None:
    said = CliRunner().invoke(app, [entry.name, "--help"]).stdout

    assert entry.help in " ".join(said.split())
    assert len(entry.help) <= 60, "it is more than a line of the first page"


def test_the_page_of_the_documents_lists_what_the_help_lists(project: Path) -> None:
    page = (project / "docs" / "command-line.md").read_text(encoding="utf-8")
    table = page.partition("|---|---|\n")[2].partition("\n\n")[0].splitlines()

    rows: list[str] = []
    for entry in COMMANDS.values():
        if f"| **{entry.panel}** | |" not in rows:
            rows.append(f"| **{entry.panel}** | |")
        rows.append(f"| `{entry.name}` | {entry.help} |")
    assert table == rows


def test_the_first_page_imports_nothing_that_it_does_not_need(project: Path) -> None:
    script = (
        "import sys; from kubeflow_aws.cli.main import main\n"
        "try: main(['--help'])\n"
        f"except SystemExit: sys.exit(' '.join({{*sys.modules}} & {{*{SLOW}}}) or 0)"
    )

    done = run(sys.executable, "-c", script, cwd=project, PYTHONPATH=str(project / "constructs"))

    assert (done.returncode, done.stderr) == (0, "")


def test_it_runs_from_a_checkout_wherever_one_is(project: Path, tmp_path: Path) -> None:
    done = run(str(project / "kubeflow-aws"), "--help", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "destroy-plan" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_the_tools_of_the_checkout_come_before_those_of_the_machine(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")

    python, node_modules, machine = search_path().split(os.pathsep)

    assert (Path(python) / "python").exists()
    assert Path(node_modules) == project / "node_modules" / ".bin"
    assert machine == "/usr/bin"


def test_a_checkout_without_an_environment_says_what_to_do(project: Path, tmp_path: Path) -> None:
    shutil.copy(project / "kubeflow-aws", tmp_path)

    done = run(str(tmp_path / "kubeflow-aws"), "doctor", cwd=tmp_path)

    assert done.returncode == 1
    assert done.stderr == f"error: {tmp_path}/.venv is not there; run make install\n"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["diff", "nosuch"], 1, "nosuch.yaml: cannot be read"),
        (["diff", "deployments/nosuch.yaml"], 1, "deployments/nosuch.yaml: cannot be read"),
        (["images", "vanilla", "--copy-to", "https://x"], 1, "which is no registry"),
        (["cost", "vanilla", "--assembly", "deployments"], 1, "holds no cloud assembly"),
        (["delivery", "doctor", "nosuch.yaml"], 1, "nosuch.yaml: cannot be read"),
        (["delivery", "synth", "nosuch.yaml"], 1, "nosuch.yaml: cannot be read"),
        (["delivery", "deploy", "nosuch.yaml"], 1, "nosuch.yaml: cannot be read"),
        (["diagram", "nosuch", "--assembly", "deployments"], 1, "nosuch.yaml: cannot be read"),
        (["plan", "vanilla", "--assembly", "deployments"], 1, "holds no cloud assembly"),
        (["destroy-plan", "vanilla", "--assembly", "docs/no"], 1, "holds no cloud assembly"),
        (["render", "README.md"], 1, "README.md.yaml: cannot be read"),
        (["schema", "docs/nosuch"], 1, "docs/nosuch/deployment.schema.json: No such file"),
        (["password"], 1, "a password has 12 characters or more"),
        (["verify", "vanilla", "--profile", "nosuch"], 1, "there is no profile nosuch"),
        (["bump", "nosuch=1"], 1, "there is no source nosuch"),
        (["cots"], 2, "Did you mean 'cost'?"),
        (["cost", "--jsn"], 2, "No such option"),
        (["demo", "up"], 2, "No such command 'up'"),
    ],
)
def test_a_mistake_is_a_sentence_on_standard_error(
    words: Sequence[str], code: int, said: str, project: Path
) -> None:
    done = run(str(project / "kubeflow-aws"), *words, cwd=project)

    assert done.returncode == code
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1 or code == 2
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_deployment_is_its_argument_and_else_a_variable(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr("kubeflow_aws.cli.diff.become_cdk", lambda *words: calls.append(words))
    monkeypatch.chdir(project / "docs")

    def named(*words: str) -> str:
        CliRunner().invoke(app, ["diff", *words], catch_exceptions=False)
        return calls[-1][-1]

    monkeypatch.delenv("DEPLOYMENT", raising=False)
    assert named() == "deployment=cognito-rds-s3"
    assert named("vanilla") == "deployment=vanilla"
    assert named("../deployments/vanilla.yaml") == "deployment=deployments/vanilla.yaml"
    monkeypatch.setenv("DEPLOYMENT", "rds-s3")
    assert named() == "deployment=rds-s3"
    assert named("vanilla") == "deployment=vanilla"


@pytest.fixture
def fake_cdk(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A CDK CLI that writes its arguments into a file, and fails with 3."""

    def execute(program: str, words: Sequence[str], variables: Mapping[str, str]) -> NoReturn:
        done = subprocess.run(words, executable=program, env=variables, check=False)
        raise SystemExit(done.returncode)

    monkeypatch.chdir(project)
    monkeypatch.setattr(os, "execve", execute)
    program = tmp_path / "cdk"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/said\nexit 3\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(cdk_module, "environment", lambda: {"PATH": f"{tmp_path}:/bin:/usr/bin"})
    return tmp_path / "said"


ALL: Final = "--all --concurrency 4 --require-approval never"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("synth vanilla", "synth --quiet --context deployment=vanilla"),
        ("cost vanilla", "synth --quiet --context deployment=vanilla"),
        ("diff vanilla", "diff --all --context deployment=vanilla"),
        ("deploy vanilla", f"deploy {ALL} --context deployment=vanilla"),
        (
            "redeploy vanilla",
            f"deploy {ALL} --import-existing-resources --context deployment=vanilla",
        ),
        ("destroy vanilla", "destroy --all --context deployment=vanilla"),
        (
            "delivery synth deployments/delivery/pipeline.yaml",
            "synth --quiet --context delivery=deployments/delivery/pipeline.yaml",
        ),
        (
            "delivery deploy deployments/delivery/pipeline.yaml",
            "deploy --all --context delivery=deployments/delivery/pipeline.yaml",
        ),
    ],
)
def test_what_calls_the_cdk_ends_as_the_cdk_does(words: str, said: str, fake_cdk: Path) -> None:
    done = CliRunner().invoke(app, words.split())

    assert done.exit_code == 3
    assert fake_cdk.read_text(encoding="utf-8").strip() == said


def test_without_the_cdk_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cdk_module, "environment", lambda: {"PATH": str(tmp_path)})

    with pytest.raises(UserError, match="run make install"):
        cdk_module.become_cdk("diff")


def test_tables_in_a_pipe_have_80_columns_and_commands_stand_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    command = "aws eks " + "list-clusters " * 20

    printing.show("word " * 40)
    printing.say(command)
    printing.say(r"[bold]x[/] \[y]", styled=True)
    printing.say("[bold]")

    *paragraph, whole, styled, plain = capsys.readouterr().out.splitlines()
    assert len(paragraph) > 1
    assert max(map(len, paragraph)) <= 80
    assert whole.rstrip() == command.rstrip()
    assert (styled, plain) == ("x [y]", "[bold]")


def test_what_a_program_reads_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    printing.say_json("cost", [COMMANDS["cost"]], ok=False)

    said = json.loads(capsys.readouterr().out)
    [read] = said["result"]
    assert (said["command"], said["ok"]) == ("cost", False)
    assert (read["name"], read["module"]) == ("cost", "cost.command")


def test_progress_is_no_part_of_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    printing.tell("half of it")

    assert capsys.readouterr() == ("", "half of it\n")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("kubeflow-aws de", {"deploy", "destroy-plan", "destroy", "delivery", "demo"}),
        ("kubeflow-aws cost rds", {"rds-only", "rds-s3"}),
        ("kubeflow-aws demo ku", {"kubectl"}),
    ],
)
def test_the_shell_completes_commands_and_deployments(
    typed: str, expected: set[str], project: Path
) -> None:
    done = run(
        str(project / "kubeflow-aws"),
        cwd=project,
        _KUBEFLOW_AWS_COMPLETE="complete_bash",
        COMP_WORDS=typed,
        COMP_CWORD=str(len(typed.split()) - 1),
    )

    assert {*done.stdout.split()} == expected


def test_the_demo_is_a_program_of_its_own_and_takes_all_words(project: Path) -> None:
    done = run(str(project / "kubeflow-aws"), "demo", "env", "--help", cwd=project)

    assert done.returncode == 0, done.stderr
    assert "python -m localcloud env" in done.stdout


def test_without_the_local_cloud_there_is_no_demo_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "PROJECT", tmp_path)

    with pytest.raises(SystemExit, match="error: the folder localcloud is not here"):
        main(["demo", "env"])
    assert isinstance(COMMANDS["demo"].load(), typer.core.TyperGroup)


def test_the_terminal_of_a_person_decides_how_wide_a_table_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("COLUMNS", "132")
    monkeypatch.setattr(sys, "stdout", Terminal())

    assert printing.page().width == 132


@pytest.mark.parametrize(
    ("name", "needless"),
    [
        ("doctor", {"aws_cdk", "bcrypt", "constructs", "jsii", "kfp", "requests"}),
        ("cost", {"aws_cdk", "bcrypt", "boto3", "constructs", "kfp", "requests"}),
        ("images", {"aws_cdk", "bcrypt", "boto3", "constructs", "kfp", "requests"}),
        ("password", {"aws_cdk", "bcrypt", "boto3", "constructs", "yaml"}),
        ("plan", {"aws_cdk", "bcrypt", "constructs", "kfp", "requests"}),
        ("schema", {"aws_cdk", "bcrypt", "boto3", "constructs", "requests"}),
        ("verify", {"aws_cdk", "bcrypt", "constructs", "kfp"}),
    ],
)
def test_the_help_of_a_command_imports_nothing_that_it_does_not_need(
    name: str, needless: set[str], project: Path
) -> None:
    done = run(
        *(sys.executable, "-c", _imported_by([name, "--help"], needless)),
        cwd=project,
        PYTHONPATH=str(project / "constructs"),
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_schemas_are_written_without_what_only_other_commands_need(
    project: Path, tmp_path: Path
) -> None:
    script = _imported_by(["schema", str(tmp_path)], {"aws_cdk", "bcrypt", "boto3", "requests"})

    done = run(sys.executable, "-c", script, cwd=project, PYTHONPATH=str(project / "constructs"))

    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "deployment.schema.json").exists()


def _imported_by(words: Sequence[str], needless: set[str]) -> str:
    """A program that runs a command, and fails with what it has imported of the needless."""
    return (
        "import sys; from kubeflow_aws.cli.main import main\n"
        f"try: main({words})\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        f"sys.exit(' '.join({{*sys.modules}} & {needless}) or 0)"
    )


def test_a_password_from_a_pipe_becomes_a_hash_and_nothing_else(project: Path) -> None:
    done = subprocess.run(
        [project / "kubeflow-aws", "password"],
        input="correct horse battery\n",
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert bcrypt.checkpw(b"correct horse battery", done.stdout.strip().encode())


@pytest.mark.parametrize("name", ["smoke", "protect"])
def test_without_credentials_it_says_how_to_get_some(
    name: str, project: Path, tmp_path: Path
) -> None:
    nobody = {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_ACCESS_KEY_ID": "",
        "AWS_SECRET_ACCESS_KEY": "",
    }

    done = run(str(project / "kubeflow-aws"), name, "vanilla", cwd=project, **nobody)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: there are no AWS credentials; sign in")
    assert len(done.stderr.splitlines()) == 1


def test_an_installation_without_its_checkout_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main_module, "PROJECT", tmp_path)

    with pytest.raises(SystemExit, match="error: this is an installation without its checkout"):
        main(["password", "--secret", "correct horse battery"])


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "kubeflow_aws.cli.protect.command", raising=False)
    monkeypatch.setitem(sys.modules, "boto3", None)

    with pytest.raises(SystemExit, match="error: this command needs the package boto3, which"):
        main(["protect", "vanilla"])


def test_a_reader_that_leaves_early_gets_no_traceback(project: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as closed:
        done = subprocess.run(
            [project / "kubeflow-aws", "--help"],
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert (done.returncode, done.stderr) == (1, "")


def test_an_interruption_ends_it_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr("kubeflow_aws.cli.diff.become_cdk", interrupted)

    with pytest.raises(SystemExit) as end:
        main(["diff", "vanilla"])
    assert end.value.code == 130
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("name", "holds"),
    [("images", {"image", "components", "floor"}), ("rights", {"name", "place", "rights"})],
)
def test_a_program_reads_what_is_in_a_deployment(
    name: str, holds: set[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    said = json.loads(CliRunner().invoke(app, [name, "vanilla", "--json"]).stdout)

    assert (said["command"], said["ok"]) == (name, True)
    assert said["result"]
    assert all(set(each) == holds for each in said["result"])


def test_a_program_reads_what_a_removal_leaves(sample_assembly: Assembly) -> None:
    words = ["destroy-plan", "vanilla", "--assembly", str(sample_assembly.folder), "--json"]

    said = json.loads(CliRunner().invoke(app, words).stdout)

    assert (said["command"], said["ok"]) == ("destroy-plan", True)
    assert set(said["result"]) == {"order", "left", "protected", "objects", "by_others"}
    assert said["result"]["order"]


def test_images_are_a_list_or_commands_that_copy_them() -> None:
    with pytest.raises(SystemExit, match="give one of them"):
        main(["images", "vanilla", "--copy-to", "example.com/x", "--json"])
