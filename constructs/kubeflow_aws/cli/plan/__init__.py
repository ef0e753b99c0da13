"""What a deployment would change in the cluster, object by object."""
