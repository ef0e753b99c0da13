#!/bin/sh
# Starts new pods of the Deployments whose Secret has other credentials than when this ran last.
set -eu

# A node enforces network policies a second or two after a pod has started, and then drops the answers
# to what was sent before (aws-network-policy-agent, issues 189 and 345). What is still wrong after a
# minute, the first command below says.
give_up=$(($(date +%s) + ${CONNECT_SECONDS:-60}))
until kubectl get --raw=/version --request-timeout=5s > /dev/null 2>&1; do
  [ "$(date +%s)" -lt "$give_up" ] || break
  sleep 1
done

# Usage: follow SECRET DEPLOYMENT...
follow() {
  secret=$1
  shift
  # Assigned by themselves, so that a kubectl that fails ends the script.
  there=$(kubectl get secret "$secret" -n "$NAMESPACE" --ignore-not-found -o name)
  if [ -z "$there" ]; then
    echo "$secret: not there, so nobody uses it"
    return
  fi
  credentials=$(kubectl get secret "$secret" -n "$NAMESPACE" \
    -o jsonpath='{.data.username}:{.data.password}')
  found=$(printf '%s' "$credentials" | sha256sum | cut -c1-16)
  for deployment in "$@"; do
    known=$(kubectl get deployment "$deployment" -n "$NAMESPACE" \
      -o jsonpath='{.metadata.annotations.kubeflow-aws/credentials}')
    if [ "$known" = "$found" ]; then
      echo "$deployment: has the credentials of $secret"
      continue
    fi
    note="\"metadata\":{\"annotations\":{\"kubeflow-aws/credentials\":\"$found\"}}"
    # The first time there is nothing to compare with: the pods have just been started.
    template=
    [ -z "$known" ] || template=",\"spec\":{\"template\":{$note}}"
    kubectl patch deployment "$deployment" -n "$NAMESPACE" --type=merge \
      --patch "{$note$template}"
  done
}

follow mysql-secret ml-pipeline metadata-grpc-deployment cache-server
follow katib-mysql-secrets katib-db-manager
# An alarm counts this line (kubeflow_aws/database/rotation_alarms.py).
echo "followed: every client has been looked at"
