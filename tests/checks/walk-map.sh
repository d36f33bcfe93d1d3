#!/bin/sh
# tests/walks/README.md names for every step of guides A and B, and for E3.3, a line of a walk: that line must be about that step.
set -u
cd "$(dirname "$0")/../.." || exit 1
command -v python3 >/dev/null || { echo "skip walk-map: python3 is not installed"; exit 0; }
python3 - <<'END'
import glob, os, re
rows = {}
text = open("tests/walks/README.md", encoding="utf-8").read()
for line in text.splitlines():
    m = re.match(r"\| ([AB]\d[\w.]*|E3\.3) \|[^|]*\| ([^|]*) \|$", line)
    if m:
        rows[m.group(1)] = m.group(2)
steps = ["A1.1", "A1.2", "A2"] + ["A2." + x for x in "1 2 3 4a 4b 4c 4d 4e 5".split()] + ["A3.%d" % n for n in range(1, 12)]
steps += ["A4.1", "A4.2", "A4.3"] + ["B%d" % n for n in (1, 2, 3, 4, 6, 7, 8, 9)] + ["B5" + x for x in "abcdefg"] + ["E3.3"]
for step in steps:
    if step not in rows:
        print("not ok walk-map %s: no row" % step)
        continue
    if rows[step].startswith("later: "):
        print("ok walk-map %s is said to come later" % step)
        continue
    bad = []
    for where in rows[step].split("<br>"):
        name, number = where.rsplit(":", 1)
        lines = open("tests/walks/" + name, encoding="utf-8").read().splitlines()
        line = lines[int(number) - 1] if int(number) <= len(lines) else ""
        if not re.search(r"#.*\b%s(?![\w.])" % re.escape(step), line):
            bad.append(where)
    print("not ok walk-map %s: not there: %s" % (step, ", ".join(bad)) if bad else "ok walk-map %s" % step)
missing = [os.path.basename(f) for f in glob.glob("tests/walks/*.walk") if os.path.basename(f) not in text]
print("not ok walk-map every walk is listed: %s" % ", ".join(missing) if missing else "ok walk-map every walk is listed")
END
