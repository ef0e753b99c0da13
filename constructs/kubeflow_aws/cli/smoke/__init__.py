"""The smoke check: whether what was deployed works, as seen from outside of the cluster."""
