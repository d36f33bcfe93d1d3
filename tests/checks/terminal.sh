#!/bin/sh
# The counter on terminals that are not what it needs: no TERM, a dumb one, none at all, no UTF-8 locale. Each ends with a plain sentence
# and a usage code, or just works; never with a broken screen. Python plays the terminal.
set -u
B=${B:-build}
command -v python3 >/dev/null || { echo "skip terminal: python3 is not installed"; exit 0; }
W=$(mktemp -d) || exit 1
trap 'rm -rf "$W"' EXIT INT TERM
mkdir -p "$W/data" "$W/session"
# No service runs here: the welcome page needs none.
cat >"$W/tramky.yaml" <<END
sandbox: true
province: dienbien
data: "$W/data"
session: "$W/session"
identity: { url: "https://127.0.0.1:9/identity" }
portal: { url: "https://127.0.0.1:9/portal" }
END
export B W
python3 - <<'END'
import fcntl, os, pty, select, signal, struct, subprocess, sys, termios, time
B, W = os.environ["B"], os.environ["W"]
PROGRAM = [B + "/tramky", "--config", W + "/tramky.yaml"]
SLOW = 6 if os.environ.get("SAN") else 1
PLAIN = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "TERM": "xterm-256color", "LANG": "C.UTF-8"}
PLAIN.update({k: v for k, v in os.environ.items() if k.startswith(("ASAN_", "UBSAN_", "LSAN_"))})

class Term:
    def __init__(self, env, size=(24, 80)):
        self.text = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[0], size[1], 0, 0))
            os.execve(PROGRAM[0], PROGRAM, env)
        self.code = None

    def read(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            part = os.read(self.fd, 65536)
        except OSError:
            return False
        self.text += part
        return bool(part)

    def until(self, words, seconds=10):
        end = time.monotonic() + seconds * SLOW
        while words.encode() not in self.text and time.monotonic() < end and not self.ended():
            self.read(0.05)
        while self.ended() and self.read(0.05):
            pass
        return words.encode() in self.text

    def ended(self):
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code is not None

    def wait(self, seconds=10):
        end = time.monotonic() + seconds * SLOW
        while not self.ended() and time.monotonic() < end:
            self.read(0.05)
        while self.read(0.05):
            pass
        return self.code

    def stop(self):
        if not self.ended():
            os.kill(self.pid, signal.SIGTERM)
            self.wait()
        os.close(self.fd)

def say(name, good, why=""):
    print("ok terminal %s" % name if good else "not ok terminal %s: %s" % (name, str(why).replace("\n", " ")[-300:]))

def refused(name, env):
    t = Term(env)
    code = t.wait()
    text = t.text.decode("utf-8", "replace")
    say(name + ": ends with 2", code == 2, (code, text))
    say(name + ": a plain sentence", "Không mở được màn hình" in text and "TERM" in text, text)
    say(name + ": nothing is drawn", "\x1b[?1049h" not in text and "\x1b[2J" not in text, repr(text))
    t.stop()

def works(name, env, drop=()):
    t = Term({k: v for k, v in env.items() if k not in drop})
    say(name + ": the welcome page in Vietnamese", t.until("Bấm 9 để gặp cán bộ hỗ trợ"), (t.code, t.text[-300:]))
    t.stop()
    say(name + ": the terminal is given back", t.text.rfind(b"\x1b[?1049l") > t.text.rfind(b"\x1b[?1049h") >= 0, t.text[-200:])

refused("TERM unset", {k: v for k, v in PLAIN.items() if k != "TERM"})
refused("TERM empty", dict(PLAIN, TERM=""))
refused("TERM=dumb", dict(PLAIN, TERM="dumb"))
refused("TERM unknown", dict(PLAIN, TERM="no-such-terminal"))
works("xterm-256color", PLAIN)
works("TERM=xterm", dict(PLAIN, TERM="xterm"))
works("LANG unset", PLAIN, drop=("LANG",))
works("LANG=C", dict(PLAIN, LANG="C", LC_ALL="C"))
works("LANG of nowhere", dict(PLAIN, LANG="xx_XX.ISO-8859-1"))

done = subprocess.run(PROGRAM, env=PLAIN, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30 * SLOW)
text = (done.stdout + done.stderr).decode("utf-8", "replace")
say("no terminal at all: ends with 2", done.returncode == 2, (done.returncode, text))
say("no terminal at all: a plain sentence", "không chạy trong một cửa sổ dòng lệnh" in text, text)

t = Term(PLAIN, (20, 60))
say("60x20: says what it needs", t.until("80x24"), t.text[-300:])
t.stop()

for number, name in ((signal.SIGTERM, "SIGTERM"), (signal.SIGHUP, "SIGHUP"), (signal.SIGINT, "SIGINT")):
    t = Term(PLAIN)
    t.until("Bấm 9 để gặp cán bộ hỗ trợ")
    os.kill(t.pid, number)
    code = t.wait()
    say(name + ": ends by itself and gives the terminal back", code == 0 and b"\x1b[?1049l" in t.text, (code, t.text[-200:]))
    t.stop()
t = Term(PLAIN)
t.until("Bấm 9 để gặp cán bộ hỗ trợ")
os.write(t.fd, b"\x03\x1a\x1c")
t.read(0.5)
say("Ctrl-C, Ctrl-Z and Ctrl-\\ open no way out (K1)", not t.ended(), t.code)
t.stop()
END
