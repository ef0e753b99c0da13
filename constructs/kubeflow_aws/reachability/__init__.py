"""Who may connect to whom, computed from NetworkPolicies.

It follows what Kubernetes documents ("Network Policies"). Nothing here sends a packet: whether a
cluster's network keeps its policies is for that network to show.
"""
