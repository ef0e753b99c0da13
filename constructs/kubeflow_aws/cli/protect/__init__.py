"""What a pipeline leaves out: CloudFormation's protection of stacks against their deletion."""
