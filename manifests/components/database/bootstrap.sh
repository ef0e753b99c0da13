#!/bin/bash
# Creates the schemas and, for each application, two users that take turns: a rotation gives the one
# that is not in use a new password (kubeflow_aws/database/rotation/index.py). Does no harm when it
# runs again.
set -euo pipefail

scratch=${SCRATCH:-/tmp}
credentials=${CREDENTIALS:-/credentials}
authority=${AUTHORITY:-/authority/rds.pem}

# The master user's password may hold anything; an option file wants backslashes and quotes escaped.
option_file() {
  local password
  password=$(<"$credentials/admin-password")
  password=${password//\\/\\\\}
  password=${password//\"/\\\"}
  printf '[client]\nuser=%s\npassword="%s"\n' "$(<"$credentials/admin-username")" "$password"
}

umask 077
option_file > "$scratch/client.cnf"

# The client itself bounds the way to a connection only, and not the answers on it.
run_sql() {
  timeout "$1" mysql --defaults-extra-file="$scratch/client.cnf" \
    --host="$DATABASE_HOST" --port="$DATABASE_PORT" \
    --ssl-mode=VERIFY_IDENTITY --ssl-ca="$authority" --connect-timeout=5
}

# A node enforces network policies a second or two after a pod has started, and then drops the answers
# to what was sent before (aws-network-policy-agent, issues 189 and 345).
wait_for_server() {
  local answer give_up=$((SECONDS + ${CONNECT_SECONDS:-60}))
  until answer=$(run_sql 10 <<< "SELECT 1;" 2>&1); do
    if ((SECONDS >= give_up)); then
      echo "${answer:-The server does not answer.}" >&2
      return 1
    fi
    sleep 1
  done
}

# Usage: application NAME SCHEMA...
# MariaDB, which stands in for MySQL in tests, skips the comments.
application() {
  local name=$1 user schema username password nobody_knows
  shift
  username=$(<"$credentials/$name-username")
  password=$(<"$credentials/$name-password")
  if [[ ! $username =~ ^${name}_[ab]$ || ! $password =~ ^[A-Za-z0-9]{16,}$ ]]; then
    echo "the secret of $name must name ${name}_a or ${name}_b and a password of letters and" \
      "digits; it names $username" >&2
    return 1
  fi
  for schema in "$@"; do
    echo "CREATE DATABASE IF NOT EXISTS \`$schema\`;"
  done
  for user in "${name}_a" "${name}_b"; do
    nobody_knows=$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')
    # ML Metadata knows no other plugin than the native one.
    echo "CREATE USER IF NOT EXISTS '$user'@'%'" \
      "IDENTIFIED /*!80400 WITH mysql_native_password */ BY '$nobody_knows'" \
      "REQUIRE SSL ACCOUNT LOCK;"
    echo "ALTER USER '$user'@'%' REQUIRE SSL;"
    for schema in "$@"; do
      echo "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES" \
        "ON \`$schema\`.* TO '$user'@'%';"
    done
  done
  echo "ALTER USER '$username'@'%' IDENTIFIED /*!80400 WITH mysql_native_password */" \
    "BY '$password' ACCOUNT UNLOCK;"
}

sql=$(application pipelines mlpipeline cachedb metadb)
sql+=$(application katib katib)
wait_for_server
run_sql 120 <<< "$sql"
echo "The database is ready for Pipelines and Katib."
