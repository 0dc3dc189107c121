#!/usr/bin/env bash
# Makes sure that what a make target needs is installed, by the words it is given: always a C compiler; for `test`
# PostgreSQL's server and a Python environment with pyiceberg; for `web` Node.js and the packages of the web interface; for
# `browser` Chromium and a Korean font. Installs Debian packages when run as root, and says what to install otherwise.
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

need_test() {
  have_postgres || debian postgresql
  command -v psql >/dev/null || debian postgresql-client
  local python=.cache/python/bin/python stamp=.cache/python/requirements.txt
  if ! cmp -s scripts/requirements.txt "$stamp"; then
    command -v python3 >/dev/null || debian python3 python3-venv
    rm -rf .cache/python && mkdir -p .cache
    python3 -m venv .cache/python || { debian python3-venv && python3 -m venv .cache/python; }
    "$python" -m pip install -q --disable-pip-version-check -r scripts/requirements.txt
    cp scripts/requirements.txt "$stamp"
  fi
}

need_web() {
  command -v node >/dev/null && command -v npm >/dev/null || debian nodejs npm
  node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' || {
    echo "Node.js $(node -v) is too old for the web interface: please install Node.js 20.19 or newer from https://nodejs.org" >&2
    exit 1
  }
  # As scripts/web.sh does, which may have been here before.
  if ! cmp -s web/package-lock.json web/node_modules/.hosu-lock; then
    (cd web && npm ci --no-audit --no-fund --loglevel=error && cp package-lock.json node_modules/.hosu-lock)
  fi
}

need_browser() {
  if [ -z "${CHROMIUM:-}" ] && ! command -v chromium chromium-browser google-chrome google-chrome-stable >/dev/null; then debian chromium; fi
  # Without a Korean font the browser draws boxes where the interface's own font has nothing.
  command -v fc-list >/dev/null || debian fontconfig
  [ -n "$(fc-list :lang=ko family)" ] || debian fonts-noto-cjk
}

for need in "$@"; do
  case $need in
    build) ;;
    test) need_test ;;
    web) need_web ;;
    browser) need_browser ;;
    *) echo "setup.sh: nothing is called $need" >&2; exit 2 ;;
  esac
done
