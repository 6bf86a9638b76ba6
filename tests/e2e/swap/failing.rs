//! Commands that go wrong: it is said how, and nothing is lost.

use std::time::{Duration, Instant};

use super::{GROUP, Play, left};

#[test]
fn a_failed_command_is_told_and_changes_nothing() {
    let Some(play) = Play::new() else { return };
    play.command(&[]).output().unwrap();
    let before = play.artifacts();
    assert_eq!(before.len(), 8);
    let cases: [(&str, i32, &[&str]); 15] = [
        (
            "print('boom', file=sys.stderr); sys.exit(7)",
            3,
            &["exit code 7", "  | boom", "group.py"],
        ),
        ("raise ValueError('not today')", 3, &["exit code 1", "ValueError: not today"]),
        ("print('to standard output'); sys.exit(1)", 3, &["| to standard output"]),
        ("sys.exit(75)", 75, &["exit code 75", "resumes"]),
        ("os.kill(os.getpid(), 9)", 75, &["SIGKILL"]),
        ("os.kill(os.getpid(), 11)", 3, &["SIGSEGV"]),
        ("pass", 3, &["wrote no", "groups.jsonl"]),
        ("open(out, 'w').write('what?')", 3, &["groups.jsonl", "line 1", "not JSON"]),
        ("os.mkdir(out)", 3, &["wrote no"]),
        ("open(out, 'w')", 3, &["has no row for cluster"]),
        ("write(groups[1:])", 3, &["has no row for cluster \"c00000\""]),
        (
            "write(groups + [{'cluster_id': 'new', 'group_id': 0}])",
            3,
            &["line 37", "\"new\" is not in"],
        ),
        ("write(groups + groups[:1])", 3, &["line 37", "c00000", "twice"]),
        ("groups[5]['group_id'] = 9; write(groups)", 3, &["group_id", "is missing"]),
        ("groups[5]['distance'] = float('nan'); write(groups)", 3, &["line 6", "not JSON"]),
    ];
    for (body, code, parts) in cases {
        play.group(body);
        let ran = play.run(&["--quiet"]).exits(code);
        ran.complains(parts);
        ran.complains(&["group: `", "hint: "]);
        assert!(play.artifacts() == before, "{body}");
    }
    // What it worked on is there to look at, and gone when it works.
    assert_eq!(left(&play.space.path("r")).len(), 1);
    play.group("write(groups)");
    play.stages(&[]);
    play.is_whole();
}

#[test]
fn what_a_command_says_is_shown_and_harmless() {
    let Some(play) = Play::new() else { return };
    let say =
        "print('half\\rdone \\x1b[31mred\\x1b[0m \\x1b]0;title\\x07 \\u202e', file=sys.stderr)\n";
    play.group(&format!("{say}write(groups)"));
    let ran = play.run(&[]).ok();
    assert!(
        ran.stderr.contains("  | done red \n") || ran.stderr.contains("  | done red\n"),
        "{}",
        ran.stderr
    );
    play.group(&format!("{say}sys.exit(1)"));
    for flags in [&[][..], &["--quiet"]] {
        let ran = play.run(flags).exits(3);
        ran.complains(&["| done red"]);
        assert!(!ran.stderr.contains(['\u{1b}', '\u{7}', '\r', '\u{202e}']), "{:?}", ran.stderr);
    }
}

#[test]
fn a_command_is_heard_while_it_runs() {
    use std::io::BufRead;
    let Some(play) = Play::new() else { return };
    let body = "print('started', file=sys.stderr, flush=True)\n\
                import time\nwhile not os.path.exists('go'): time.sleep(0.01)\nwrite(groups)";
    play.group(body);
    let pipeline = play.path("pipeline.toml");
    let mut command = play.command(&["--pipeline", pipeline.to_str().unwrap()]);
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let lines = std::io::BufReader::new(child.stderr.take().unwrap()).lines();
    let mut lines = lines.map(Result::unwrap);
    assert!(lines.any(|line| line.contains("| started")), "it waits for us, and we for it");
    play.write("go", "");
    assert!(lines.any(|line| line.contains("rename")));
    assert!(child.wait().unwrap().success());
}

#[test]
fn the_input_cannot_be_damaged() {
    let Some(play) = Play::new() else { return };
    play.command(&[]).output().unwrap();
    let before = play.artifacts();
    for words in [
        ["{embeddings.jsonl}", "{out.jsonl}", "{embeddings}"],
        ["{embeddings.jsonl}", "{out.jsonl}", "{clusters}"],
    ] {
        for body in ["sys.exit(1)", "pass"] {
            let body = format!("{GROUP}open(sys.argv[3], 'w').write('mine')\n{body}\n");
            play.swap("group", &words, &body);
            play.run(&[]).exits(3).complains(&["group: `"]);
            assert!(play.artifacts() == before);
        }
    }
    play.swap(
        "group",
        &["{embeddings.jsonl}", "{out.jsonl}", "{clusters}"],
        &format!("{GROUP}os.remove(sys.argv[3])\nos.remove(sys.argv[1])\nwrite(groups)\n"),
    );
    assert_eq!(play.stages(&[]).made()[0], "group");
    play.is_whole();
}

#[test]
fn a_program_that_cannot_be_run_is_a_mistake_in_the_file() {
    let Some(play) = Play::new() else { return };
    play.write("data.txt", "no program");
    play.write("noline", "echo");
    play.write("nointerpreter", "#!/no/such/interpreter\n");
    for name in ["noline", "nointerpreter"] {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(play.path(name), PermissionsExt::from_mode(0o755)).unwrap();
    }
    for (program, part) in [
        ("no-such-program", "installed"),
        ("./no-such-program", "no-such-program does not exist"),
        ("./data.txt", "chmod +x"),
        ("data.txt", "write ./data.txt"),
        ("./noline", "interpreter"),
        ("./nointerpreter", "interpreter"),
        (".", "cannot be run"),
    ] {
        play.pipeline(&format!("[stage.group]\ncommand = [\"{program}\", \"{{out}}\"]\n"));
        let ran = play.run(&[]).exits(2);
        ran.complains(&["group: `", "cannot be run", part, "hint: "]);
    }
}

#[test]
fn a_mistake_in_the_file_is_said_before_anything_is_done() {
    let Some(play) = Play::new() else { return };
    for (text, parts) in [
        ("[stage.grup]\ncommand = []\n", ["pipeline.toml: line 1", "grup", "group"]),
        ("\n[stage.group]\ncomand = []\n", ["pipeline.toml: line 3", "comand", "command"]),
        ("[stage.group]\ncommand = []\n", ["pipeline.toml: line 2", "group", "empty"]),
        (
            "[stage.group]\ncommand = [\"a\", \"{cluster}\", \"{out}\"]\n",
            ["line 2", "{cluster}", "{clusters}"],
        ),
        ("[stage.group]\ncommand = [\"a\", \"{{out}}\"]\n", ["line 2", "{out}", "{out.jsonl}"]),
    ] {
        play.pipeline(text);
        play.run(&[]).exits(2).complains(&parts);
        assert!(!play.space.path("r").exists(), "{text}");
    }
    play.pipeline("[stage.group]\ncommand = [\"a\", \"{model}\", \"{out}\"]\n");
    play.run(&[]).exits(2).complains(&["{model}", "has no value"]);
    std::fs::remove_file(play.path("pipeline.toml")).unwrap();
    play.run(&[]).exits(2).complains(&["pipeline.toml", "--no-pipeline"]);
}

#[test]
fn a_killed_run_leaves_nothing_in_the_way() {
    let Some(play) = Play::new() else { return };
    play.group("import time\nopen('there', 'w')\nwrite(groups)\nwhile not os.path.exists('go'): time.sleep(0.01)\n");
    let pipeline = play.path("pipeline.toml");
    let mut command = play.command(&["--quiet", "--pipeline", pipeline.to_str().unwrap()]);
    let mut child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    while !play.path("there").exists() {
        assert!(Instant::now() < until, "the script did not start");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(
        !play.space.path("r/iteration-1/groups.parquet").exists(),
        "nothing unchecked is published"
    );
    play.write("go", "");
    assert_eq!(play.stages(&[]).made(), ["group", "propose", "label", "rename"]);
    play.is_whole();
}
