"""Every object's namespace must exist before it: a rule that only a fresh cluster would show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.kubernetes_object import key_of
from kubeflow_aws.rendering.render import Rendered

_OF_KUBERNETES: Final = frozenset({"default", "kube-node-lease", "kube-public", "kube-system"})


def check_namespaces(components: Sequence[Rendered]) -> None:
    """Check that each object's namespace comes from its own component or an earlier one.

    Args:
        components: All components that are rendered.

    Raises:
        UserError: For the first object whose namespace comes too late, or from nowhere.
    """
    by_name = {one.component.name: one for one in components}
    for one in components:
        known = _OF_KUBERNETES.union(
            *(_defined(by_name[name]) for name in _with_earlier(one.component.name, by_name))
        )
        for item in one.objects:
            key = key_of(item)
            if key.namespace and key.namespace not in known:
                raise UserError(
                    f"manifests/components/{one.component.name}: {key} is in the namespace "
                    f"{key.namespace}, which {_definer(key.namespace, components)}; let its "
                    "component define the namespace, or come after the one that does"
                )


def _with_earlier(name: str, components: Mapping[str, Rendered]) -> set[str]:
    found = {name}
    for earlier in components[name].component.after:
        # What is switched off is there already, or not needed.
        if earlier in components:
            found |= _with_earlier(earlier, components)
    return found


def _defined(component: Rendered) -> set[str]:
    keys = (key_of(item) for item in component.objects if item["kind"] == "Namespace")
    return {key.name for key in keys}


def _definer(namespace: str, components: Sequence[Rendered]) -> str:
    for one in components:
        if namespace in _defined(one):
            return f"the component {one.component.name} defines too late"
    return "no component defines"
