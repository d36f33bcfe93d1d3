#!/bin/sh
# What is written about the programs against the programs: options, configuration keys, exit codes, the walks' language; files and links
# that documents name; the man pages' own grammar.
set -u
cd "$(dirname "$0")/../.." || exit 1
W=$(mktemp -d)
trap 'rm -rf "$W"' EXIT

# check NAME FILE: ok when FILE, a list of faults, is empty
check() {
	if [ -s "$2" ]; then
		echo "not ok $1: $(sort -u "$2" | tr '\n' ' ')"
	else
		echo "ok $1"
	fi
}

# ---- options ------------------------------------------------------------------------------------------------------------
# Accepted: a literal of its own, or a row of getopt_long. Named in words: any other literal that holds it.
accepted() {
	grep -hoE '"--?[a-z][a-z-]*="|"--[a-z][a-z-]*"|"-[a-z]"' "$@" | tr -d '"='
	grep -hoE '\{ "[a-z-]+", (required|no)_argument' "$@" | sed -E 's/\{ "([a-z-]+)".*/--\1/'
}
in_words() {
	grep -hE '^[[:space:]]*(static const char|"|fputs\("|.*usage\("|.*_usage\(")' "$@" | grep -oE '(^|[^-"a-z])--[a-z][a-z-]+' | sed 's/^[^-]//'
}
# A page's own options: the first word of the line after .TP
defined() { awk '/^\.TP/ { getline; print }' "$@" | sed 's/\\-/-/g' | grep -oE '^\.(B|BI|BR) --?[a-z][a-z-]*' | sed 's/^[^ ]* //'; }

options() {
	page=$1
	shift
	accepted "$@" | sort -u >"$W/accepted"
	in_words "$@" | sort -u >"$W/words"
	defined "src/man/$page" | sort -u >"$W/defined"
	comm -23 "$W/accepted" "$W/defined" >"$W/faults"
	[ -s "$W/accepted" ] || echo "none found in the code" >"$W/faults"
	check "$page has every option that is accepted" "$W/faults"
	comm -13 "$W/accepted" "$W/defined" >"$W/faults"
	check "$page has no option that is not" "$W/faults"
	comm -13 "$W/accepted" "$W/words" >"$W/faults"
	check "usage text of $page names no option that is not accepted" "$W/faults"
}
options tramky.1 src/main/tramky.c src/main/tramky_*.c
for c in $(grep -oE '^[[:space:]]*\{ "[a-z]+", [a-z_]+, (true|false) \}' src/main/tramky.c | cut -d'"' -f2); do
	sed -n '/^\.SH SYNOPSIS/,/^\.SH DESC/p' src/man/tramky.1 | grep -q "tramky $c" || echo "$c"
done >"$W/faults"
check "tramky.1 has every command" "$W/faults"
options tramky-sandbox.1 src/main/tramky-sandbox.c
options tramky-walk.1 tests/walk/main.c

# ---- the language of the walks ------------------------------------------------------------------------------------------------
grep -hoE 'strcmp\(command, "[a-z-]+"' tests/walk/*.c | cut -d'"' -f2 | sort -u >"$W/code"
sed -n '/^\.SH GRAMMAR/,/^\.SH ENVIRONMENT/p' src/man/tramky-walk.1 | awk '/^\.TP/ { getline; print }' | sed -E 's/^\.[BIR]+ "?([a-z-]+).*/\1/' | sort -u >"$W/page"
comm -3 "$W/code" "$W/page" | tr -d '\t' >"$W/faults"
check "tramky-walk.1 has the words of tests/walk" "$W/faults"
for v in $(grep -hoE '"\$[a-z-]+"' tests/walk/*.c | tr -d '"' | sort -u); do
	sed 's/\\-/-/g' src/man/tramky-walk.1 | grep -qF -- "$v" || echo "$v"
done >"$W/faults"
check "tramky-walk.1 has what can be typed for a person" "$W/faults"

# ---- configuration -----------------------------------------------------------------------------------------------------------------
yaml=src/man/tramky.yaml.5
{
	grep -rhoE '(config_(str|int|is|at|need|path)|wait_ms)\([^",]+, "[a-z_.]+"' src --include=*.c
	grep -rhoE 'setting\(c, section, "[a-z_]+"' src/net
	grep -rhoE 'provider_text\(w, [^,]+, "[a-z_]+"' src/wizard
	grep -rhoE '"%s\.[a-z_]+[".]' src/sign
} | sed -E 's/.*"(%s\.)?([a-z_.]+)[".]$/\2/; s/^signing\.neac\.//; s/\.$//' | sort -u >"$W/keys"
# a key of a section ("tsa.url") may stand there as the section and the key
named() { grep -qE "(^|[^a-z_.])$(echo "$1" | sed 's/\./\\./g')([^a-z_]|\$)" $yaml; }
for k in $(cat "$W/keys"); do
	named "$k" || { named "${k%%.*}" && named "${k##*.}"; } || echo "$k"
done >"$W/faults"
[ -s "$W/keys" ] || echo "no key found in the code" >"$W/faults"
check "tramky.yaml.5 has every key that the code asks for" "$W/faults"
awk '/^\.SH EXAMPLE/ { exit } /^\.TP/ { getline; print }' $yaml | sed -E 's/" of [^"]*"//g; s/, and / , /g' | grep -oE '[a-z_][a-z_.]{2,}' | sort -u >"$W/page"
for k in $(cat "$W/page"); do
	grep -rqE "[\".]$(echo "$k" | sed 's/\./\\./g')[\".]" src --include=*.c || echo "$k"
done >"$W/faults"
check "tramky.yaml.5 has no key that the code does not know" "$W/faults"

# ---- exit codes --------------------------------------------------------------------------------------------------------------------
grep -E '^[[:space:]]*X\(' src/base/err.h | grep -oE '[0-9]+\)' | tr -d ')' | sort -u >"$W/code"
sed -n '/^\.SH EXIT/,/^\.SH ENV/p' src/man/tramky.1 | grep -oE '^\.B [0-9]+$' | cut -d' ' -f2 | sort -u >"$W/page"
comm -3 "$W/code" "$W/page" | tr -d '\t' >"$W/faults"
check "tramky.1 has the exit codes of err.h" "$W/faults"

# ---- papers that comments name are there for readers -----------------------------------------------------------------------------------
grep -rnoE '(^|[^A-Za-z0-9_.>])[A-Za-z0-9_./-]*[a-z-]{3,}\.md\b' src tests/unit tests/walk screens locale --include=*.[ch] --include=*.yaml --include=*.po |
	sed -E 's/^([^:]*):([0-9]+):[^A-Za-z.]?/\1 \2 /' | while read -r file line paper; do
		[ -e "$paper" ] || [ -e "$(dirname "$file")/$paper" ] || [ "$paper" = to/README.md ] || echo "$file:$line:$paper"
	done >"$W/faults"
check "papers that comments name are in the project" "$W/faults"

# ---- files and links ------------------------------------------------------------------------------------------------------------------
documents=$(find . -name '*.md' -not -path './build/*' -not -path './.git/*')
for d in $documents; do
	sed 's/`[^`]*`//g' "$d" | grep -oE '\]\([^)#: ]+[^): ]*\)' | sed -E 's/^\]\(//; s/\)$//; s/#.*//' | while read -r to; do
		[ -e "$(dirname "$d")/$to" ] || echo "$d:$to"
	done
done >"$W/faults"
check "every relative link leads somewhere" "$W/faults"
for d in README.md CONTRIBUTING.md SECURITY.md tests/README.md screens/README.md; do
	grep -oE '`[^`]+`' "$d" | tr -d '`' | tr ' ' '\n' | grep -E '^\.?(src|tests|screens|locale|ci|unit|walk|provinces|forms|citizen)/[A-Za-z0-9._/-]+$' |
		grep -vE 'ROOM|NAME|CODE|/ID|/DIR' | while read -r f; do
			[ -e "$f" ] || [ -e "$(dirname "$d")/$f" ] || echo "$d:$f"
		done
done >"$W/faults"
check "every file that the documents name is there" "$W/faults"
{ grep -q '^## ' CHANGELOG.md && grep -q '^- ' CHANGELOG.md || echo "no entry"; } >"$W/faults"
check "CHANGELOG has an entry" "$W/faults"

# ---- the pages themselves -----------------------------------------------------------------------------------------------------------
for page in src/man/*.[1-8]; do
	if command -v groff >/dev/null && command -v preconv >/dev/null; then
		groff -t -man -ww -z -Kutf8 -Tutf8 "$page" >"$W/faults" 2>&1
		check "$(basename "$page") is clean to groff" "$W/faults"
	else
		echo "skip $(basename "$page") is clean to groff: no groff here"
	fi
done
