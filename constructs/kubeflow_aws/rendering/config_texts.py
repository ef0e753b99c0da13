"""Settings inside of texts in ConfigMaps, where no kustomize patch reaches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.kubernetes_object import KubernetesObject, key_of
from kubeflow_aws.rendering.render import Rendered


def with_config_text(
    rendered: Rendered, *, config_map: str, key: str, edit: Callable[[str], str]
) -> Rendered:
    """A component with one text of one ConfigMap changed.

    Args:
        rendered: The component.
        config_map: Beginning of the ConfigMap's name; kustomize adds a digest to some.
        key: Under which the text stands.
        edit: Gives the new text for the old one.

    Raises:
        UserError: There is not exactly one such text.
    """
    found = [item for item in rendered.objects if _text(item, config_map, key) is not None]
    if len(found) != 1:
        raise UserError(
            f"component {rendered.component.name}: expected one ConfigMap {config_map} with {key}, "
            f"found {len(found)}; upstream has changed, and kubeflow_aws/rendering/platform.py "
            "must follow"
        )
    return replace(
        rendered,
        objects=[
            _edited(item, config_map, key, edit) if item is found[0] else item
            for item in rendered.objects
        ],
    )


def _text(item: KubernetesObject, config_map: str, key: str) -> str | None:
    name = key_of(item)
    data = item.get("data")
    if name.kind != "ConfigMap" or not name.name.startswith(config_map):
        return None
    text = data.get(key) if isinstance(data, dict) else None
    return text if isinstance(text, str) else None


def _edited(
    item: KubernetesObject, config_map: str, key: str, edit: Callable[[str], str]
) -> KubernetesObject:
    data, text = item["data"], _text(item, config_map, key)
    if not isinstance(data, dict) or text is None:
        return item
    return {**item, "data": {**data, key: edit(text)}}
