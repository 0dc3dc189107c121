#!/usr/bin/env bash
# Makes sure that what a make target needs is installed: a C compiler to build; PostgreSQL's server and a Python
# environment with pyiceberg to test. Installs Debian packages when run as root, and says what to install otherwise.
set -euo pipefail
cd "$(dirname "$0")/.."

need_go() {
  command -v go >/dev/null || { echo "hosu needs Go 1.26 or newer: https://go.dev/dl" >&2; exit 1; }
}

# debian PACKAGE... installs packages, or says how.
debian() {
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing $*" >&2
    apt-get update -qq >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
  else
    echo "missing: please install $* (Debian: apt-get install $*)" >&2
    exit 1
  fi
}

have_postgres() { compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null; }

need_go
command -v cc >/dev/null || debian gcc libc6-dev
command -v g++ >/dev/null || debian g++

if [ "${1:-}" = test ]; then
  have_postgres || debian postgresql
  command -v psql >/dev/null || debian postgresql-client
  python=.cache/python/bin/python
  stamp=.cache/python/requirements.txt
  if ! cmp -s scripts/requirements.txt "$stamp"; then
    command -v python3 >/dev/null || debian python3 python3-venv
    rm -rf .cache/python && mkdir -p .cache
    python3 -m venv .cache/python || { debian python3-venv && python3 -m venv .cache/python; }
    "$python" -m pip install -q --disable-pip-version-check -r scripts/requirements.txt
    cp scripts/requirements.txt "$stamp"
  fi
fi
