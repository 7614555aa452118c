#!/usr/bin/env bash
# Owns: installing the servers, written by others, that tests run against. Each is a function, and safe to run again.
# Does not own: starting them (test/support).
#
# Without arguments all of them; with names, those: scripts/install-test-servers.sh versitygw
# What is built here goes to $MILLRACE_TEST_SERVERS (default ~/.cache/millrace/test-servers), a folder
# per server, where the tests look for it.
set -euo pipefail

servers=(versitygw postgres)
home="${MILLRACE_TEST_SERVERS:-${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}/.cache/millrace/test-servers}"

# S3 over a directory, Apache-2.0, with conditional writes that hold in a race. Built by Go 1.25 or later, in about two
# minutes at the first time.
install_versitygw() {
  local version="v1.8.0"
  local folder="$home/versitygw"
  if [[ -x "$folder/versitygw" && "$(cat "$folder/version")" == "$version" ]]; then
    echo "versitygw $version is there"
    return
  fi
  command -v go >/dev/null || fail "versitygw is built by Go 1.25 or later, and there is no go in the PATH"
  mkdir -p "$home"
  local building
  building="$(mktemp -d "$home/building-XXXXXX")"
  if ! CGO_ENABLED=0 GOBIN="$building" \
    go install -trimpath -ldflags="-s -w" "github.com/versity/versitygw/cmd/versitygw@$version" \
    >"$building/log" 2>&1; then
    tail -20 "$building/log" >&2
    rm -rf "$building"
    fail "versitygw $version could not be built"
  fi
  # Whole or not at all: somebody else may install at the same time, or this may be killed.
  mkdir -p "$folder"
  mv -f "$building/versitygw" "$folder/versitygw"
  echo "$version" >"$folder/version"
  rm -rf "$building"
  echo "versitygw $version is installed"
}

# PostgreSQL from the packages of Debian or Ubuntu; the tests make clusters of their own, and the one that the package
# would start is not needed. Installing it takes the rights of root.
install_postgres() {
  if compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || command -v initdb >/dev/null; then
    echo "postgres is there"
    return
  fi
  command -v apt-get >/dev/null || fail "postgres is installed by apt-get here; elsewhere put initdb and pg_ctl in the PATH"
  local as_root=()
  [[ "$(id -u)" == 0 ]] || as_root=(sudo)
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o Dpkg::Options::=--force-confdef postgresql postgresql-client >/dev/null
  echo "postgres is installed"
}

fail() {
  echo "install-test-servers: $1" >&2
  exit 1
}

[[ $# -gt 0 ]] && servers=("$@")
for server in "${servers[@]}"; do
  declare -F "install_$server" >/dev/null || fail "there is no server named $server"
  "install_$server"
done
