#!/bin/sh
# make gallery: draws the pictures of docs/gallery from real runs of a minute or less.
set -eu
cd "$(dirname "$0")/.."
liptrack=bin/liptrack
out=docs/gallery
runs=$(mktemp -d)
trap 'rm -rf "$runs"' EXIT

"$liptrack" train configs/quick.yaml --dir "$runs" --quiet >/dev/null
"$liptrack" sweep configs/demo.yaml --dir "$runs" --quiet stop.epochs=2000 model.hidden=2,4,8,12,16,24,32,64,128 >/dev/null

mkdir -p "$out"
go run ./scripts/gallery "$runs" "$out" "$liptrack"
for experiment in quick demo; do
	"$liptrack" report "$runs/$experiment" --png "$runs/figures-$experiment" --svg "$runs/figures-$experiment" >/dev/null
	cp "$runs/figures-$experiment/paper.svg" "$out/paper-$experiment.svg"
done
cp "$runs/figures-quick/jacobian.png" "$out/jacobian-paper.png"
du -ch "$out"/* | tail -n 1
