#!/bin/sh
# Every reason of a verdict has its sentence in both languages and its row in src/verify/README.md, with the same verdict.
set -u
bad=
for row in $(sed -n 's/.*X("\([^"]*\)", \([A-Z]*\),.*/\1=\2/p' src/verify/reasons.h); do
	id=${row%=*}
	case ${row#*=} in
	INVALID) verdict=invalid ;;
	INCONCLUSIVE) verdict=inconclusive ;;
	OUTDATED) verdict=valid_outdated_algorithm ;;
	*) verdict='(told only)' ;;
	esac
	for lang in vi en; do
		grep -A1 "^msgid \"verify\.$id\"$" "locale/$lang.po" | grep -q '^msgstr "..*"$' || bad="$bad $lang:$id"
	done
	grep -qF "| \`$id\` | $verdict |" src/verify/README.md || bad="$bad README:$id"
done
[ -n "$(sed -n 's/.*X("\([^"]*\)".*/\1/p' src/verify/reasons.h)" ] || bad=" no reasons found"
if [ -n "$bad" ]; then
	echo "not ok reasons have words:$bad"
else
	echo "ok reasons have words"
fi
