"""The objects of a synthesized app with every value that CloudFormation would fill in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from kubeflow_aws.assembly.templates import MANIFEST_TYPE
from kubeflow_aws.objects.kubernetes_object import KubernetesObject
from tests.support.assembly import ACCOUNT, Assembly, Template

REGION: Final = "us-west-2"
POOL: Final = "us-west-2_KubeFlow1"
ISSUER: Final = f"https://cognito-idp.{REGION}.amazonaws.com/{POOL}"
CLUSTER_ISSUER: Final = f"https://oidc.eks.{REGION}.amazonaws.com/id/0123456789ABCDEF"

_PSEUDO: Final = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::URLSuffix": "amazonaws.com",
}
_ATTRIBUTES: Final = {
    (
        "AWS::CertificateManager::Certificate",
        "Ref",
    ): f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/1",
    ("AWS::Cognito::UserPool", "Arn"): f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{POOL}",
    ("AWS::Cognito::UserPool", "ProviderURL"): ISSUER,
    ("AWS::Cognito::UserPool", "Ref"): POOL,
    ("AWS::Cognito::UserPoolDomain", "Ref"): "platform-example-com",
    ("AWS::EFS::FileSystem", "Ref"): "fs-0123456789abcdef0",
    ("AWS::EKS::Cluster", "ClusterSecurityGroupId"): "sg-0123456789abcdef0",
    ("AWS::EKS::Cluster", "Endpoint"): f"https://0123456789abcdef.{REGION}.eks.amazonaws.com",
    ("AWS::EKS::Cluster", "OpenIdConnectIssuerUrl"): CLUSTER_ISSUER,
    ("AWS::EKS::Cluster", "Ref"): "kubeflow",
    ("AWS::EC2::VPC", "Ref"): "vpc-0123456789abcdef0",
    ("AWS::IAM::InstanceProfile", "Ref"): "nodes",
    ("AWS::S3::Bucket", "Ref"): "access-logs",
    ("AWS::SQS::Queue", "QueueName"): "interruptions",
    ("AWS::WAFv2::WebACL", "Arn"): f"arn:aws:wafv2:{REGION}:{ACCOUNT}:regional/webacl/kubeflow/1",
}
_NAMED: Final = {
    "AWS::Cognito::UserPoolClient": "client-{}",
    "AWS::EC2::Subnet": "subnet-{}",
}
"""Types of which there are several: each is known by its logical id."""


def resolved_objects(assembly: Assembly) -> list[KubernetesObject]:
    """All objects that the stacks of an app apply, as the cluster would get them.

    Raises:
        LookupError: A value is asked for that only AWS would know, and no table here has it.
    """
    return list(_Resolver(assembly).objects())


class _Resolver:
    def __init__(self, assembly: Assembly) -> None:
        self._templates = assembly.templates
        self._parents: dict[str, tuple[str, dict[str, Any]]] = {}
        for name, template in assembly.templates.items():
            for logical_id, resource in template["Resources"].items():
                if resource["Type"] == "AWS::CloudFormation::Stack":
                    # A nested template is named after its path, with a hash of eight digits.
                    path = f"{name}{logical_id.partition('NestedStack')[0]}"
                    [nested] = [each for each in assembly.templates if each[:-8] == path]
                    self._parents[nested] = (name, resource["Properties"].get("Parameters", {}))

    def objects(self) -> Iterator[KubernetesObject]:
        for name, template in self._templates.items():
            for resource in template["Resources"].values():
                if resource["Type"] == MANIFEST_TYPE:
                    yield from json.loads(self._text(name, resource["Properties"]["Manifest"]))

    def _text(self, name: str, value: Any) -> str:
        """The text of an expression in one of the templates."""
        if isinstance(value, str):
            return value
        [(function, argument)] = value.items()
        match function:
            case "Ref":
                return self._reference(name, argument)
            case "Fn::GetAtt":
                return self._attribute(name, *argument)
            case "Fn::GetStackOutput":
                stack = argument["StackName"]
                output = self._templates[stack]["Outputs"][argument["OutputName"]]
                return self._text(stack, output["Value"])
            case "Fn::Join":
                separator, parts = argument
                return str(separator).join(self._text(name, part) for part in parts)
        raise LookupError(f"{name}: {function} is not resolved here")

    def _reference(self, name: str, target: str) -> str:
        template: Template = self._templates[name]
        if target in _PSEUDO:
            return _PSEUDO[target]
        if target in template.get("Parameters", {}):
            parent, parameters = self._parents[name]
            return self._text(parent, parameters[target])
        return self._attribute(name, target, "Ref")

    def _attribute(self, name: str, logical_id: str, attribute: str) -> str:
        resource_type = self._templates[name]["Resources"][logical_id]["Type"]
        if resource_type in _NAMED:
            return _NAMED[resource_type].format(logical_id.lower())
        try:
            return _ATTRIBUTES[resource_type, attribute]
        except KeyError:
            raise LookupError(f"{name}: {logical_id}.{attribute} ({resource_type})") from None
