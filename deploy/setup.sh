#!/bin/sh
# Installs what the kit and its lab need, and says what: npm packages, and the Debian packages whose programs are missing.
# Without root the Debian packages cannot be installed: the one line to run is printed and the exit code is 71.
set -eu
here=$(dirname "$(dirname "$(readlink -f "$0")")")

# program:package, the programs that the lab, its drills and its tests run.
programs="bird:bird2 gobgpd:gobgpd nsd:nsd dig:bind9-dnsutils ldns-signzone:ldnsutils ip:iproute2 nft:nftables iptables:iptables
  ps:procps unshare:util-linux nsenter:util-linux setpriv:util-linux"
# More of them may be named as arguments: what a measurement compares the kit with.
programs="$programs $*"

if [ ! -d "$here/node_modules/node" ] || [ "$here/package-lock.json" -nt "$here/node_modules/.package-lock.json" ]; then
  command -v npm >/dev/null || {
    echo "setup: npm is missing; install Node.js 20 or newer with npm first" >&2
    exit 71
  }
  echo "setup: installing npm packages into node_modules (npm ci)"
  (cd "$here" && npm ci --no-audit --no-fund --loglevel=error)
  touch "$here/node_modules/.package-lock.json"
fi

missing=
for pair in $programs; do
  # Many of these programs live in sbin, which an ordinary user's PATH leaves out.
  PATH=$PATH:/usr/sbin:/sbin command -v "${pair%%:*}" >/dev/null || case " $missing " in
  *" ${pair#*:} "*) ;;
  *) missing="$missing ${pair#*:}" ;;
  esac
done
[ -n "$missing" ] || exit 0

install="apt-get install --no-install-recommends -y$missing"
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "setup: these Debian packages are missing; install them, then try again:" >&2
  echo "  sudo $install" >&2
  exit 71
fi

echo "setup: installing Debian packages:$missing (their system services are left off)"
# A package's own service must not take port 53 or 179 of this machine: invoke-rc.d asks this file first.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT INT TERM
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
fi
log=$(mktemp)
if ! { apt-get update && DEBIAN_FRONTEND=noninteractive $install; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "setup: apt-get failed; its output is in $log" >&2
  exit 71
fi
rm -f "$log"
