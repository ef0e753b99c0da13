"""`python -m kubeflow_aws COMMAND`."""

from kubeflow_aws.cli.main import main

if __name__ == "__main__":
    main()
