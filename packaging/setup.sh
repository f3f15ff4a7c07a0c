# Sourced by packaging/start and packaging/test: everything the clone needs, and nothing outside it but Debian packages.
#
#   set_up gate|desktop|test     a virtual environment in .venv with the pinned packages of packaging/requirements/
#   need_libraries TABLE         asks for the Debian packages of the libraries that are missing
#   need_commands TABLE          the same for commands
#
# A set-up that is already there is recognised by a stamp and costs a few milliseconds; its Python stays what it is.
# IRUSU_PYTHON names the Python of one that is to be made.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$top/.venv
system=$(uname -s)
system_python=/usr/bin/python3

say() { printf '%s\n' "$*" >&2; }
# A double-click has no terminal: what went wrong is shown in a box where a program for that is there.
fail() {
  say "irusu: $*"
  if [ -n "${show_box:-}" ] && ! [ -t 2 ] && [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    zenity --error --no-markup --title=Irusu --text="$*" 2>/dev/null ||
      kdialog --title Irusu --sorry "$*" 2>/dev/null || xmessage -center "Irusu: $*" 2>/dev/null || true
  fi
  exit 1
}

# ---------------------------------------------------------------- Debian packages

# Each line: what is looked for, then the packages that bring it, the first that this release knows is taken.
qt_libraries='
libGL.so.1           libgl1
libEGL.so.1          libegl1
libxkbcommon.so.0    libxkbcommon0
libfontconfig.so.1   libfontconfig1
libdbus-1.so.3       libdbus-1-3
libglib-2.0.so.0     libglib2.0-0t64 libglib2.0-0
libgssapi_krb5.so.2  libgssapi-krb5-2
libxcb-cursor.so.0   libxcb-cursor0
libxcb-icccm.so.4    libxcb-icccm4
libxcb-keysyms.so.1  libxcb-keysyms1
libxcb-shape.so.0    libxcb-shape0
libxcb-image.so.0    libxcb-image0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-xinerama.so.0 libxcb-xinerama0
libxcb-xkb.so.1      libxcb-xkb1
libxkbcommon-x11.so.0 libxkbcommon-x11-0
'

ldconfig_path() { command -v ldconfig || echo /sbin/ldconfig; }

need_libraries() {
  [ "$system" = Linux ] || return 0
  local known name packages missing=()
  known=$("$(ldconfig_path)" -p 2>/dev/null) || known=
  while read -r name packages; do
    [ -n "$name" ] || continue
    case "$known" in *"$name "*) ;; *) missing+=("$(first_known $packages)") ;; esac
  done <<<"$1"
  install_packages ${missing[@]+"${missing[@]}"}
}

need_commands() {
  local name packages missing=()
  while read -r name packages; do
    [ -n "$name" ] || continue
    command -v "$name" >/dev/null || [ -x "/usr/sbin/$name" ] || missing+=("$(first_known $packages)")
  done <<<"$1"
  install_packages ${missing[@]+"${missing[@]}"}
}

# A bare root has no font at all, and most have none for Japanese. Without any nothing can be read; without a Japanese one
# the window works, so where it cannot be installed one line is enough.
need_fonts() {
  [ "$system" = Linux ] || return 0
  if [ -z "$(find_fonts -name '*.[to]t[fc]')" ]; then install_packages fonts-dejavu-core; fi
  if [ -z "$(find_fonts \( -iname '*cjk*' -o -iname '*ipa*' -o -iname '*gothic*' -o -iname '*takao*' -o -iname '*vl-*' \))" ]; then
    if may_install; then install_packages fonts-ipafont-gothic; else say "No Japanese font here; for Japanese text: sudo apt-get install fonts-ipafont-gothic"; fi
  fi
}

find_fonts() {
  find /usr/share/fonts /usr/local/share/fonts ~/.fonts ~/.local/share/fonts "$@" -print -quit 2>/dev/null || true
}

# Whether packages can be installed now, or at least the question be asked.
may_install() {
  command -v apt-get >/dev/null || return 1
  [ "$(id -u)" -eq 0 ] || { command -v sudo >/dev/null && [ -t 0 ] && [ -t 2 ]; }
}

first_known() {
  local package
  for package in "$@"; do
    if [ $# -eq 1 ] || apt-cache show "$package" >/dev/null 2>&1; then echo "$package"; return; fi
  done
  shift $(($# - 1)); echo "$1"
}

install_packages() {
  [ $# -gt 0 ] || return 0
  local list="$*" as_root=()
  if ! command -v apt-get >/dev/null; then
    fail "these are missing (named as in Debian); install them with this system's package manager and start again: $list"
  fi
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "these Debian packages are missing; as root run: apt-get install $list"
    if ! { [ -t 0 ] && [ -t 2 ]; }; then
      fail "these Debian packages are missing; run: sudo apt-get install $list"
    fi
    local answer
    say "Irusu needs these Debian packages: $list"
    read -r -p "Install them now with sudo? [Y/n] " answer
    case "$answer" in "" | [yY]*) as_root=(sudo) ;; *) fail "nothing was installed; when you want to: sudo apt-get install $list" ;; esac
  fi
  say "Installing Debian packages: $list"
  local log; log=$(mktemp)
  run_apt() { ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >"$log" 2>&1; }
  # Package lists may be absent or older than what the mirror still has.
  if ! run_apt "$@" && { ! ${as_root[@]+"${as_root[@]}"} apt-get update -q >>"$log" 2>&1 || ! run_apt "$@"; }; then
    tail -n 5 "$log" >&2; rm -f "$log"
    fail "apt-get could not install: $list"
  fi
  rm -f "$log"
}

# ---------------------------------------------------------------- Python

# Those that will do, the best first, into `pythons`. IRUSU_PYTHON is the only one where it is set. On Linux the system's
# own comes before what stands first in PATH: distributions build it with PGO and LTO, which spares the gate up to a
# tenth of its CPU. On macOS /usr/bin/python3 is never run: it may be a stub that opens a dialog.
find_pythons() {
  local name path names=(python3 python3.13 python3.12 python3.11 python3.14)
  if [ -n "${IRUSU_PYTHON:-}" ]; then names=("$IRUSU_PYTHON")
  elif [ "$system" = Linux ]; then names=("$system_python" "${names[@]}"); fi
  pythons=()
  for name in "${names[@]}"; do
    path=$(command -v "$name") && ! is_stub "$path" || continue
    case " ${pythons[*]-} " in *" $path "*) continue ;; esac
    [ "$("$path" -c 'import sys; print(sys.version_info >= (3, 11))' 2>/dev/null)" = True ] && pythons+=("$path")
  done
  [ "${#pythons[@]}" -gt 0 ]
}

is_stub() { [ "$system" = Darwin ] && [ "$1" = "$system_python" ] && [ -z "${IRUSU_PYTHON:-}" ]; }

# Without python3-venv: pip runs straight from its wheel, which apt-get can fetch and dpkg unpack without being root.
borrow_pip() {
  command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 1
  local folder=$top/.cache/pip-wheel
  mkdir -p "$folder"
  (cd "$folder" && apt-get download -q python3-pip-whl >/dev/null 2>&1 && dpkg -x python3-pip-whl_*.deb .) || return 1
  find "$folder" -name 'pip-*.whl' -print -quit | grep .
}

# With the first of `pythons` that can make one as things are; only where none can is a package asked for.
make_venv() {
  local python
  for python in "${pythons[@]}"; do
    if venv_by "$python"; then return; fi
  done
  rm -rf "$venv"
  install_packages "$(python_package "${pythons[0]}")-venv"
  "${pythons[0]}" -m venv "$venv" || fail "python3 -m venv does not work here; install python3-venv (or uv) and start again"
}

venv_by() {
  local python=$1 wheel
  rm -rf "$venv"
  if "$python" -m venv "$venv" >/dev/null 2>&1 && "$venv/bin/python" -m pip --version >/dev/null 2>&1; then return; fi
  rm -rf "$venv"
  if command -v uv >/dev/null && uv venv -q --seed --python "$python" "$venv" 2>/dev/null; then return; fi
  rm -rf "$venv"
  wheel=$(borrow_pip) && "$python" -m venv --without-pip "$venv" 2>/dev/null &&
    "$venv/bin/python" "$wheel/pip" install -q --no-index --find-links "$(dirname "$wheel")" pip
}

# Debian names the package after the minor version where the interpreter is not its default one.
python_package() { case "$1" in *python3.1[0-9]) basename "$1" ;; *) echo python3 ;; esac; }

set_up() {
  local kind=$1 lock=$top/packaging/requirements/$1.txt stamp=$venv/.irusu-$1 old wanted log
  wanted=$(cksum <"$lock")
  is_set_up() { [ -x "$venv/bin/python" ] && [ -e "$stamp" ] && [ "$(cat "$stamp")" = "$wanted $top" ]; }
  if is_set_up; then return; fi
  # Two starts at once (a double-click too many): the second waits for the first.
  if ! { mkdir -p "$top/.cache" && : >>"$top/.cache/set-up.lock"; } 2>/dev/null; then
    fail "$top belongs to another user and cannot be set up from here: start it as that user, or make a clone of your own"
  fi
  if command -v flock >/dev/null; then exec 9>"$top/.cache/set-up.lock"; flock 9; fi
  if is_set_up; then exec 9>&-; return; fi
  if ! find_pythons; then
    if [ -n "${IRUSU_PYTHON:-}" ]; then fail "IRUSU_PYTHON is $IRUSU_PYTHON, which is no Python 3.11 or newer"; fi
    old=$(command -v python3) && ! is_stub "$old" &&
      fail "$(python3 --version) is too old: Irusu needs Python 3.11 or newer (python3.11 or later on the PATH)"
    install_packages python3 python3-venv
    find_pythons || fail "Irusu needs Python 3.11 or newer; this system's python3 is $(python3 --version 2>&1)"
  fi
  # A clone that was moved, or whose Python went away, has an environment that no longer works.
  if [ "$(cat "$venv/.irusu-place" 2>/dev/null)" != "$top" ] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    say "Setting up Irusu in $venv (once)…"
    make_venv
    echo "$top" >"$venv/.irusu-place"
  fi
  say "Fetching the pinned packages ($kind)…"
  log=$(mktemp)
  if ! "$venv/bin/python" -m pip install -q --disable-pip-version-check --no-input --only-binary :all: \
    --require-hashes -r "$lock" >"$log" 2>&1; then
    grep -v '^WARNING' "$log" | tail -n 5 >&2; rm -f "$log"
    fail "pip could not install the packages of $lock (is the network there?)"
  fi
  rm -f "$log"
  # The clone itself is on the path of its own environment: no build, and an edit is there at the next start.
  "$venv/bin/python" - "$top" <<'PY'
import pathlib, sys, sysconfig
pathlib.Path(sysconfig.get_path("purelib"), "irusu-checkout.pth").write_text(sys.argv[1] + "\n")
PY
  echo "$wanted $top" >"$stamp"
  exec 9>&-
}
