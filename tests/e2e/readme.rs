//! What the README tells people to type works.

use crate::space::{Space, helpdesk, python, repository};

/// The fenced blocks of the README in `language`.
fn blocks(language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let mut found = Vec::new();
    let mut rest = text.as_str();
    let fence = format!("```{language}\n");
    while let Some(start) = rest.find(&fence) {
        let body = &rest[start + fence.len()..];
        let end = body.find("```").unwrap();
        found.push(body[..end].to_owned());
        rest = &body[end..];
    }
    found
}

fn space_with_run() -> Space {
    let space = Space::new();
    space.run("cladus", ["run", &helpdesk(), "--out", "my-run"]).ok();
    space
}

#[test]
fn the_python_snippets_run_as_they_stand() {
    let Some(python) = python() else { return };
    let space = space_with_run();
    let snippets = blocks("python");
    assert!(!snippets.is_empty());
    for snippet in snippets {
        let ran = space.python(&python, &snippet).ok();
        assert!(!ran.stdout.is_empty(), "prints nothing:\n{snippet}");
    }
}

#[test]
fn the_sql_snippets_run_as_they_stand() {
    let Some(python) = python() else { return };
    let space = space_with_run();
    let snippets = blocks("sql");
    assert!(!snippets.is_empty());
    for snippet in snippets {
        let script =
            format!("import duckdb\nprint(len(duckdb.sql(r'''{snippet}''').fetchall()))\n");
        let rows: usize = space.python(&python, &script).ok().stdout.trim().parse().unwrap();
        assert!(rows > 0, "no rows:\n{snippet}");
    }
}

#[test]
fn the_stages_by_hand_make_the_same_tree() {
    let space = space_with_run();
    let by_hand =
        blocks("sh").into_iter().find(|block| block.contains("cladus embed --clusters")).unwrap();
    let before = space.artifacts("my-run");
    std::fs::remove_dir_all(space.path("my-run/iteration-1")).unwrap();
    let joined = by_hand.replace("\\\n", " ");
    let lines: Vec<&str> = joined.lines().filter(|line| line.starts_with("cladus ")).collect();
    assert_eq!(lines.len(), 5);
    for line in lines {
        let mut words = line.split_whitespace();
        space.run(words.next().unwrap(), words).ok();
    }
    assert!(space.artifacts("my-run") == before);
}

#[test]
fn the_corrections_bind_in_the_example() {
    let space = space_with_run();
    let commands = blocks("sh").into_iter().find(|block| block.contains("cladus edit")).unwrap();
    for line in commands.lines().filter_map(|line| line.strip_prefix("cladus ")) {
        // What stands between quotes is one word.
        let words = line.split('"').enumerate().flat_map(|(at, part)| match at % 2 {
            0 => part.split_whitespace().collect(),
            _ => vec![part],
        });
        space.run("cladus", words).ok();
    }
    let file = blocks("toml").into_iter().find(|block| block.contains("[[move]]")).unwrap();
    space.write("my-run/edits.toml", file);
    let said = space.cladus("edit my-run --list").ok();
    assert_eq!(said.stdout.matches("applies").count(), 4, "{}", said.stdout);
    assert!(said.stdout.contains("4 apply"), "{}", said.stdout);
    space.cladus("run --out my-run").ok();
    let names: Vec<String> =
        space.hierarchy("my-run").into_iter().map(|n| n.cluster.name).collect();
    assert!(names.iter().any(|name| name == "Accounts"), "{names:?}");
}

#[test]
fn every_command_in_the_readme_exists() {
    let space = Space::new();
    let help = space.cladus("--help").ok().stdout;
    let mut seen = 0;
    for line in blocks("sh").iter().flat_map(|block| block.lines()) {
        let Some(rest) = line.strip_prefix("cladus ") else { continue };
        let command = rest.split_whitespace().next().unwrap();
        assert!(help.contains(&format!("  {command} ")), "no command {command}");
        seen += 1;
    }
    assert!(seen >= 4, "only {seen} commands found in the README");
}
