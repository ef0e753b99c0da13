"""The texts of a template's policies, as CloudFormation would put them together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from tests.support.assembly import Template

REGION: Final = "us-west-2"
ACCOUNT: Final = "123456789012"
NAME: Final = "name"
"""Of whatever gets its name from CloudFormation."""

_HERE: Final = f"{REGION}:{ACCOUNT}"
ARNS: Final[Mapping[str, str]] = {
    "AWS::CloudWatch::Alarm": f"arn:aws:cloudwatch:{_HERE}:alarm:{NAME}",
    "AWS::CodeBuild::Project": f"arn:aws:codebuild:{_HERE}:project/{NAME}",
    "AWS::CodePipeline::Pipeline": f"arn:aws:codepipeline:{_HERE}:{NAME}",
    "AWS::Cognito::UserPool": f"arn:aws:cognito-idp:{_HERE}:userpool/{NAME}",
    "AWS::EC2::VPC": f"arn:aws:ec2:{_HERE}:vpc/{NAME}",
    "AWS::EFS::FileSystem": f"arn:aws:elasticfilesystem:{_HERE}:file-system/{NAME}",
    "AWS::EKS::Cluster": f"arn:aws:eks:{_HERE}:cluster/{NAME}",
    "AWS::Events::Rule": f"arn:aws:events:{_HERE}:rule/{NAME}",
    "AWS::IAM::InstanceProfile": f"arn:aws:iam::{ACCOUNT}:instance-profile/{NAME}",
    "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{NAME}",
    "AWS::KMS::Key": f"arn:aws:kms:{_HERE}:key/{NAME}",
    "AWS::Lambda::Function": f"arn:aws:lambda:{_HERE}:function:{NAME}",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{_HERE}:log-group:{NAME}:*",
    "AWS::RDS::DBInstance": f"arn:aws:rds:{_HERE}:db:{NAME}",
    "AWS::RDS::DBInstance MasterUserSecret.SecretArn": (
        f"arn:aws:secretsmanager:{_HERE}:secret:{NAME}"
    ),
    "AWS::S3::Bucket": f"arn:aws:s3:::{NAME}",
    "AWS::SNS::Topic": f"arn:aws:sns:{_HERE}:{NAME}",
    "AWS::SQS::Queue": f"arn:aws:sqs:{_HERE}:{NAME}",
    "AWS::SecretsManager::Secret": f"arn:aws:secretsmanager:{_HERE}:secret:{NAME}",
    "AWS::StepFunctions::StateMachine": f"arn:aws:states:{_HERE}:stateMachine:{NAME}",
    "Custom::S3AutoDeleteObjectsCustomResourceProvider": f"arn:aws:iam::{ACCOUNT}:role/{NAME}",
}
"""What ``GetAtt ... Arn`` is ("Resources for IAM policies" of each service)."""

_REF_IS_ARN: Final = frozenset(
    {"AWS::SNS::Topic", "AWS::SecretsManager::Secret", "AWS::StepFunctions::StateMachine"}
)
_VARIABLE: Final = re.compile(r"\$\{([^}]+)\}")
_PSEUDO: Final = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::URLSuffix": "amazonaws.com",
}


class Texts:
    """Resolves what stands in the policies of an app's templates.

    Args:
        templates: All of the app, so that what stacks read of each other is found.
    """

    def __init__(self, templates: Mapping[str, Template]) -> None:
        self._templates = templates
        self._outputs = {
            key: (template, output["Value"])
            for template in templates.values()
            for key, output in template.get("Outputs", {}).items()
        }

    def resolved(self, node: Any, template: Template) -> Any:
        """A policy, or a part of it, without functions of CloudFormation.

        Raises:
            KeyError: If an ARN is asked for of a type that `ARNS` lacks.
        """
        if isinstance(node, list):
            return [self.resolved(each, template) for each in node]
        if not isinstance(node, dict):
            return node
        match node:
            case {"Ref": str(name)}:
                return self._reference(name, template)
            case {"Fn::GetAtt": [str(name), str(attribute)]}:
                return self._attribute(name, attribute, template)
            case {"Fn::GetStackOutput": {"OutputName": str(key)}}:
                where, value = self._outputs[key]
                return self.resolved(value, where)
            case {"Fn::Join": [str(separator), parts]}:
                return separator.join(self.resolved(parts, template))
            case {"Fn::Sub": str(text)}:
                return _VARIABLE.sub(lambda found: _PSEUDO.get(found[1], NAME), text)
            case {"Fn::Select": _} | {"Fn::Split": _}:
                return NAME
        return {key: self.resolved(value, template) for key, value in node.items()}

    def _reference(self, name: str, template: Template) -> str:
        if name in _PSEUDO:
            return _PSEUDO[name]
        if name in template.get("Parameters", {}):
            return self._parameter(name)
        kind = template["Resources"][name]["Type"]
        return ARNS[kind] if kind in _REF_IS_ARN else NAME

    def _parameter(self, name: str) -> str:
        """Of a nested stack: what its parent hands on."""
        for parent in self._templates.values():
            for resource in parent["Resources"].values():
                if name in resource.get("Properties", {}).get("Parameters", {}):
                    value = resource["Properties"]["Parameters"][name]
                    return str(self.resolved(value, parent))
        return NAME

    def _attribute(self, name: str, attribute: str, template: Template) -> str:
        if not attribute.endswith("Arn"):
            return NAME
        kind = template["Resources"][name]["Type"]
        return ARNS[kind if attribute == "Arn" else f"{kind} {attribute}"]
