//! The tree in a terminal: keys typed into a real one, corrections that are in the run then, and a terminal
//! that is as it was, however it ends.

use std::fs;

use crate::space::{Ran, Space, python};

/// Lends a terminal to `cladus browse r`, and plays what follows in it.
const TERMINAL: &str = r##"
import fcntl, os, pty, re, select, signal, struct, sys, termios, time

child, terminal = pty.fork()
if child == 0:
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_DFL)
    # The size is known before anything is drawn.
    time.sleep(0.1)
    os.execve(PROGRAM, ["cladus", "browse", "r"], {"TERM": "xterm-256color", "PATH": os.environ["PATH"]})

def size(columns, lines):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

size(80, 24)
before = termios.tcgetattr(terminal)
raw, left, place, cells = b"", "", [1, 1], {}
PIECE = re.compile(r"\x1b\[(\d+);(\d+)H|\x1b\[[0-9;?]*([A-Za-z])|([^\x1b])", re.DOTALL)

def hear(wait):
    "Takes what is written, onto a screen of letters."
    global raw, left
    if not select.select([terminal], [], [], wait)[0]:
        return False
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        return False
    raw += piece
    left += piece.decode(errors="replace")
    at = 0
    while found := PIECE.match(left, at):
        line, column, does, letter = found.groups()
        if line:
            place[:] = int(line), int(column)
        elif does == "J":
            cells.clear()
        elif letter:
            cells[tuple(place)] = letter
            place[1] += 1
        at = found.end()
    left = left[at:]
    return bool(piece)

def screen():
    return "\n".join(
        "".join(cells.get((line, column), " ") for column in range(1, 81)).rstrip() for line in range(1, 25)
    )

def until(text, seconds=60):
    "Waits for a text to be on the screen."
    end = time.time() + seconds
    while text not in screen():
        if time.time() > end:
            sys.exit(f"never: {text!r}; there is\n{screen()}")
        hear(0.2)

def types(keys):
    os.write(terminal, keys.encode())

def ended(code):
    "It ends so, and the terminal is as before. Gives what was written after that."
    end = time.time() + 60
    while time.time() < end:
        hear(0.2)
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
    else:
        sys.exit(f"it does not end; there is\n{screen()}")
    while hear(0.2):
        pass
    assert os.waitstatus_to_exitcode(status) == code, (status, raw[-3000:])
    assert b"\x1b[?1049h" in raw and b"\x1b[?1049l" in raw, raw[-300:]
    after = raw.rsplit(b"\x1b[?1049l", 1)[1]
    assert b"\x1b[?25h" in after, "no cursor"
    assert termios.tcgetattr(terminal) == before, "another terminal"
    return after.replace(b"\x1b[?25h", b"")
"##;

fn space() -> Space {
    let space = Space::new();
    let input = space.example();
    space.cladus(&format!("run {input} --out r --embedder lexical --max-clusters 5 --quiet")).ok();
    space
}

/// Plays `script` in a terminal; `None` without Python.
fn play(space: &Space, script: &str) -> Option<Ran> {
    let python = python()?;
    let program = space.command("cladus").get_program().to_str().unwrap().to_owned();
    let script = format!("{}\n{script}", TERMINAL.replace("PROGRAM", &format!("{program:?}")));
    Some(space.python(&python, &script).ok())
}

#[test]
fn a_correction_that_is_typed_is_in_the_run_and_is_undone() {
    let space = space();
    let script = r#"
until("q quit")
types("/sign-in alert\r")
until("1 of 2 with")
types("r\x15Zebra crossings\r")
until("1 correction")
until("line 1: rename")
kept = open("r/edits.toml").read()
assert "[[rename]]" in kept and "Zebra crossings" in kept, kept
types("w")
until("placed    in iteration 1")
cells.clear()
size(40, 12)
until("Zebra crossings")
types("\t")
until("placed    in iteration 1")
types("\t")
cells.clear()
size(80, 24)
until("placed    in iteration 1")
types("u")
until("y / n")
types("y")
until("undone: rename")
assert "[[rename]]" not in open("r/edits.toml").read()
types("p")
until("1 correction")
until("line 1: pin")
assert "[[pin]]" in open("r/edits.toml").read()
types("q")
assert ended(0).strip() == b""
"#;
    if play(&space, script).is_none() {
        return;
    }
    let edits = fs::read_to_string(space.path("r/edits.toml")).unwrap();
    assert!(edits.contains("[[pin]]") && !edits.contains("Zebra"), "{edits}");
    space.cladus("check r").ok();
    let listed = space.cladus("edit r --list").ok();
    assert!(listed.stdout.contains("applies"), "{}", listed.stdout);
}

#[test]
fn a_terminal_is_as_it_was_after_ctrl_c_and_after_a_signal() {
    let space = space();
    let keys = "until('q quit')\ntypes('\\x03')\nassert ended(0).strip() == b''\n";
    if play(&space, keys).is_none() {
        return;
    }
    for (name, code) in [("SIGTERM", 75), ("SIGINT", 75)] {
        let script = format!(
            "until('q quit')\nos.kill(child, signal.{name})\nassert b'interrupted' in ended({code})\n"
        );
        play(&space, &script);
    }
}

#[test]
fn nothing_of_a_name_acts_on_the_terminal() {
    let space = space();
    // Somebody else's program wrote it: our readers never saw it.
    let evil = "import polars\nrows = polars.read_parquet('r/hierarchy.parquet')\n\
                rows.with_columns(name='\\x1b]0;owned\\x07\\x1b[31m' + polars.col('name') + '\\u009b2J')\
                .write_parquet('r/hierarchy.parquet')\n";
    let Some(python) = python() else { return };
    space.python(&python, evil).ok();
    let script = r#"
until("q quit")
types("*jjw")
until("placed")
types("q")
ended(0)
for never in (b"owned", b"\x07", b"\x1b]", b"\x1b[31m", b"\xc2\x9b"):
    assert never not in raw, never
"#;
    play(&space, script);
}

#[test]
fn without_a_terminal_it_says_what_else_there_is() {
    let space = space();
    let ran = space.cladus("browse r").exits(2);
    ran.complains(&["there is no terminal to browse in", "cladus tree", "cladus explore"]);
}
