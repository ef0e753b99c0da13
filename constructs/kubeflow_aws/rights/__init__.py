"""Who may do what in Kubernetes, by the roles and bindings that are rendered."""
