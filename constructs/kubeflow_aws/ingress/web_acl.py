"""The web application firewall in front of the load balancer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from kubeflow_aws.logs.group import EncryptedLogGroup, EncryptedLogGroupProps

COMMON_RULES_THAT_ONLY_COUNT: Final = (
    # Notebooks, pipelines and models are code in large bodies, and that is what these look for.
    "CrossSiteScripting_BODY",
    "EC2MetaDataSSRF_BODY",
    "GenericLFI_BODY",
    "GenericRFI_BODY",
    "SizeRestrictions_BODY",
    # The session takes up to four cookies of 4 KB; the answer of the sign-in page is a long query.
    "SizeRestrictions_Cookie_HEADER",
    "SizeRestrictions_QUERYSTRING",
)
"""Rules of AWSManagedRulesCommonRuleSet (AWS WAF Developer Guide, "Baseline rule groups")."""

MANAGED_GROUPS: Final = {
    "AWSManagedRulesAmazonIpReputationList": (),
    "AWSManagedRulesCommonRuleSet": COMMON_RULES_THAT_ONLY_COUNT,
    "AWSManagedRulesKnownBadInputsRuleSet": (),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class WebAclProps:
    """Inputs of `WebAcl`.

    Attributes:
        name: Name of the deployment; part of the name of its log group.
        requests_per_five_minutes: Of one address, above which it is blocked.
        log_retention: How long blocked and counted requests are kept.
        removal_policy: What becomes of the logs when the stack goes.
    """

    name: str
    requests_per_five_minutes: int
    log_retention: logs.RetentionDays
    removal_policy: cdk.RemovalPolicy


class WebAcl(Construct):
    """A rate limit for each address, then rules that AWS keeps current.

    Its log has no cookies and no tokens.
    """

    web_acl: wafv2.CfnWebACL

    def __init__(self, scope: Construct, construct_id: str, *, props: WebAclProps) -> None:
        super().__init__(scope, construct_id)
        self.web_acl = wafv2.CfnWebACL(
            self,
            "WebAcl",
            scope="REGIONAL",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_visibility(props.name),
            rules=[
                wafv2.CfnWebACL.RuleProperty(
                    name="RateLimit",
                    priority=0,
                    action=wafv2.CfnWebACL.RuleActionProperty(block={}),
                    statement=wafv2.CfnWebACL.StatementProperty(
                        rate_based_statement=wafv2.CfnWebACL.RateBasedStatementProperty(
                            aggregate_key_type="IP", limit=props.requests_per_five_minutes
                        )
                    ),
                    visibility_config=_visibility("RateLimit"),
                ),
                *(
                    _managed_group(priority, name, counted)
                    for priority, (name, counted) in enumerate(MANAGED_GROUPS.items(), start=1)
                ),
            ],
        )
        # WAF wants this prefix (AWS WAF Developer Guide, "Sending logs to CloudWatch Logs").
        log_group = EncryptedLogGroup(
            self,
            "Logs",
            props=EncryptedLogGroupProps(
                name=f"aws-waf-logs-{props.name}",
                retention=props.log_retention,
                removal_policy=props.removal_policy,
            ),
        ).log_group
        wafv2.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=self.web_acl.attr_arn,
            log_destination_configs=[
                cdk.Stack.of(self).format_arn(
                    service="logs",
                    resource="log-group",
                    resource_name=log_group.log_group_name,
                    arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
                )
            ],
            redacted_fields=[
                wafv2.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": header})
                for header in ("authorization", "cookie")
            ],
        )


def _managed_group(
    priority: int, name: str, counted: tuple[str, ...]
) -> wafv2.CfnWebACL.RuleProperty:
    return wafv2.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        override_action=wafv2.CfnWebACL.OverrideActionProperty(none={}),
        statement=wafv2.CfnWebACL.StatementProperty(
            managed_rule_group_statement=wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS",
                name=name,
                rule_action_overrides=[
                    wafv2.CfnWebACL.RuleActionOverrideProperty(
                        name=rule, action_to_use=wafv2.CfnWebACL.RuleActionProperty(count={})
                    )
                    for rule in counted
                ]
                or None,
            )
        ),
        visibility_config=_visibility(name),
    )


def _visibility(name: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    return wafv2.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )
