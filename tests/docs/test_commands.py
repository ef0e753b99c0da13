"""Every command of the pages is run by a test, or is marked as needing AWS and checked.

The info string of a block of commands says what becomes of it; GitHub reads its first word alone.

========== ============================================================================
`sh`       is run as it is (test_running.py)
`sh demo`  is run as it is while a demo is up (test_running.py)
`sh aws`   needs AWS: nothing runs it
`sh ci`    runs the tests themselves: .ci/run does that
========== ============================================================================

Whatever the mark, every command has to be one that its program takes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from tests.docs.programs import Workbench, problems_of, problems_of_mention
from tests.support.makefile import Makefile
from tests.support.markdown import Block, Page, pages_of
from tests.support.shell import Command, ShellSyntaxError, commands_of

PAGES: Final = pages_of(Path(__file__).resolve().parents[2])
BLOCKS: Final = [block for page in PAGES for block in page.blocks if block.language == "sh"]

MARKS: Final = frozenset({"", "demo", "aws", "ci"})
OTHER_SHELLS: Final = frozenset({"", "bash", "console", "shell", "shell-session", "zsh"})

MENTIONED: Final = (
    *("./kubeflow-aws ", "aws ", "cdk ", "kubectl ", "make ", "npx ", "python ", "python3 "),
)
"""What inline code begins with if it is a command."""

BY_PEOPLE: Final = {
    "bench": "its ratios are for people to read",
    "hooks": "it writes into the .git of whoever types it",
}
"""Targets that neither .ci/run nor a test runs, and why."""


WRONG: Final = {
    "target": ("make demoo", "the Makefile has no target demoo"),
    "variable": ("make verify DEPLOYMNT=mine", "verify reads no variable DEPLOYMNT"),
    "variable of another target": ("make e2e PORT=1", "e2e reads no variable PORT"),
    "module": ("python -m localclowd serve", "there is no module localclowd to run"),
    "module that does not run": ("python -m stacks", "there is no module stacks to run"),
    "our command": ("./kubeflow-aws cots mine", "No such command 'cots'"),
    "our option": ("./kubeflow-aws cost mine --jsn", "No such option: --jsn"),
    "our arguments": ("./kubeflow-aws cost mine yours", "cost takes no yours"),
    "our command in a group": ("./kubeflow-aws demo up", "No such command 'up'"),
    "file": ("python examples/xgboost/pipelines.py", "there is no examples/xgboost/pipelines"),
    "file of kubectl": ("kubectl apply -f examples/x.yaml", "there is no examples/x.yaml"),
    "program": ("kubectx mine", "kubectx is no program that the pages may take for granted"),
    "in a substitution": ('eval "$(make env)"', "the Makefile has no target env"),
    "behind a pipe": ("true | kubectx mine", "kubectx is no program"),
    "in a loop": ("for x in a b; do make x; done", "the Makefile has no target x"),
    "kubectl's command": ("kubectl gett pods", 'unknown command "gett"'),
    "kubectl's option": ("kubectl get pods --namespaces x", "unknown flag: --namespaces"),
    "kubectl's value": ("kubectl logs x --tail=all", "invalid argument"),
    "kubectl's arguments": ("kubectl logs -n kubeflow", "is a required argument"),
    "cdk's command": ("npx cdk deplo --all", "cdk has no command deplo"),
    "cdk's option": ("cdk deploy --al", "cdk deploy has no option --al"),
    "npx": ("npx cdk8s synth", "package.json brings no cdk8s"),
    "service": ("aws ekss list-clusters", "aws has no service ekss"),
    "operation": ("aws eks list-cluster", "aws eks has no list-cluster"),
    "option": (
        "aws eks list-clusters --names x",
        "aws eks list-clusters has no option --names",
    ),
    "option left out": ("aws eks describe-cluster", "aws eks describe-cluster wants --name"),
    "waiter": ("aws eks wait cluster-gone --name x", "aws eks has no cluster-gone"),
    "customization": ("aws logs tail x --sinse 1h", "aws logs tail has no option --sinse"),
}
"""Commands, and what must be said of them."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_every_block_says_what_it_is(page: Page) -> None:
    assert [block.place for block in page.blocks if block.language in OTHER_SHELLS] == []
    assert page.indented_blocks == []
    marks = {block.place: block.mark for block in page.blocks if block.language == "sh"}
    assert {place: mark for place, mark in marks.items() if mark not in MARKS} == {}


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_every_command_is_one_that_its_program_takes(block: Block, bench: Workbench) -> None:
    found = [each for command in commands_of(block.text) for each in problems_of(command, bench)]

    assert found == [], block.place


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_commands_in_sentences_exist(page: Page, bench: Workbench) -> None:
    found = {
        code.place: problems
        for code in page.codes
        if code.text.startswith(MENTIONED)
        and (
            problems := [
                each
                for command in commands_of(code.text)
                for each in problems_of_mention(command, bench)
            ]
        )
    }

    assert found == {}


def test_what_runs_the_tests_is_run_by_ci(project: Path, makefile: Makefile) -> None:
    script = commands_of((project / ".ci" / "run").read_text(encoding="utf-8"))
    run = {
        target.name
        for command in script
        # Each is timed.
        if command.words[:2] == ("part", "make")
        for target in makefile.closure(command.words[2])
    }
    elsewhere = {
        str(command)
        for block in BLOCKS
        if block.mark in {"", "demo"}
        for command in commands_of(block.text)
    }
    left = {
        f"{block.place}: {command}"
        for block in BLOCKS
        if block.mark == "ci"
        for command in commands_of(block.text)
        if str(command) not in elsewhere
        and (command.words[0] != "make" or not {*command.words[1:]} <= run | set(BY_PEOPLE))
    }

    assert {"test", "lint", "e2e"} <= run
    assert left == set()


def test_targets_call_commands_that_are_there(project: Path, bench: Workbench) -> None:
    text = (project / "Makefile").read_text(encoding="utf-8")
    calls = re.findall(r"^\t\W*(\./kubeflow-aws [^|\n]+)", text, re.MULTILINE)
    # What is optional is left out, and every variable has a value.
    plain = [re.sub(r"\$\(\w+\)", "mine", re.sub(r"\$\(if .+\)$", "", each)) for each in calls]

    found = [
        problem
        for each in plain
        for command in commands_of(each)
        for problem in problems_of(command, bench)
    ]

    assert len(plain) > 15
    assert found == []


@pytest.mark.parametrize(("text", "problem"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_command_is_found(text: str, problem: str, bench: Workbench) -> None:
    found = [each for command in commands_of(text) for each in problems_of(command, bench)]

    assert [each for each in found if problem in each], found


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("make demoo", "the Makefile has no target demoo"),
        ("aws eks list-cluster", "aws eks has no list-cluster"),
        ("aws eks describe-cluster", ""),
        ("kubectl rollout restrt", "unknown command"),
        ("kubectl apply --server-sided", "unknown flag"),
        ("kubectl apply --server-side", ""),
        ("make ... DEPLOYMENT=mine", ""),
    ],
)
def test_a_wrong_command_in_a_sentence_is_found(text: str, problem: str, bench: Workbench) -> None:
    [command] = commands_of(text)
    found = problems_of_mention(command, bench)

    assert (problem in found[0]) if problem else not found


def test_right_commands_are_no_problem(bench: Workbench) -> None:
    script = """
make --silent demo  # it's a comment
make cost DEPLOYMENT=mine ASSUMPTIONS=mine.yaml
./kubeflow-aws images mine --copy-to registry.example.com
./kubeflow-aws cost mine --json
./kubeflow-aws delivery doctor deployments/delivery/pipeline.yaml --role-arn ARN
./kubeflow-aws demo kubectl get pods -A
./kubeflow-aws password
kubectl get pods -n NAMESPACE -l "app in (a, b)" | grep -v Running
kubectl apply --server-side -f - <<'EOF'
kind: ConfigMap "
EOF
npx cdk bootstrap aws://ACCOUNT/us-west-2 && cdk deploy --all --no-rollback -c deployment=mine
aws --region us-west-2 rds describe-db-instances --max-items 3 --query 'DBInstances[].Endpoint'
aws eks wait cluster-active --name kubeflow
aws s3 sync s3://BUCKET/x . --delete
"""

    assert [p for command in commands_of(script) for p in problems_of(command, bench)] == []


@pytest.mark.parametrize("script", ["echo $(make demo", "true\n}\nexit 3\nscript() {\ntrue"])
def test_what_bash_does_not_take_is_found_and_not_run(script: str) -> None:
    with pytest.raises(ShellSyntaxError, match="unexpected"):
        commands_of(script)


def test_commands_are_read_as_bash_reads_them_substitutions_first() -> None:
    script = """
    A='b c' make x \\
      --silent > out.txt 2>&1
    echo "$(date -d "$(cat "a b")") 'x'"; if ! true; then false || echo '$(no)'; fi
    """

    assert commands_of(script) == [
        Command(words=("cat", "a b")),
        Command(words=("date", "-d", "SUBSTITUTED")),
        Command(words=("make", "x", "--silent"), assigned=("A=b c",)),
        Command(words=("echo", "SUBSTITUTED 'x'")),
        Command(words=("true",)),
        Command(words=("false",)),
        Command(words=("echo", "$(no)")),
    ]
