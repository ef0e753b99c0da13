"""The security group of file systems for Lustre."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from kubeflow_aws.storage.ports import LUSTRE


class LustreSecurityGroup(Construct):
    """Admits the servers of its file systems to one another; who mounts them is opened elsewhere.

    It is there without a file system, too. The servers call their clients, so the cluster's group
    names it, and EC2 deletes no group that another one names (API reference,
    "DeleteSecurityGroup"): it could not go with its file system, whose stack is deployed before the
    one with that rule.

    Attributes:
        group: The group.
        rules: What must be there before a file system is made.
    """

    group: ec2.SecurityGroup
    rules: Sequence[ec2.CfnSecurityGroupIngress]

    def __init__(self, scope: Construct, construct_id: str, *, vpc: ec2.IVpc) -> None:
        super().__init__(scope, construct_id)
        self.group = ec2.SecurityGroup(
            self,
            "Group",
            vpc=vpc,
            description="File systems for Lustre of Kubeflow",
            allow_all_outbound=False,
        )
        for first, last in LUSTRE:
            self.group.add_egress_rule(
                ec2.Peer.any_ipv4(),
                ec2.Port.tcp_range(first, last),
                "Servers and clients of Lustre",
            )
        # Without, FSx refuses to make a file system (FSx for Lustre User Guide, "Cannot create a
        # file system because of misconfigured security group").
        self.rules = [
            ec2.CfnSecurityGroupIngress(
                self,
                f"Servers{first}",
                description="Servers of Lustre",
                group_id=self.group.security_group_id,
                source_security_group_id=self.group.security_group_id,
                ip_protocol="tcp",
                from_port=first,
                to_port=last,
            )
            for first, last in LUSTRE
        ]
