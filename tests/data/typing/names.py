#!/usr/bin/env python3
"""Writes src/ui/typing_names.h from the commune and province names: what the Vietnamese syllable does not cover.

usage: tests/data/typing/names.py screens/catalogue > src/ui/typing_names.h
"""
import re
import sys
import unicodedata

INITIALS = "b c ch d g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x".split() + [""]
NUCLEI = ("a e i o u y ai ao au ay eo eu ia ie ieu io iu oa oai oay oao oe oeo oi oo ua uay uai ue ueu ui uo uoi "
          "uou uu uy uya uye uyu ye yeu uoa").split()
CODAS = "c ch m n ng nh p t".split() + [""]
TONES = "\u0300\u0301\u0303\u0309\u0323"


def bare(word):
    marks = unicodedata.normalize("NFD", word)
    return "".join(c for c in marks if not unicodedata.combining(c)).replace("đ", "d")


def parts(letters):
    return re.fullmatch(r"([^aeiouy]*)([aeiouy]+)([^aeiouy]*)", letters)


def vietnamese(letters):
    for initial in INITIALS:
        rest = letters[len(initial):]
        m = parts(rest)
        if letters.startswith(initial) and m and not m[1] and m[2] in NUCLEI and m[3] in CODAS:
            return True
    return False


def main():
    words = set()
    for name, column in (("communes.tsv", 2), ("provinces.tsv", 2), ("provinces.tsv", 5)):
        with open(f"{sys.argv[1]}/{name}", encoding="utf-8") as table:
            for row in list(table)[1:]:
                words.update(re.findall(r"[^\W\d_]+", row.rstrip("\n").split("\t")[column].lower()))
    foreign = sorted(w for w in words if not vietnamese(bare(w)) and re.search("[aeiouy]", bare(w)))
    initials, rimes = set(), set()
    for w in foreign:
        m = parts(bare(w))
        if not m or m[2] not in NUCLEI:
            continue
        if m[1] not in INITIALS:
            initials.add(m[1])
        if m[3] not in CODAS:
            rimes.add(w[len(m[1]):])
    print("/* Made by tests/data/typing/names.py from screens/catalogue/communes.tsv and provinces.tsv: what the names of")
    print(" * the highlands have beyond the Vietnamese syllable. Do not edit; run it again when the tables change. */")
    print("#ifndef UI_TYPING_NAMES_H\n#define UI_TYPING_NAMES_H\n")
    print("struct name {\n\tconst char *bare, *marked;\n};")
    initials.discard("w")  # the Telex key of ư; names with w are in the list as a whole
    for title, rows in (("names", foreign), ("name_initials", sorted(initials)), ("name_rimes", sorted(rimes))):
        pairs = title != "name_initials"
        print(f"static const {'struct name' if pairs else 'char *const'} {title}[] = {{")
        out = "\t"
        for r in rows:
            item = f'{{ "{bare(r)}", "{r}" }}, ' if pairs else f'"{r}", '
            if len(out) + len(item) > 100:
                print(out.rstrip())
                out = "\t"
            out += item
        print(out.rstrip())
        print("};")
    print("\n#endif")


main()
