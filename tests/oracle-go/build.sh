#!/usr/bin/env bash
# Builds the oracle for one Kubernetes release and prints the path of the binary; does nothing if it is there already.
#
# usage: build.sh VERSION        (VERSION like 1.37.2; 1.30 to 1.37)
#
# Everything is kept outside the checkout, in ${XDG_CACHE_HOME:-$HOME/.cache}/oidc-doctor-lab/VERSION/. The first
# build of a release takes minutes, the next ones seconds.
set -euo pipefail

version=${1:?usage: build.sh VERSION}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/oidc-doctor-lab/$version
module=$cache/oracle
binary=$cache/oracle-go

key=$(cat "$here/main.go" "$here/gomod.sh" "$here/build.sh" <(go version) | sha256sum | cut -d' ' -f1)
if [[ -x $binary && $(cat "$module/built-from" 2>/dev/null) == "$key" ]]; then
  echo "$binary"
  exit
fi

mkdir -p "$module"
exec 9>"$module/lock"
flock 9 # two builds of one release at once would write over each other
cp "$here/main.go" "$module/main.go"
"$here/gomod.sh" "$version" oidc-doctor-oracle "$module"
(cd "$module" && go build -mod=mod -ldflags "-X main.release=$version" -o "$binary.new" .) >&2
mv "$binary.new" "$binary"
echo "$key" >"$module/built-from"
echo "$binary"
