"""limits.py FOLDER [SIGNED.pdf]: files that ask for more than a document may: one trait a file, each made anew. Knows nothing of our writer."""
import os
import re
import sys
import zlib

PAGES, DEPTH, FIELDS, BOMB = 10000, 5000, 30000, 300 << 20


def write(path, objects, root=1, prev=None):
    """objects: {number: bytes}; one section, one table."""
    out, at = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), {}
    for number, body in sorted(objects.items()):
        at[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start, top = len(out), max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % top
    for number in range(1, top):
        out += b"%010d 00000 n \n" % at[number]
    loop = b" /Prev %d" % (start if prev is None else prev) if prev != 0 else b""
    out += b"trailer\n<< /Size %d /Root %d 0 R%s >>\nstartxref\n%d\n%%%%EOF\n" % (top, root, loop, start)
    with open(path, "wb") as f:
        f.write(out)


def page(parent, more=b""):
    return b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Resources << >> %s >>" % (parent, more)


def pages(path):
    objects = {1: b"<< /Type /Catalog /Pages 2 0 R >>"}
    kids = range(3, 3 + PAGES)
    objects[2] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (PAGES, b" ".join(b"%d 0 R" % k for k in kids))
    objects.update({k: page(2) for k in kids})
    write(path, objects, prev=0)


def deep(path):
    objects = {1: b"<< /Type /Catalog /Pages 2 0 R >>"}
    for k in range(2, 2 + DEPTH):
        parent = b"/Parent %d 0 R " % (k - 1) if k > 2 else b""
        objects[k] = b"<< /Type /Pages /Count 1 %s/Kids [%d 0 R] >>" % (parent, k + 1)
    objects[2 + DEPTH] = page(1 + DEPTH)
    write(path, objects, prev=0)


def fields(path):
    kids = range(4, 4 + FIELDS)
    names = b" ".join(b"%d 0 R" % k for k in kids)
    objects = {1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [%s] >> >>" % names,
               2: b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>", 3: page(2)}
    objects.update({k: b"<< /FT /Tx /T (o%d) >>" % k for k in kids})
    write(path, objects, prev=0)


def one_page():
    return {1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>", 3: page(2)}


def squeezed(size):
    z, out = zlib.compressobj(9), []
    for _ in range(size >> 20):
        out.append(z.compress(bytes(1 << 20)))
    return b"".join(out) + z.flush()


def dss(signed, path):
    """Validation data after the signature: one certificate of 300 MB in 300 KB."""
    data = bytearray(open(signed, "rb").read())
    number, body = [m for m in re.finditer(rb"(\d+) 0 obj\s*<<((?:(?!endobj).)*?/Type ?/Catalog(?:(?!endobj).)*)>>\s*endobj", bytes(data), re.S)][-1].groups()
    size = int(re.findall(rb"/Size (\d+)", bytes(data))[-1])
    prev = int(re.findall(rb"startxref\s+(\d+)", bytes(data))[-1])
    bomb = squeezed(BOMB)
    places = []
    for n, text in ((int(number), b"<<%s /DSS << /Certs [%d 0 R] >> >>" % (body, size)),
                    (size, b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(bomb), bomb))):
        places.append((n, len(data)))
        data += b"%d 0 obj\n%s\nendobj\n" % (n, text)
    start = len(data)
    data += b"xref\n" + b"".join(b"%d 1\n%010d 00000 n \n" % p for p in places)
    data += b"trailer\n<< /Size %d /Root %d 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (size + 1, int(number), prev, start)
    with open(path, "wb") as f:
        f.write(data)


folder = sys.argv[1]
if len(sys.argv) > 2:
    dss(sys.argv[2], os.path.join(folder, "dss.pdf"))
else:
    pages(os.path.join(folder, "pages.pdf"))
    deep(os.path.join(folder, "deep.pdf"))
    fields(os.path.join(folder, "fields.pdf"))
    write(os.path.join(folder, "loop.pdf"), one_page())
