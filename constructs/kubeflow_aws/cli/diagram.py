"""`kubeflow-aws diagram`: stacks and the order of components, as Mermaid."""

from __future__ import annotations

import re
import sys
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from kubeflow_aws.assembly.stack_graph import Part, Passed, Stack, stacks_of
from kubeflow_aws.cli.arguments import DEFAULT_DEPLOYMENT, AssemblyOption, DeploymentArgument
from kubeflow_aws.cli.cdk import assembly_of

NOUNS: Final = {
    "AWS::EC2::VPC": "VPC",
    "AWS::EC2::Subnet": "subnet",
    "AWS::EC2::NatGateway": "NAT gateway",
    "AWS::EC2::VPCEndpoint": "VPC endpoint",
    "AWS::EKS::Cluster": "EKS cluster",
    "AWS::EKS::Nodegroup": "managed node group",
    "AWS::EKS::Addon": "add-on",
    "AWS::EKS::PodIdentityAssociation": "pod role",
    "AWS::RDS::DBInstance": "RDS database",
    "AWS::SecretsManager::Secret": "secret",
    "AWS::SecretsManager::RotationSchedule": "rotation",
    "AWS::S3::Bucket": "S3 bucket",
    "AWS::EFS::FileSystem": "EFS file system",
    "AWS::FSx::FileSystem": "FSx file system",
    "AWS::FSx::DataRepositoryAssociation": "link to the bucket",
    "AWS::Backup::BackupPlan": "backup plan",
    "AWS::Route53::HostedZone": "hosted zone",
    "AWS::Route53::RecordSet": "DNS record",
    "AWS::CertificateManager::Certificate": "certificate",
    "AWS::Cognito::UserPool": "user pool",
    "AWS::Cognito::UserPoolDomain": "sign-in domain",
    "AWS::Cognito::UserPoolClient": "app client",
    "AWS::Cognito::UserPoolIdentityProvider": "identity provider",
    "AWS::Cognito::UserPoolUser": "invited user",
    "AWS::WAFv2::WebACL": "web ACL",
    "AWS::CloudWatch::Alarm": "alarm",
    "AWS::CloudWatch::Dashboard": "dashboard",
    "AWS::SNS::Topic": "topic",
    "AWS::APS::Workspace": "Prometheus workspace",
    "AWS::APS::Scraper": "scraper",
}
"""What a stack is there for, in the order in which it is told; the rest serves these."""

OBJECTS: Final = {
    ("karpenter.sh", "NodePool"): "node pool",
    # One for all Ingresses of its class.
    ("elbv2.k8s.aws", "IngressClassParams"): "load balancer by Ingress",
}
"""Kubernetes objects that stand for something in AWS, by group and kind."""

GATES: Final = {
    "deployment": "Deployment",
    "ingress": "Ingress",
    "job": "Job",
    "validatingwebhookconfiguration": "webhook",
    "mutatingwebhookconfiguration": "webhook",
}
"""Kinds of objects that must be ready."""

_ADDRESS: Final = re.compile(r"(Arn|Id|Url|URL|Address)$")
_NO_BREAK: Final = "\N{NO-BREAK SPACE}"
_MOST_NAMES: Final = 4
_CHARACTERS: Final = 22
"""Of a line: more, and Mermaid breaks it again, wherever it likes."""


def command(
    deployment: DeploymentArgument = DEFAULT_DEPLOYMENT, assembly: AssemblyOption = None
) -> None:
    """Draw the stacks, and the order of the components.

    In Mermaid, which GitHub draws: docs/architecture.md holds that of the default deployment.
    """
    sys.stdout.write(diagrams_of(assembly_of(deployment, assembly)))


def diagrams_of(assembly: Path) -> str:
    """Markdown with two diagrams of a cloud assembly.

    The first has its stacks, the second the parts of the one with the most nested stacks. What is
    written beside the arrows is read from the templates.

    Raises:
        UserError: The folder holds no cloud assembly.
    """
    stacks = stacks_of(assembly)
    parted = max(stacks, key=lambda stack: sum(part.nested for part in stack.parts))
    return (
        "The stacks. An arrow says what the later one reads; a dotted one is order alone.\n\n"
        f"{_fenced(stack_lines(stacks))}\n"
        f"The parts of {parted.name}. What an arrow leads to begins when the part before it is\n"
        "applied, and what that one waits for is ready; some only keep custom resources in flight\n"
        "at four.\n\n"
        f"{_fenced(part_lines(parted))}"
    )


def stack_lines(stacks: Sequence[Stack]) -> Iterator[str]:
    """A flowchart of stacks, line by line.

    Args:
        stacks: The stacks, each behind those that it waits for.
    """
    yield "flowchart LR"
    usual = Counter(stack.region for stack in stacks).most_common(1)[0][0]
    for stack in stacks:
        place = "" if stack.region == usual else f" in {stack.region}"
        yield _box(stack.name, [f"{stack.name}{place}", *_wrapped(_contents(stack))])
    for stack in stacks:
        for earlier in stack.after:
            if passed := stack.takes.get(earlier):
                label = "<br>".join(_wrapped(_nouns(passed)))
                yield f'  {_id(earlier)} -->|"{label}"| {_id(stack.name)}'
            else:
                yield f"  {_id(earlier)} -.-> {_id(stack.name)}"
    # One column for each, else the arrows to one run through another.
    last = [stack.name for stack in stacks if not any(stack.name in each.after for each in stacks)]
    for left, right in pairwise(last):
        yield f"  {_id(left)} ~~~ {_id(right)}"


def part_lines(stack: Stack) -> Iterator[str]:
    """A flowchart of the nested stacks of a stack, and of what waits with them, line by line.

    Arrows that others imply are left out.
    """
    waits = {part.name: part.after for part in stack.parts}
    nested = {part.name for part in stack.parts if part.nested}
    joined = nested.union(*(waits[name] for name in nested))
    shown = [
        part
        for part in stack.parts
        if part.name in joined or not nested.isdisjoint(waits[part.name])
    ]
    yield "flowchart LR"
    for part in shown:
        yield _box(part.name, [_title(part), *_subtitle(part)])
    names = {part.name for part in shown}
    for part in shown:
        for earlier in sorted(_nearest(part.after & names, waits)):
            yield f"  {_id(earlier)} --> {_id(part.name)}"


def _nearest(names: Iterable[str], waits: Mapping[str, frozenset[str]]) -> set[str]:
    """Those of the names that no other of them waits for already."""
    chosen = set(names)
    return chosen - {
        earlier for name in chosen for earlier in _before(name, waits) if earlier != name
    }


def _before(name: str, waits: Mapping[str, frozenset[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        new = waits.get(waiting.pop(), frozenset()) - found
        found |= new
        waiting += new
    return found


def _contents(stack: Stack) -> Iterator[str]:
    yield from _main(stack.types)
    kinds = Counter(_kind(item) for item in stack.objects)
    for kind, noun in OBJECTS.items():
        if kinds[kind]:
            yield _count(noun, kinds[kind])
    components = [_title(part) for part in stack.parts if "/" in part.name]
    if len(components) > _MOST_NAMES:
        yield f"{len(components)} components"
    else:
        yield from components


def _main(types: Iterable[str]) -> Iterator[str]:
    counts = Counter(types)
    for resource_type, noun in NOUNS.items():
        if counts[resource_type]:
            yield _count(noun, counts[resource_type])


def _kind(item: Mapping[str, object]) -> tuple[str, str]:
    return str(item["apiVersion"]).rpartition("/")[0], str(item["kind"])


def _title(part: Part) -> str:
    """``load-balancer-controller`` for ``Services/LoadBalancerController``."""
    name = part.name.rpartition("/")[2]
    joined = "-" if "/" in part.name else " "
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", joined, name).lower()


def _subtitle(part: Part) -> Iterator[str]:
    if "/" not in part.name:
        yield from _wrapped(_main(part.types))
    for kind, name in part.gates:
        yield from _lines(f"waits for {GATES.get(kind, kind)} {name}")


def _noun_of(passed: Passed) -> str:
    """`EKS cluster security group` for the attribute ClusterSecurityGroupId of a cluster."""
    noun = NOUNS.get(passed.type) or _words(passed.type.rpartition("::")[2])
    attribute = _words(_ADDRESS.sub("", passed.attribute.partition(".")[0]))
    attribute = attribute.replace("open id connect", "OIDC")
    if attribute in noun:
        return noun
    return f"{noun} {attribute}" if " " not in attribute else attribute


def _words(name: str) -> str:
    """``security group`` for ``SecurityGroup``, ``DNS name`` for ``DNSName``."""
    words = re.split(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", name)
    return " ".join(word if word.isupper() else word.lower() for word in words)


def _nouns(passed: Iterable[Passed]) -> Iterator[str]:
    """What is passed; name and ARN of a resource are one thing."""
    things = {(_noun_of(each), each.resource) for each in passed}
    for noun, count in sorted(Counter(noun for noun, _ in things).items()):
        yield _count(noun, count)


def _count(noun: str, count: int) -> str:
    if count == 1:
        return noun
    first, *rest = noun.partition(" by ")
    return f"{count} {first}s{''.join(rest)}"


def _wrapped(items: Iterable[str]) -> list[str]:
    """Lines, none of which ends within an item."""
    lines = _lines(", ".join(item.replace(" ", _NO_BREAK) for item in items))
    return [line.replace(_NO_BREAK, " ") for line in lines]


def _lines(text: str) -> list[str]:
    return textwrap.wrap(text, _CHARACTERS, break_long_words=False, break_on_hyphens=False)


def _box(name: str, lines: Sequence[str]) -> str:
    return f'  {_id(name)}["{"<br>".join(lines)}"]'


def _id(name: str) -> str:
    # Mermaid takes some words, such as `end`, for its own.
    return "n" + re.sub(r"\W", "", name)


def _fenced(lines: Iterable[str]) -> str:
    return "\n".join(["```mermaid", *lines, "```"]) + "\n"
