//! When a command is run again, and why.

use super::{GROUP, Play};

/// A good grouping, and a file that tells how often the script ran.
const GOOD: &str = "write(groups)\nopen('ran', 'a').write('x')\n";

fn times(play: &Play) -> usize {
    std::fs::read(play.path("ran")).map_or(0, |ran| ran.len())
}

#[test]
fn nothing_is_redone_that_is_as_it_was() {
    let Some(play) = Play::new() else { return };
    play.group(GOOD);
    assert_eq!(play.stages(&[]).made().len(), 5);
    play.is_whole();
    let before = play.artifacts();
    assert_eq!(play.stages(&[]).made(), Vec::<&str>::new());
    // The folder remembers its pipeline, and comments or other stages are no part of it.
    let text = std::fs::read_to_string(play.path("pipeline.toml")).unwrap();
    play.pipeline(&format!("# mine\n{text}\n[stage.embed]\nbuiltin = true\n"));
    let ran = play.command(&["--json"]).output().unwrap();
    let stages = super::Stages::of(std::str::from_utf8(&ran.stdout).unwrap());
    assert_eq!(stages.made(), Vec::<&str>::new());
    // Nor is the place of either folder.
    std::fs::rename(play.space.path("r"), play.space.path("s")).unwrap();
    let moved = play.space.path("elsewhere");
    std::fs::rename(play.path(""), &moved).unwrap();
    let pipeline = moved.join("pipeline.toml");
    let line = [
        "run",
        "in.jsonl",
        "--out",
        "s",
        "--embedder",
        "lexical",
        "--json",
        "--pipeline",
        pipeline.to_str().unwrap(),
    ];
    let ran = play.space.run("cladus", line).ok();
    assert_eq!(super::Stages::of(&ran.stdout).made(), Vec::<&str>::new());
    assert!(play.space.artifacts("s") == before);
    assert_eq!(std::fs::read(moved.join("ran")).unwrap().len(), 1);
}

#[test]
fn an_edited_script_makes_its_stage_stale_and_says_so() {
    let Some(play) = Play::new() else { return };
    play.group(GOOD);
    play.stages(&[]);
    let before = play.artifacts();
    play.write("group.py", format!("{GROUP}# better\n{GOOD}"));
    let stages = play.stages(&[]);
    assert_eq!(stages.made(), ["group"], "the same rows: nothing behind it is redone");
    let reasons = stages.reasons("group");
    let file = |one: &str| one.starts_with("file group.py: ") && one.ends_with("(+1 -0 lines)");
    assert!(matches!(reasons[..], [one] if file(one)), "{reasons:?}");
    assert!(play.artifacts() == before);
    play.write("group.py", format!("{GROUP}groups[0]['group_id'] = 1\n{GOOD}"));
    assert_eq!(play.stages(&[]).made()[..2], ["group", "propose"]);
    assert_eq!(times(&play), 3);
    play.is_whole();
}

#[test]
fn a_file_behind_an_equals_sign_is_a_part_and_the_interpreter_is_none() {
    let Some(play) = Play::new() else { return };
    play.write("conf.txt", "1");
    let words = ["{embeddings.jsonl}", "{out.jsonl}", "--conf=conf.txt"];
    play.swap("group", &words, &format!("{GROUP}{GOOD}"));
    play.stages(&[]);
    play.write("conf.txt", "2");
    let stages = play.stages(&[]);
    let reasons = stages.reasons("group").concat();
    assert!(reasons.starts_with("file conf.txt: ") && !reasons.contains("python"), "{reasons}");
}

#[test]
fn only_values_that_are_used_count() {
    let Some(play) = Play::new() else { return };
    play.group(GOOD);
    play.stages(&[]);
    assert_eq!(play.stages(&["--temperature", "1"]).made(), Vec::<&str>::new(), "it is not used");
    let words = ["{embeddings.jsonl}", "{out.jsonl}", "{temperature}", "{{seed}}"];
    let check = "assert sys.argv[3:] == [open('expected').read(), '{seed}'], sys.argv\n";
    play.swap("group", &words, &format!("{GROUP}{check}{GOOD}"));
    play.write("expected", "1");
    let stages = play.stages(&["--temperature", "1"]);
    assert_eq!(stages.made(), ["group"]);
    assert!(stages.reasons("group").iter().any(|reason| reason.starts_with("command: [")));
    play.write("expected", "0.5");
    let stages = play.stages(&["--temperature", "0.5"]);
    assert_eq!(stages.reasons("group"), ["{temperature}: 1 -> 0.5"]);
}

#[test]
fn settings_count_one_by_one_where_all_are_handed_over() {
    let Some(play) = Play::new() else { return };
    let words = ["{embeddings.jsonl}", "{out.jsonl}", "{params}", "{prompts}", "{answers}"];
    let check =
        "assert os.path.isabs(sys.argv[5]) and 'max_clusters' in open(sys.argv[3]).read()\n";
    play.swap("group", &words, &format!("{GROUP}{check}{GOOD}"));
    play.stages(&[]);
    assert_eq!(play.stages(&["--concurrency", "3"]).made(), Vec::<&str>::new());
    let stages = play.stages(&["--temperature", "1"]);
    assert_eq!(stages.reasons("group"), ["{params} llm temperature: 0.0 -> 1.0"]);
    std::fs::create_dir(play.space.path("r/prompts")).unwrap();
    std::fs::write(play.space.path("r/prompts/group.md"), "mine").unwrap();
    let stages = play.stages(&[]);
    let reasons = stages.reasons("group").concat();
    assert!(reasons.starts_with("{prompts}: built-in -> "), "{reasons}");
}

#[test]
fn new_rows_are_handed_over_and_old_ones_are_taken_back() {
    let Some(play) = Play::new() else { return };
    play.group(GOOD);
    play.stages(&[]);
    play.space.write("in.jsonl", crate::space::assorted(40));
    let stages = play.stages(&[]);
    assert!(
        stages.reasons("group")[0].starts_with("embeddings: "),
        "{:?}",
        stages.reasons("group")
    );
    let ran = play.command(&["--no-pipeline", "--json"]).output().unwrap();
    let stages = super::Stages::of(std::str::from_utf8(&ran.stdout).unwrap());
    assert_eq!(stages.made()[0], "group");
    assert_eq!(times(&play), 2);
    let remembered = std::fs::read_to_string(play.space.path("r/cladus.toml")).unwrap();
    assert!(!remembered.contains("pipeline"), "{remembered}");
}

#[test]
fn a_plan_runs_no_command_and_says_what_is_not_known() {
    let Some(play) = Play::new() else { return };
    play.group(GOOD);
    let said = play.run(&["--dry-run"]).ok().stdout;
    assert!(said.contains("group.py"), "{said}");
    assert!(said.contains("cost unknown") && said.contains("built-in stages"), "{said}");
    assert_eq!(times(&play), 0);
    assert!(!play.space.path("r").exists());
    play.stages(&[]);
    let said = play.run(&["--dry-run"]).ok().stdout;
    assert!(said.contains("nothing to do") && !said.contains("group.py"), "{said}");
    play.write("group.py", format!("{GROUP}# better\n{GOOD}"));
    let status = play.space.cladus("status r --check --diff").exits(4).stdout;
    for part in ["file group.py", "+# better", "waits for groups", "cost unknown"] {
        assert!(status.contains(part), "no {part:?} in\n{status}");
    }
    let status = play.space.cladus("status r --json").ok().stdout;
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    let group = status["stages"].as_array().unwrap().iter().find(|one| one["stage"] == "group");
    assert!(group.unwrap()["command"].as_str().unwrap().contains("group.py"), "{status}");
    assert_eq!(times(&play), 1);
}
