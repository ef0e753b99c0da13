"""Resources that are made first and then brought to their settings, one API call each."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import ClassVar, TypeAlias

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.resources.coercion import same
from localcloud.resources.provider import (
    CancelledError,
    Properties,
    Provider,
    Request,
    Resource,
    ResourceError,
)

Setting: TypeAlias = Callable[[Request, Resource, Properties], None]
"""Brings one thing of a resource to the request's properties, from the old ones (last)."""


class SettingsProvider(Provider):
    """A provider that says for each property what applies it.

    Attributes:
        at_creation: Properties that `make` passes on.
        settings: What applies a property after the creation, and whenever it changes. A setting
            for several properties runs once.
    """

    at_creation: ClassVar[frozenset[str]] = frozenset()
    settings: ClassVar[Mapping[str, Setting]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.applied = cls.at_creation | cls.settings.keys()

    @abstractmethod
    def make(self, request: Request) -> Resource:
        """Make the resource with the properties `at_creation`."""

    def refreshed(self, request: Request, resource: Resource) -> Resource:
        """The resource with attributes that settings may have changed."""
        del request
        return resource

    def create(self, request: Request) -> Resource:
        """Make it, then apply the settings that are given."""
        resource = self.make(request)
        # A stack's tags go on its resources, whether these have tags of their own or not.
        later = {*request.properties, "Tags"} - self.at_creation
        try:
            self._apply(later, request, resource, {})
            return self.refreshed(request, resource)
        except CancelledError as error:
            raise CancelledError(str(error), left=resource) from error
        except (ResourceError, ClientError, BotoCoreError) as error:
            raise ResourceError(str(error), left=resource) from error

    def update(self, request: Request, resource: Resource, old: Properties) -> Resource:
        """Apply the settings that changed, refuse everything else that changed."""
        now, before = (
            {name: value for name, value in properties.items() if name not in self.settings}
            for properties in (request.properties, old)
        )
        super().update(replace(request, properties=now), resource, before)
        names = {name for name in self.settings if is_changed(request, old, name)}
        self._apply(names, request, resource, old)
        return self.refreshed(request, resource)

    def _apply(
        self, names: Collection[str], request: Request, resource: Resource, old: Properties
    ) -> None:
        # A dict keeps the order in which a provider lists its settings; some depend on others.
        for setting in {self.settings[name]: None for name in self.settings if name in names}:
            setting(request, resource, old)


def is_changed(request: Request, old: Properties, *names: str) -> bool:
    """Whether any of the properties differs from what it was."""
    return any(not same(request.properties.get(name), old.get(name)) for name in names)


def is_missing(error: ClientError) -> bool:
    """Whether an API said that something does not exist."""
    code = str(error.response["Error"].get("Code", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status == 404 or any(word in code for word in ("NotFound", "NoSuch", "Nonexistent"))


@contextmanager
def missing_is_fine() -> Iterator[None]:
    """Let what is already gone be gone."""
    try:
        yield
    except ClientError as error:
        if not is_missing(error):
            raise
