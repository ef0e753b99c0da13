"""What the Makefile calls beside cdk: `python -m kubeflow_aws.cli COMMAND`."""
