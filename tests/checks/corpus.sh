#!/bin/sh
# Verdicts over other people's files, when that folder lies beside the project: as they are, and with the roots that the files
# themselves bring along, so that an unknown issuer saves nobody; and signed by us.
B=${B:-build}
dir=../shared/corpus/pdf
if [ ! -e "$dir/MANIFEST.tsv" ]; then
	echo "skip corpus: no $dir"
	exit 0
fi
signing=--sign
for tool in pdfsig pdfinfo openssl; do
	command -v $tool >/dev/null || { echo "skip corpus --sign: $tool is not installed"; signing=; break; }
done
for how in "" "--own-roots" "--own-roots --integrity" $signing; do
	name="corpus${how:+ $how}"
	# shellcheck disable=SC2086
	if out=$(B=$B timeout 120 tests/corpus "$dir" $how); then
		echo "ok $name"
	else
		echo "$out"
		echo "not ok $name: $(echo "$out" | grep -c "^wrong") files wrong"
	fi
done
