//! What the documentation prints is what is printed. `CLADUS_WRITE_DOCS=1` writes it anew.

use crate::space::{Space, repository};

#[test]
fn the_page_has_the_programs_help() {
    const BEFORE: &str = "## Help\n\n```text\n";
    let path = repository().join("docs/objects.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let help = Space::new().remote("--help").ok();
    let help: String = help.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    let (above, rest) = page.split_once(BEFORE).unwrap();
    let (_, below) = rest.split_once("```\n").unwrap();
    let printed = format!("{above}{BEFORE}{}\n```\n{below}", help.trim_end());
    if std::env::var_os("CLADUS_WRITE_DOCS").is_some() {
        std::fs::write(&path, printed).unwrap();
    } else {
        assert_eq!(printed, page, "CLADUS_WRITE_DOCS=1 writes it anew");
    }
}
