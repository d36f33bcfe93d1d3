"""Signing the files of a corpus: tests/corpus gives each one here, with a resident doc helper.

The verbs are those that `tramky sign --method keyfile --level B-B` drives: doc.inspect, doc.prepare, doc.keyfile, doc.cms,
doc.embed. Right is a visible signature on page 1 that pdfsig calls valid behind the input's own bytes, or a refusal whose kind is
one of exit code 3 in src/base/err.h; everything else is wrong."""
import collections
import os
import re
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SECONDS = 60


class Key:
    """A key and a certificate for this run only."""

    def __init__(self, home):
        key, cert, self.path = (os.path.join(home, n) for n in ("key.pem", "cert.pem", "key.p12"))
        self.password = "corpus"
        for command in (["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj",
                         "/CN=Nguyen Van Thu/C=VN", "-addext", "keyUsage=critical,digitalSignature,nonRepudiation"],
                        ["pkcs12", "-export", "-inkey", key, "-in", cert, "-out", self.path, "-passout", "pass:" + self.password]):
            subprocess.run(["openssl"] + command, check=True, capture_output=True)

    def ask(self, helper, **more):
        with open(self.path, "rb") as f:
            return helper.ask("doc.keyfile", {"password": self.password, **more}, [f.fileno()])[0]


def refusals():
    """Kinds of error that end `tramky sign` with 3."""
    with open(os.path.join(HERE, "../src/base/err.h"), encoding="utf-8") as f:
        return set(re.findall(r'X\(\w+, "([a-z-]+)", 3\)', f.read()))


def box(size):
    """170 x 60 at the foot on the right, smaller on a small page."""
    w, h = min(170, size["w"]), min(60, size["h"])
    return {"page": 1, "x": max(0, size["w"] - w - 20), "y": min(20, max(0, size["h"] - h)), "w": w, "h": h}


class No(Exception):
    """An answer that is not a result: `how` is refused or wrong."""

    def __init__(self, how, why):
        super().__init__(why)
        self.how, self.why = how, why


def need(answer, verb, allowed):
    error = answer.get("error")
    if error is None:
        return answer["result"]
    why = error["kind"] + ("/" + error["reason"] if error.get("reason") else "")
    raise No("refused" if error["kind"] in allowed else "wrong", why if error["kind"] in allowed else f"{verb}: {why}")


def make(helper, key, fd, allowed):
    """(descriptor of the signed file, repaired); the caller closes it."""
    seen, fds = helper.ask("doc.inspect", {"direct": True}, [fd])
    close(fds)
    sizes = need(seen, "doc.inspect", allowed)["sizes"]
    if not sizes:
        raise No("wrong", "doc.inspect: no size of page 1")
    place = box(sizes[0])
    mine = need(key.ask(helper), "doc.keyfile", ())
    made, fds = helper.ask("doc.prepare", {"place": place, "certificate": mine["certificate"], "chain": mine["chain"],
                                           "show": ["name", "time"], "level": "B-B", "hash": "fit"}, [fd])
    try:
        made = need(made, "doc.prepare", allowed)
        raw = need(key.ask(helper, hash=made["hash"]), "doc.keyfile", ())
        cms = need(helper.ask("doc.cms", {"half": made["half"], "signature": raw["signature"]}, [])[0], "doc.cms", ())
        done, out = helper.ask("doc.embed", {"hole": made["hole"], "cms": cms["cms"]}, fds)
    finally:
        close(fds)
    try:
        need(done, "doc.embed", ())
    except No:
        close(out)
        raise
    return out[0], made["repaired"]


def close(fds):
    for fd in fds:
        os.close(fd)


def starts_with(fd, path):
    with open(path, "rb") as f:
        at = 0
        while piece := f.read(1 << 20):
            if os.pread(fd, len(piece), at) != piece:
                return False
            at += len(piece)
    return True


def pdfsig_says(fd, home):
    """What is not as it should be with the last signature, or None."""
    with tempfile.NamedTemporaryFile(dir=home, suffix=".pdf") as f:
        at = 0
        while piece := os.pread(fd, 1 << 20, at):
            f.write(piece)
            at += len(piece)
        f.flush()
        try:
            run = subprocess.run(["pdfsig", "-nocert", f.name], capture_output=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return "pdfsig does not end"
    blocks = re.split(r"^Signature #\d+:", run.stdout.decode("utf-8", "replace"), flags=re.M)[1:]
    mine = [b for b in blocks if "Total document signed" in b and f"- {at}]" in b]
    if not mine:
        return f"pdfsig finds none of {len(blocks)} over the whole file"
    return None if any("Signature is Valid." in b for b in mine) else "pdfsig: " + " ".join(mine[0].split())[:160]


def sign(helper, key, path, home, allowed):
    """(signed | refused | wrong, why)"""
    try:
        with open(path, "rb") as f:
            out, repaired = make(helper, key, f.fileno(), allowed)
    except No as no:
        return no.how, no.why
    try:
        if not repaired and not starts_with(out, path):
            return "wrong", "the input's bytes do not stand first"
        fault = pdfsig_says(out, home)
        return ("wrong", fault) if fault else ("signed", "written anew" if repaired else "")
    finally:
        os.close(out)


def apart(path):
    """What the figure "99 in 100" is not about, by strangers' words: encrypted, unreadable, or "" for all others. Poppler also
    opens some files whose password it was not told, and shows nothing of them: an /Encrypt anywhere in the file is encrypted."""
    try:
        run = subprocess.run(["pdfinfo", path], capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return "unreadable"
    text = run.stdout.decode("utf-8", "replace")
    with open(path, "rb") as f:
        locked = b"/Encrypt" in f.read()
    if locked or re.search(r"^Encrypted: +yes", text, re.M):
        return "encrypted"
    return "" if run.returncode == 0 and re.search(r"^Pages: +[1-9]", text, re.M) else "unreadable"


def table(done):
    """Lines of the figures; `done`: (path, how, why)."""
    refused, total = collections.Counter(), collections.Counter(how for _, how, _ in done)
    left_out = 0
    for path, how, why in done:
        if how == "refused":
            kind = apart(path)
            left_out += kind != ""
            refused[why, kind or "readable"] += 1
    anew = sum(how == "signed" and why != "" for _, how, why in done)
    readable = len(done) - left_out
    lines = [f'sign_or_refuse, signed in sight on page 1: {len(done)} files, {total["signed"]} signed and accepted by pdfsig '
             f'({anew} unsigned ones in need of repair written anew), {total["refused"]} refused with a reason, {total["wrong"]} wrong']
    lines += [f"  {n:4} refused: {why} ({kind} to others)" for (why, kind), n in sorted(refused.items())]
    if readable:
        lines.append(f'unencrypted readable files signed and accepted: {total["signed"]} of {readable} '
                     f'({100 * total["signed"] / readable:.1f} in 100)')
    lines += [f"  not signed: {os.path.basename(path)}: {why}" for path, how, why in done if how == "refused" and not apart(path)]
    return lines
