"""In which groups somebody is, as Cognito tells the trigger, and what the trigger does with it.

The events have the forms of the Amazon Cognito Developer Guide, "Pre token generation Lambda
trigger".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from kubeflow_aws.identity.pre_token_generation import cluster, index, memberships
from kubeflow_aws.identity.pre_token_generation.eks_token import PREFIX, eks_token
from kubeflow_aws.identity.pre_token_generation.groups import groups_of
from kubeflow_aws.identity.pre_token_generation.kubernetes import POLICIES, ApiError, Kind, Object

PROVIDERS = {
    "Okta": {"domains": ["example.com"], "verified": True, "groups": True},
    "Partner": {"domains": ["partner.com"], "verified": True},
}


def event(source: str = "TokenGeneration_HostedAuth", **request: Any) -> dict[str, Any]:
    """What Cognito sends, in version 2."""
    return {
        "version": "2",
        "triggerSource": source,
        "region": "us-west-2",
        "userPoolId": "us-west-2_EXAMPLE",
        "userName": "Okta_bob",
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown", "clientId": "1example23456789"},
        "request": {
            "userAttributes": {
                "sub": "1",
                "cognito:user_status": "EXTERNAL_PROVIDER",
                "email": "bob@example.com",
                "email_verified": "true",
            },
            "groupConfiguration": {
                "groupsToOverride": [],
                "iamRolesToOverride": [],
                "preferredRole": None,
            },
            "scopes": ["openid", "email"],
            **request,
        },
        "response": {"claimsAndScopeOverrideDetails": None},
    }


def in_pool(*names: str) -> dict[str, Any]:
    return {"groupsToOverride": list(names), "iamRolesToOverride": [], "preferredRole": None}


def by_provider(name: str, groups: str, email: str = "bob@example.com") -> dict[str, str]:
    identity = {"userId": "7", "providerName": name, "providerType": "SAML", "primary": "true"}
    return {
        "sub": "1",
        "email": email,
        "email_verified": "false",
        "identities": json.dumps([identity]),
        "custom:groups": groups,
    }


class Api:
    """Records what would be asked of a cluster."""

    def __init__(self, *, refuse: str = "") -> None:
        self.asked: list[tuple[str, str]] = []
        self.closed = False
        self._refuse = refuse

    def close(self) -> None:
        self.closed = True

    def does(self, verb: str) -> list[str]:
        return [what for each, what in self.asked if each == verb]

    def list(self, kind: Kind, selector: str) -> list[Object]:
        self._ask("list", selector)
        if "in (" in selector:
            group = {
                "metadata": {"namespace": "team", "name": "group", "uid": "1"},
                "roleRef": {"kind": "ClusterRole", "name": "kubeflow-edit"},
                "subjects": [{"kind": "Group", "name": "COGNITO:research"}],
            }
            rule = {"when": [{"key": memberships.USER_HEADER, "values": ["nobody"]}]}
            return [group | ({"spec": {"rules": [rule]}} if kind == POLICIES else {})]
        return []

    def create(self, kind: Kind, item: Object) -> None:
        self._ask("create", f"{kind[1]} {item['metadata']['namespace']}")

    def delete(self, kind: Kind, item: Object) -> None:
        raise NotImplementedError

    def _ask(self, verb: str, what: str) -> None:
        self.asked.append((verb, what))
        if verb == self._refuse:
            raise ApiError("refused")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_PROVIDERS", json.dumps(PROVIDERS))
    monkeypatch.setenv("MACHINES", json.dumps({"kubeflow/ci": "ci@machines.example.com"}))
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    monkeypatch.setenv("CLUSTER", json.dumps({"name": "k", "url": "", "authority": ""}))


def answer(monkeypatch: pytest.MonkeyPatch, api: Api, asked: dict[str, Any]) -> dict[str, str]:
    monkeypatch.setattr(cluster, "connect", lambda *_: api)
    details = index.handler(asked, None)["response"]["claimsAndScopeOverrideDetails"]
    claims: dict[str, str] = details["accessTokenGeneration"]["claimsToAddOrOverride"]
    return claims


def test_groups_of_the_pool_are_the_pools() -> None:
    request = event(groupConfiguration=in_pool("research", "Okta:admins"))["request"]

    assert groups_of(request, None) == {"COGNITO:research", "COGNITO:Okta:admins"}


@pytest.mark.parametrize(
    ("told", "names"),
    [
        ("research", {"research"}),
        ("[research]", {"research"}),
        ("[research, data-science]", {"research", "data-science"}),
        ("research,data-science", {"research", "data-science"}),
        ("[Data+Science, a%2Cb]", {"Data Science", "a,b"}),
        ('["research", "Data Science"]', {"research", "Data Science"}),
        ("[]", set()),
        ("", set()),
        ("[ , ]", set()),
    ],
)
def test_a_provider_tells_one_group_or_several(told: str, names: set[str]) -> None:
    request = event(userAttributes=by_provider("Okta", told))["request"]

    assert groups_of(request, "Okta") == {f"Okta:{name}" for name in names}


def test_without_a_provider_that_tells_groups_the_attribute_is_nothing() -> None:
    request = event(userAttributes=by_provider("Partner", "[research]"))["request"]

    assert groups_of(request, None) == set()


@pytest.mark.parametrize("source", ["TokenGeneration_HostedAuth", "TokenGeneration_RefreshTokens"])
def test_rights_follow_groups_at_sign_in_and_at_each_refresh(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = Api()

    claims = answer(monkeypatch, api, event(source, groupConfiguration=in_pool("research")))

    assert claims == {"email": "bob@example.com"}
    assert api.does("create") == ["rolebindings team", "authorizationpolicies team"]
    assert api.closed


def test_a_provider_does_not_put_its_people_into_groups_of_others() -> None:
    for told in ("[research]", "[COGNITO:research]"):
        for name, email in (("Partner", "eve@partner.com"), ("Okta", "eve@example.com")):
            asked = event(userAttributes=by_provider(name, told, email))
            request = asked["request"]
            person = index._person(request)
            assert person is not None
            found = groups_of(request, person.groups_by)
            assert not {each for each in found if not each.startswith("Okta:")}


def test_who_is_not_vouched_for_has_no_rights_of_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api()
    asked = event(userAttributes=by_provider("Okta", "[research]", "eve@elsewhere.com"))

    assert answer(monkeypatch, api, asked) == {}
    assert api.asked == []


def test_a_program_is_in_no_group(monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api()
    asked = event("TokenGeneration_ClientCredentials", scopes=["kubeflow/ci"])

    assert answer(monkeypatch, api, asked)["email"] == "ci@machines.example.com"
    assert api.asked == []


def test_without_groups_in_the_file_no_cluster_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLUSTER")
    api = Api()

    claims = answer(monkeypatch, api, event(groupConfiguration=in_pool("research")))

    assert claims == {"email": "bob@example.com"}
    assert api.asked == []


def test_no_token_is_written_while_it_is_not_known_what_somebody_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    api = Api(refuse="list")

    with pytest.raises(ApiError):
        answer(monkeypatch, api, event())
    assert api.closed


def test_what_cannot_be_added_is_missing_and_the_token_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    api = Api(refuse="create")

    claims = answer(monkeypatch, api, event(groupConfiguration=in_pool("research")))

    assert claims == {"email": "bob@example.com"}


def test_what_takes_too_long_is_left_to_the_next_token(monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api()
    clock = iter([0.0, 1.0, memberships.SECONDS + 1])
    monkeypatch.setattr(memberships, "monotonic", lambda: next(clock))

    answer(monkeypatch, api, event(groupConfiguration=in_pool("research")))

    assert api.does("create") == ["rolebindings team"]


def test_people_of_similar_addresses_have_names_of_their_own() -> None:
    group = {
        "metadata": {"namespace": "team", "name": "group", "uid": "1"},
        "roleRef": {"kind": "ClusterRole", "name": "kubeflow-edit"},
        "subjects": [{"kind": "Group", "name": "COGNITO:research"}],
    }
    membership = memberships.Membership(binding=group, policy={"spec": {"rules": []}})
    long = "x" * 242 + "@example.com"
    names = [
        memberships._binding(email, membership)["metadata"]["name"]
        for email in ("a.b@example.com", "a-b@example.com", "a@b.example.com", long)
    ]

    assert len(set(names)) == 4
    assert max(map(len, names)) <= 63


def test_the_token_of_the_cluster_is_a_signed_request_to_sts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As AWS verifies it (IAM User Guide, "Create a signed AWS API request")."""
    secret = "secret"  # noqa: S105  # of nobody
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session")

    text = eks_token("kubeflow", "us-west-2").removeprefix(PREFIX)

    url = urlsplit(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert url.netloc == "sts.us-west-2.amazonaws.com"
    assert query["Action"] == "GetCallerIdentity"
    assert query["X-Amz-SignedHeaders"] == "host;x-k8s-aws-id"
    assert query["X-Amz-Expires"] == "60"
    assert query["X-Amz-Security-Token"] == "session"
    given = query.pop("X-Amz-Signature")
    canonical = "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
        for name, value in sorted(query.items())
    )
    headers = f"host:{url.netloc}\nx-k8s-aws-id:kubeflow\n"
    request = f"GET\n/\n{canonical}\n{headers}\nhost;x-k8s-aws-id\n{hashlib.sha256().hexdigest()}"
    day = query["X-Amz-Date"][:8]
    scope = f"{day}/us-west-2/sts/aws4_request"
    hashed = hashlib.sha256(request.encode()).hexdigest()
    to_sign = f"AWS4-HMAC-SHA256\n{query['X-Amz-Date']}\n{scope}\n{hashed}"
    key = f"AWS4{secret}".encode()
    for part in (day, "us-west-2", "sts", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    assert hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest() == given
