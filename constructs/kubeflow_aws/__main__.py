"""`python -m kubeflow_aws COMMAND`."""

from kubeflow_aws.cli.main import program

if __name__ == "__main__":
    program()
