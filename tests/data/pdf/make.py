#!/usr/bin/env python3
"""Makes the PDFs of this folder, byte by byte, so that each has exactly the trait its name says. Run it here: ./make.py"""
import os
import subprocess
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
BOX = b"/MediaBox [0 0 595 842]"
TEXT = b"BT /F0 12 Tf 100 700 Td (To khai) Tj 0 -300 Td (Nguoi yeu cau) Tj ET"
FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"


def stream(data, extra=b""):
    return b"<< %s/Length %d >>\nstream\n%s\nendstream" % (extra, len(data), data)


def body(objects, head=b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"):
    out, at = head, {}
    for num in sorted(objects):
        at[num] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (num, objects[num])
    return out, at


def table(at, trailer, start, size=None):
    size = size or max(at) + 1
    rows = b"0000000000 65535 f \n" + b"".join(
        b"%010d 00000 n \n" % at[n] if n in at else b"0000000000 00000 f \n" for n in range(1, size))
    return b"xref\n0 %d\n%strailer\n<< /Size %d /Root 1 0 R %s>>\nstartxref\n%d\n%%%%EOF" % (
        size, rows, size, trailer, start)


def write(name, data):
    with open(os.path.join(HERE, name), "wb") as f:
        f.write(data)


def page(extra=b"", box=BOX):
    return b"<< /Type /Page /Parent 2 0 R %s /Contents 4 0 R /Resources << /Font << /F0 5 0 R >> >> %s>>" % (box, extra)


def objects(catalog=b"", page_extra=b"", box=BOX, pages=b"", text=TEXT, font=FONT):
    return {1: b"<< /Type /Catalog /Pages 2 0 R %s>>" % catalog, 2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 %s>>" % pages,
            3: page(page_extra, box), 4: stream(text), 5: font}


def plain(name, objs, trailer=b"/ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>] ", end=b"\n"):
    out, at = body(objs)
    write(name, out + table(at, trailer, len(out)) + end)


def qpdf(source, target, *options):
    subprocess.run(["qpdf", "--static-id", *options, os.path.join(HERE, source), os.path.join(HERE, target)], check=True)


def hybrid():
    """7.5.8.4: the AcroForm (6) lives in an object stream that only the hidden /XRefStm knows."""
    objs = objects(catalog=b"/AcroForm 6 0 R ")
    inner = b"6 0 << /Fields [] /DA (/Helv 0 Tf 0 g) >>"
    objs[7] = stream(inner, b"/Type /ObjStm /N 1 /First 4 ")
    out, at = body(objs)
    rows = b"\x02" + (7).to_bytes(4, "big") + b"\0\0"
    stm_at = len(out)
    out += b"8 0 obj\n%s\nendobj\n" % stream(rows, b"/Type /XRef /W [1 4 2] /Index [6 1] /Size 9 /Root 1 0 R ")
    at[8] = stm_at
    write("hybrid.pdf", out + table(at, b"/XRefStm %d " % stm_at, len(out)) + b"\n")


def words():
    """A font whose letters spell Vietnamese, decomposed on one line and composed on the next, by /ToUnicode."""
    spell = ["N", "g", "u\u031b", "o\u031b\u0300", "i", "y", "e\u0302", "u", "c", "a\u0302\u0300", "\u01b0", "\u1edd",
             "\u00ea", "\u1ea7", "l", "a\u0300", "m", "\u0111", "\u01a1", "n"]
    cmap = b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n"
    cmap += b"1 begincodespacerange <00> <FF> endcodespacerange\n%d beginbfchar\n" % len(spell)
    for i, s in enumerate(spell):
        cmap += b"<%02X> <%s>\n" % (65 + i, s.encode("utf-16-be").hex().upper().encode())
    cmap += b"endbfchar endcmap end end\n"
    # line 1 decomposed "Ngươ\u0300i yêu cầu"; line 2 and 3 "Người / yêu cầu"; line 4 "làm đơn" ; dots to sign on
    a, b, c, d = b"ABCDE FGH IJH", b"ABKLE", b"FMH INH", b"OPQ RST"
    text = b"BT /F0 12 Tf 80 760 Td (%s) Tj 300 -100 Td (%s) Tj 0 -15 Td (%s) Tj -300 -85 Td (%s) Tj " \
           b"0 -100 Td /F1 12 Tf (..................................) Tj ET 0 0 0 rg 300 300 60 30 re f" % (a, b, c, d)
    objs = objects(text=text, font=FONT.replace(b">>", b"/ToUnicode 6 0 R >>"))
    objs[3] = objs[3].replace(b"/F0 5 0 R", b"/F0 5 0 R /F1 7 0 R")
    objs[6] = stream(cmap)
    objs[7] = FONT
    plain("words.pdf", objs)


def main():
    plain("table.pdf", objects())
    plain("no-id.pdf", objects(), trailer=b"", end=b"")
    plain("cr-end.pdf", objects(), end=b"\r")
    for turn in (0, 90, 180, 270):
        inherited = b"/MediaBox [-100 -50 500 750] /CropBox [-80 -40 420 640] /Rotate %d " % turn
        plain("turn-%d.pdf" % turn, objects(box=b"", pages=inherited))
    annots = objects(page_extra=b"/Annots 6 0 R ")
    annots[6] = b"[7 0 R]"
    annots[7] = b"<< /Type /Annot /Subtype /Link /Rect [10 10 20 20] /Border [0 0 0] >>"
    plain("annots-indirect.pdf", annots)
    plain("form-direct.pdf", objects(catalog=b"/AcroForm << /Fields [] /DA (/Helv 0 Tf 0 g) >> "))
    form = objects(catalog=b"/AcroForm 6 0 R ", page_extra=b"/Annots [8 0 R] ")
    form[6] = b"<< /Fields 7 0 R /SigFlags 3 >>"
    form[7] = b"[8 0 R]"
    form[8] = b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (Signature1) /Rect [50 50 150 70] /P 3 0 R >>"
    plain("form-indirect.pdf", form)
    empty = objects(catalog=b"/AcroForm << /Fields [6 0 R 8 0 R] >> ", page_extra=b"/Annots [6 0 R 9 0 R] ")
    empty[6] = b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (ChuKy) /Rect [60 60 230 120] /P 3 0 R /F 4 /Lock 7 0 R >>"
    empty[7] = b"<< /Type /SigFieldLock /Action /Include /Fields [(nhom)] >>"
    empty[8] = b"<< /FT /Sig /T (nhom) /Kids [9 0 R] >>"
    empty[9] = b"<< /Type /Annot /Subtype /Widget /Parent 8 0 R /Rect [300 60 470 120] /P 3 0 R /F 4 >>"
    plain("fields.pdf", empty)
    hybrid()
    words()
    qpdf("table.pdf", "stream.pdf", "--object-streams=generate")
    qpdf("table.pdf", "linear.pdf", "--linearize")
    qpdf("table.pdf", "encrypted.pdf", "--allow-weak-crypto", "--encrypt", "", "owner", "128", "--")
    with open(os.path.join(HERE, "table.pdf"), "rb") as f:
        good = f.read()
    write("bad-startxref.pdf", good.replace(b"startxref\n", b"startxref\n9"))
    write("junk-first.pdf", b"From: nobody\r\n\r\n" + good)
    write("bomb-xref.pdf", bomb())
    # An object that is referred to and not defined: kept visible by the raw reading only.
    plain("dangling.pdf", objects(catalog=b"/Extra 99 0 R "))


def bomb():
    """A cross-reference stream that unpacks to far more rows than there can be objects."""
    rows = zlib.compress(b"\x01\0\0\0\x0f\0\0" * 9_000_000, 9)
    objs, at = body(objects())
    start = len(objs)
    return objs + b"6 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (
        stream(rows, b"/Type /XRef /Filter /FlateDecode /W [1 4 2] /Size 9000000 /Root 1 0 R "), start)


main()
