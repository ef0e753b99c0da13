"""CloudFormation: templates, stacks, their operations, and the API in front of them."""
