#!/bin/sh
# One door to everything: sets up what is needed, without root and once, then runs what was asked. See README.md.
#   ./do demo | test | lint | format | lock | reference | docs | bench NAME [--quick] [--json] | soak NAME
#   ./do NAME ARGS   anything else is a command of yilu
# Variables: YILU_UV (the uv to use), YILU_VENV (the environment, .venv), YILU_PYTHON (the Python, 3.11 or newer).
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cd -- "$root"
venv=${YILU_VENV:-.venv}
lock=requirements/lock.txt
bench_lock=requirements/bench.txt

say() { printf '%s\n' "$*" >&2; }
fail() { say "✗ $1"; say "  → $2"; exit 2; }

# A Python that can bring uv. Any 3.8 would do for that; yilu itself gets 3.11 or newer from uv.
bootstrap_python() {
    for name in ${YILU_PYTHON:-} python3 python3.11 python3.12 python3.13 python3.14 python; do
        if command -v "$name" >/dev/null 2>&1 && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    fail "no Python 3 found" "Install Python 3.11 or newer (Debian: the package python3), or set YILU_UV to a uv program."
}

# uv into ./.uv, in the first way that works here: pip beside the Python (Debian guards its own folders, ours is another one),
# a virtual environment, a virtual environment with pip unpacked into it, Debian's pip unpacked without installing it.
install_uv() {
    python=$(bootstrap_python)
    say "· installing uv into .uv (once)"
    mkdir -p .uv
    if "$python" -m pip --version >/dev/null 2>&1; then
        if pip_install "$python" --target .uv || pip_install "$python" --break-system-packages --target .uv; then return; fi
    fi
    if "$python" -m venv .uv/made >>.uv/log 2>&1 ||
        { "$python" -m venv --without-pip .uv/made && .uv/made/bin/python -m ensurepip; } >>.uv/log 2>&1; then
        if pip_install .uv/made/bin/python; then
            mkdir -p .uv/bin
            ln -sf ../made/bin/uv .uv/bin/uv
            return
        fi
    fi
    if (cd .uv && apt-get download python3-pip-whl && dpkg -x python3-pip-whl_*.deb deb) >>.uv/log 2>&1; then
        wheel=$(echo "$root"/.uv/deb/usr/share/python-wheels/pip-*.whl)
        if PYTHONPATH=$wheel pip_install "$python" --target .uv; then return; fi
    fi
    tail -n 5 .uv/log >&2
    fail "uv could not be installed with $python" \
        "Give Python pip or venv (Debian: python3-pip or python3-venv), reach a package index, or set YILU_UV. Log: .uv/log"
}

pip_install() {
    with=$1
    shift
    "$with" -m pip install --quiet --disable-pip-version-check --upgrade "$@" 'uv>=0.11,<1' >>.uv/log 2>&1
}

# uv's own variables and files stand first; where they say nothing, what pip was told on this machine is used, for uv doesn't ask it.
mirrors() {
    export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}"
    told=
    if python=$(bootstrap_python 2>/dev/null); then told=$("$python" -m pip config list 2>/dev/null) || told=; fi
    certificates=$(pip_says cert)
    if [ -z "${SSL_CERT_FILE:-}" ] && [ -f "$certificates" ]; then export SSL_CERT_FILE="$certificates"; fi
    index=$(pip_says index-url)
    if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}${UV_CONFIG_FILE:-}" ] && [ -n "$index" ]; then
        export UV_DEFAULT_INDEX="$index"
    fi
}

# One value out of `pip config list`, its variables before its files.
pip_says() {
    for place in :env: install global; do
        value=$(printf '%s\n' "$told" | sed -n "s/^$place\.$1='\(.*\)'\$/\1/p")
        if [ -n "$value" ]; then printf '%s' "$value"; return; fi
    done
}

find_uv() {
    if [ -n "${YILU_UV:-}" ]; then
        uv=$(command -v "$YILU_UV") || fail "YILU_UV=$YILU_UV is no program" "Correct YILU_UV or unset it."
    elif uv=$(command -v uv) && "$uv" --version >/dev/null 2>&1; then
        :
    else
        uv=$root/.uv/bin/uv
        "$uv" --version >/dev/null 2>&1 || install_uv
    fi
    mirrors
}

# The environment, made again only when the lock or the project file changed.
stamp() { cat $lock $bench_lock pyproject.toml do | cksum; }

install() {
    "$uv" pip install --quiet --python "$venv/bin/python" --require-hashes --no-build -r "$1" ||
        fail "the packages of $1 could not be installed" "Look at the lines above; the same command goes on where it was."
}

set_up() {
    if [ -x "$venv/bin/python" ] && [ "$(cat "$venv/yilu-stamp" 2>/dev/null)" = "$(stamp)" ]; then return; fi
    find_uv
    say "· setting up $venv (once; again when the lock changes)"
    if [ ! -x "$venv/bin/python" ]; then
        "$uv" venv --quiet --clear --no-project --python "${YILU_PYTHON:->=3.11,<3.15}" "$venv" ||
            fail "no Python 3.11 or newer" "Install one (Debian 12: the package python3), or set YILU_PYTHON to its path."
    fi
    install $lock
    "$uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation --editable . ||
        fail "yilu itself could not be installed" "Look at the lines above."
    stamp >"$venv/yilu-stamp"
}

# The engines that benchmarks compare with weigh more than all else: they come with the first benchmark.
set_up_bench() {
    if [ "$(cat "$venv/yilu-bench-stamp" 2>/dev/null)" = "$(stamp)" ]; then return; fi
    find_uv
    say "· adding the engines to compare with (once)"
    install $bench_lock
    stamp >"$venv/yilu-bench-stamp"
}

compile() {
    "$uv" pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
        --no-annotate --no-header --quiet "$@"
}

relock() {
    find_uv
    compile --extra dev --extra docs --output-file $lock "$@"
    compile --extra bench --constraint $lock --output-file $bench_lock "$@"
}

lint() {
    status=0
    "$venv/bin/ruff" check . || status=1
    "$venv/bin/ruff" format --check --quiet . || { say "✗ not formatted; run: ./do format"; status=1; }
    "$venv/bin/mypy" || status=1
    "$venv/bin/lint-imports" || status=1
    return $status
}

module_of() { printf '%s' "$1" | tr - _; }

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
lock) relock "$@"; exit ;;
esac
set_up
case $command in
test) lint && exec "$venv/bin/python" -m pytest -n 2 "$@" ;;
lint) lint ;;
format) "$venv/bin/ruff" check --fix . && "$venv/bin/ruff" format . ;;
reference) exec "$venv/bin/python" -m yilu.cli.reference "$@" ;;
docs) NO_MKDOCS_2_WARNING=1 exec "$venv/bin/python" -m mkdocs build --strict "$@" ;;
bench | soak)
    [ $# -gt 0 ] || fail "./do $command needs a name" "See the folder benchmarks/."
    module=$(module_of "$1")
    [ "$command" = bench ] || module=soak_$module
    [ -f "benchmarks/$module.py" ] || fail "there is no benchmarks/$module.py" "See the folder benchmarks/."
    shift
    set_up_bench
    exec "$venv/bin/python" -m "benchmarks.$module" "$@"
    ;;
'') exec "$venv/bin/yilu" --help ;;
*) exec "$venv/bin/yilu" "$command" "$@" ;;
esac
