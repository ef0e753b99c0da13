"""Other versions of upstream sources: tried, compared and pinned, for `./kubeflow-aws bump`."""
