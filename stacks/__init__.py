"""One module a stack: each composes constructs and exposes what later stacks need."""
