#!/bin/sh
# Every screen, in both languages, at 80x24 and in the large mode at 40x12, is the one that was looked at (tests/screen/golden);
# no text is clipped, and Tab goes round in every theme (rule T1). After a wanted change: tests/screen/update, and a look.
B=${B:-build}
exec "$B/tramky-screens" check 2>/dev/null
