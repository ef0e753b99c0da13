"""What AWS and Kubernetes have: data, with its source and the day it was read."""
