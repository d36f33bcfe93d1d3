#!/bin/sh
# The guards guarded: tests/arrows finds an arrow that is not allowed, and tests/run counts what fails, hangs or dies.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# check NAME WANTED-TEXT OUTPUT: ok when the output holds the text
check() {
	case "$3" in
	*"$2"*) echo "ok $1" ;;
	*) echo "not ok $1: no \"$2\" in: $(echo "$3" | tail -3 | tr '\n' ' ')" ;;
	esac
}

# --- arrows, in a small house of its own
house=$work/house
mkdir -p "$house/src/ui" "$house/src/wizard" "$house/src/base" "$house/src/attic" "$house/tests"
cp "$root/tests/arrows" "$root/tests/run" "$house/tests/"
cat > "$house/src/README.md" <<'END'
```arrows
wizard -> base
ui -> base
```
```libraries
png.h openssl/ -> base/seal.c ui
```
END
: > "$house/src/base/err.h"
: > "$house/src/wizard/step.h"
echo '#include "base/err.h"' > "$house/src/ui/good.c"
echo '#include <openssl/evp.h>' > "$house/src/base/seal.c"
out=$("$house/tests/arrows" 2>&1) && check "arrows are quiet in a tidy house" "" "$out" || echo "not ok arrows are quiet in a tidy house: $out"

offence() { # NAME FILE LINE WANTED
	mkdir -p "$(dirname "$house/src/$2")"
	echo "$3" > "$house/src/$2"
	out=$("$house/tests/arrows" 2>&1) && out="it said nothing"
	check "$1" "$4" "$out"
	rm "$house/src/$2"
}
offence "a forbidden arrow is found" ui/bad.c '#include "wizard/step.h"' 'src/ui/bad.c:1: wizard/step.h: no arrow ui -> wizard'
offence "an indented include is found" ui/bad.c ' #  include "wizard/step.h"' 'no arrow ui -> wizard'
offence "an arrow by angle brackets is found" ui/bad.c '#include <wizard/step.h>' 'no arrow ui -> wizard'
offence "a library outside its file is found" base/other.c '#include <openssl/evp.h>' 'src/base/other.c:1: openssl/evp.h: belongs to base/seal.c ui'
offence "a library outside its room is found" wizard/bad.c '#include <png.h>' 'belongs to base/seal.c ui'
offence "a room that is not in the table is found" attic/x.c 'int x;' 'the room attic is not in the table'
offence "a header that is not there is found" ui/bad.c '#include "base/none.h"' 'no such file'
sed -i 's/^ui -> base/ui -> base\nbase -> wizard/' "$house/src/README.md"
out=$("$house/tests/arrows" 2>&1)
check "a circle of arrows is found" "run in a circle" "$out"

# --- the runner, over programs that speak as cmocka does
mkdir -p "$house/tests/unit" "$house/tests/checks" "$house/tests/walks" "$house/b/tests"
program() { # NAME, script on stdin
	: > "$house/tests/unit/$1.c"
	{ echo '#!/bin/sh'; cat; } > "$house/b/tests/$1"
	chmod +x "$house/b/tests/$1"
}
run() { B=b SAN= "$house/tests/run" "$@" 2>&1; }

out=$(run unit)
check "nothing run is no success" "0 passed, 0 failed" "$out"
run unit >/dev/null && echo "not ok nothing run ends with 1: it ended with 0" || echo "ok nothing run ends with 1"

program a_good <<'END'
echo '[==========] Running 2 test(s).'
printf '[ RUN      ] one\n[       OK ] one\n[ RUN      ] two\nnoise[       OK ] two\n'
END
check "passing tests are counted" "2 passed, 0 failed" "$(run unit)"
program a_skip <<'END'
printf '[==========] Running 1 test(s).\n[ RUN      ] one\n[  SKIPPED ] one\n'
END
check "skipped tests are listed" "skipped unit a_skip: one" "$(run unit)"
check "a room can be chosen" "0 passed, 0 failed" "$(run unit zz)"
program a_dies <<'END'
printf '[==========] Running 3 test(s).\n[ RUN      ] one\n[       OK ] one\n[ RUN      ] two\nlast words\n'
kill -SEGV $$
END
out=$(run unit)
check "a crash names the test that did not come back" "two did not come back" "$out"
check "a crash is shown with its last words" "last words" "$out"
check "a crash counts its signal and what never ran" "3 passed, 3 failed, 1 skipped" "$out"
rm "$house/tests/unit/a_dies.c"
program a_hangs <<'END'
printf '[==========] Running 1 test(s).\n[ RUN      ] one\n'
sleep 1000
END
check "a program that hangs is ended" "not done after 1 s" "$(LIMIT=1 run unit)"
rm "$house/tests/unit/a_hangs.c"
program a_lies <<'END'
printf '[==========] Running 1 test(s).\n[ RUN      ] one\n[       OK ] one\n'
exit 3
END
check "a program that ends badly failed, whatever it printed" "ended with 3" "$(run unit)"
rm "$house/tests/unit/a_lies.c"
: > "$house/tests/unit/a_missing.c"
check "a program that was not built failed" "not built" "$(run unit)"
rm "$house/tests/unit/a_missing.c"

printf '#!/bin/sh\necho ok one\necho "not ok two: why not"\necho "skip three: no printer"\n' > "$house/tests/checks/c.sh"
check "a check that may not run failed" "not executable" "$(run checks)"
chmod +x "$house/tests/checks/c.sh"
check "check lines are counted" "1 passed, 1 failed, 1 skipped" "$(run checks)"
printf '#!/bin/sh\necho ok one\n(sleep 1000) &\n' > "$house/tests/checks/c.sh"
check "a helper left behind keeps nobody waiting" "1 passed, 0 failed" "$(run checks)"
printf '#!/bin/sh\nexit 0\n' > "$house/tests/checks/c.sh"
check "a check without lines failed" "it checked nothing" "$(run checks)"
echo 'see "x"' > "$house/tests/walks/w.walk"
printf '#!/bin/sh\ngrep -q see "$1"\n' > "$house/b/tramky-walk"
chmod +x "$house/b/tramky-walk"
check "a walk counts" "1 passed, 0 failed" "$(run walks)"
echo 'nothing' > "$house/tests/walks/w.walk"
check "a walk that fails counts" "0 passed, 1 failed" "$(run walks)"
