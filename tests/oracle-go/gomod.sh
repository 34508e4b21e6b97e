#!/usr/bin/env bash
# Writes a go.mod of our own for one Kubernetes release, on which a program of ours can import k8s.io/kubernetes.
#
# usage: gomod.sh VERSION MODULE-NAME FOLDER        (VERSION like 1.37.2; the file is FOLDER/go.mod)
#
# `go install k8s.io/kubernetes/...` is refused because of that module's replace directives. The way round it: take
# the release's own go.mod (every library at the version the release was built with: cel-go, go-jose and go-oidc
# decide error texts), give each staging module, which it requires at v0.0.0, its published version (v1.N.P is
# v0.N.P there), and keep the `go` and `godebug` lines, which decide Go's own defaults.
# k8s.io/sample-apiserver is required but never imported, and not served for every release: an empty folder stands for it.
set -euo pipefail

version=${1:?usage: gomod.sh VERSION MODULE-NAME FOLDER}
name=${2:?usage: gomod.sh VERSION MODULE-NAME FOLDER}
folder=${3:?usage: gomod.sh VERSION MODULE-NAME FOLDER}
[[ $version =~ ^1\.[0-9]+\.[0-9]+$ ]] || { echo "gomod.sh: not a release: $version" >&2; exit 2; }
staging=v0.${version#1.}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
printf 'module scratch\n\ngo 1.22\n' >"$scratch/go.mod"
released=$(cd "$scratch" && go list -m -f '{{.GoMod}}' "k8s.io/kubernetes@v$version")

awk -v name="$name" -v version="$version" -v staging="$staging" '
  /^module /  { print "module " name; next }
  /^replace / { skipping = ($2 == "("); next }
  skipping    { if ($0 == ")") skipping = 0; next }
  /^\/\//     { next }
  $2 == "v0.0.0" && $1 ~ /^k8s\.io\// { replaced[++count] = $1 }
  { print }
  END {
    print "\nrequire k8s.io/kubernetes v" version "\n\nreplace ("
    for (i = 1; i <= count; i++) {
      if (replaced[i] == "k8s.io/sample-apiserver") print "\t" replaced[i] " => ./unused"
      else print "\t" replaced[i] " => " replaced[i] " " staging
    }
    print ")"
  }' "$released" >"$folder/go.mod"
mkdir -p "$folder/unused"
echo 'module k8s.io/sample-apiserver' >"$folder/unused/go.mod"
