"""An emulated AWS on this machine, good enough to deploy this project to with the real CDK CLI.

Development tooling: nothing of it is imported by the application. docs/local-cloud.md says what it
shows and what it cannot show.
"""
