"""Whether the branch that a pipeline delivers takes reviewed changes alone.

GitHub knows two kinds of protection, and both count: rulesets, which anybody may read of a public
repository ("Get rules for a branch"), and branch protection, of which anybody may read whether
there is any ("Get a branch"), and administrators what it says ("Get branch protection").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeVar
from urllib.parse import quote

from pydantic import AliasChoices, BaseModel, Field, TypeAdapter, ValidationError

from kubeflow_aws.cli.checks.check import Check, passed, unseen, warned
from kubeflow_aws.cli.delivery.github import TOKEN, Answer, Ask
from kubeflow_aws.deployment.delivery import Delivery

NAME: Final = "Protection of the branch"
GITHUB: Final = "GitHub"
"""Of CodeConnections' types of providers, the one of which anybody may ask something."""

PROTECT: Final = (
    "require a pull request with one approving review, dismissed by new commits, without "
    'force-push, deletion or bypass (docs/operations/delivery.md, "What a push can reach")'
)
LOOK: Final = f"look there by hand: {PROTECT}"

Model = TypeVar("Model")


class Enabled(BaseModel):
    """A setting that is on or off."""

    enabled: bool = False


class Reviews(BaseModel):
    """What a pull request needs; one field has a name of its own in rulesets."""

    required_approving_review_count: int = 0
    dismiss_stale_reviews: bool = Field(
        default=False,
        validation_alias=AliasChoices("dismiss_stale_reviews_on_push", "dismiss_stale_reviews"),
    )


class Rule(BaseModel):
    """A rule that holds for the branch, by a ruleset."""

    type: str
    parameters: Reviews = Reviews()


class Branch(BaseModel):
    """The branch, as anybody sees it."""

    protected: bool


class Protection(BaseModel):
    """What branch protection says."""

    required_pull_request_reviews: Reviews | None = None
    enforce_admins: Enabled = Enabled()
    allow_force_pushes: Enabled = Enabled()
    allow_deletions: Enabled = Enabled()


def check_branch(delivery: Delivery, provider: str, ask: Ask) -> Check:
    """Whether somebody else must have reviewed what is pushed.

    Args:
        delivery: Names repository and branch.
        provider: Where the repository is, as CodeConnections calls it.
        ask: Asks GitHub.
    """
    where = f"{delivery.branch} of {delivery.repository}"
    if provider != GITHUB:
        return unseen(NAME, f"{where} is at {provider}, which was not asked", LOOK)
    path = f"/repos/{delivery.repository}"
    branch = quote(delivery.branch, safe="")
    try:
        seen = ask(f"{path}/branches/{branch}")
        if seen.status != 200:
            return _refused(where, seen)
        rules = ask(f"{path}/rules/branches/{branch}?per_page=100")
        if rules.status != 200:
            return _refused(where, rules)
        lacks = list(_lacks_of_rules(_read(rules, TypeAdapter(list[Rule]))))
        if not lacks:
            return passed(NAME, f"rulesets of {where} ask for a review; who may bypass: look there")
        if not _read(seen, TypeAdapter(Branch)).protected:
            return warned(
                NAME, f"whoever may push to {where} delivers: {', '.join(lacks)}", PROTECT
            )
        protection = ask(f"{path}/branches/{branch}/protection")
        if protection.status != 200:
            return unseen(
                NAME,
                f"{where} is protected; GitHub tells how to administrators alone",
                f"export {TOKEN} with a token that may read the administration, or {LOOK}",
            )
        lacks = list(_lacks_of_protection(_read(protection, TypeAdapter(Protection))))
    except (OSError, ValidationError) as error:
        return unseen(NAME, f"GitHub does not answer: {str(error).splitlines()[0]}", LOOK)
    if lacks:
        return warned(NAME, f"protection of {where}: {', '.join(lacks)}", PROTECT)
    return passed(NAME, f"{where} asks for a review, of administrators too")


def _refused(where: str, answer: Answer) -> Check:
    return unseen(
        NAME,
        f"GitHub answers {answer.status} for {where}: not there, private, or asked too often",
        f"correct repository and branch, or export {TOKEN} with a token that may read it",
    )


def _read(answer: Answer, form: TypeAdapter[Model]) -> Model:
    return form.validate_json(answer.body)


def _lacks_of_rules(rules: list[Rule]) -> Iterator[str]:
    reviews = [rule.parameters for rule in rules if rule.type == "pull_request"]
    yield from _lacks_of_reviews(
        count=max((each.required_approving_review_count for each in reviews), default=0),
        dismissed=any(each.dismiss_stale_reviews for each in reviews),
    )
    types = {rule.type for rule in rules}
    if "non_fast_forward" not in types:
        yield "force-push is allowed"
    if "deletion" not in types:
        yield "deletion is allowed"


def _lacks_of_protection(protection: Protection) -> Iterator[str]:
    reviews = protection.required_pull_request_reviews or Reviews()
    yield from _lacks_of_reviews(
        count=reviews.required_approving_review_count, dismissed=reviews.dismiss_stale_reviews
    )
    if protection.allow_force_pushes.enabled:
        yield "force-push is allowed"
    if protection.allow_deletions.enabled:
        yield "deletion is allowed"
    if not protection.enforce_admins.enabled:
        yield "administrators are excepted"


def _lacks_of_reviews(*, count: int, dismissed: bool) -> Iterator[str]:
    if count < 1:
        yield "no review is required"
    elif not dismissed:
        yield "a review stays when commits follow"
