//! What the documentation prints is what is printed. `CLADUS_WRITE_DOCS=1` writes it anew.

use crate::space::{QUERY, Space, cladus, repository};

#[test]
fn questions_in_the_documentation_have_the_answers_that_stand_there() {
    let space = Space::new();
    space.example("my-run", &[]);
    let path = repository().join("docs/query.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut parts: Vec<String> = text.split("```\n").map(str::to_owned).collect();
    let mut asked = 0;
    for part in &mut parts {
        let Some(command) = part.strip_prefix("$ ").and_then(|rest| rest.lines().next()) else {
            continue;
        };
        let programs = [cladus(), QUERY.into()];
        let folders = programs.map(|program| program.parent().unwrap().to_owned());
        let mut shell = space.command("sh");
        // As on a terminal.
        shell.args(["-c", &format!("{command} --format table")]);
        let paths = std::env::var_os("PATH").unwrap_or_default();
        let folders = folders.into_iter().chain(std::env::split_paths(&paths));
        shell.env("PATH", std::env::join_paths(folders).unwrap());
        let output = shell.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        *part = format!("$ {command}\n{}", String::from_utf8(output.stdout).unwrap());
        asked += 1;
    }
    assert_eq!(asked, 5);
    let printed = with_help(&space, &parts.join("```\n"));
    if std::env::var_os("CLADUS_WRITE_DOCS").is_some() {
        std::fs::write(&path, printed).unwrap();
    } else {
        assert_eq!(printed, text, "CLADUS_WRITE_DOCS=1 writes it anew");
    }
}

/// The page with the program's help as it is now, below the heading that is for it.
fn with_help(space: &Space, page: &str) -> String {
    const BEFORE: &str = "## Help\n\n```text\n";
    let output = space.command(QUERY).arg("--help").env_remove("COLUMNS").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let help: String = help.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    let (above, rest) = page.split_once(BEFORE).unwrap();
    let (_, below) = rest.split_once("```\n").unwrap();
    format!("{above}{BEFORE}{}\n```\n{below}", help.trim_end())
}
