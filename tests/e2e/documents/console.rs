//! What a console block says is typed and printed.

/// A command, and what is printed below it; nothing where nothing is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub command: String,
    pub printed: String,
}

/// The steps of a block of console. A command goes on after a backslash.
pub(super) fn steps(body: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut goes_on = false;
    for line in body.lines() {
        let typed = line.strip_prefix("$ ").or_else(|| goes_on.then_some(line));
        match (typed, steps.last_mut()) {
            (Some(more), Some(step)) if goes_on => step.command += &format!("\n{more}"),
            (Some(command), _) => {
                steps.push(Step { command: command.to_owned(), printed: String::new() });
            }
            (None, Some(step)) => step.printed += &format!("{line}\n"),
            // What stands before the first command is said to a reader.
            (None, None) => {}
        }
        goes_on = typed.is_some_and(|typed| typed.ends_with('\\'));
    }
    steps
}

/// The block as it would be with these steps, and what stood before them.
pub(super) fn block(body: &str, steps: &[Step]) -> String {
    let before: String =
        body.lines().take_while(|line| !line.starts_with("$ ")).map(|l| format!("{l}\n")).collect();
    let step = |step: &Step| format!("$ {}\n{}", step.command, step.printed);
    before + &steps.iter().map(step).collect::<String>()
}

/// Without the blanks at the ends of lines, which nobody sees.
pub(super) fn trimmed(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Is `found` what is `printed`? `…` stands for anything.
pub(super) fn fits(printed: &str, found: &str) -> bool {
    let (printed, found) = (trimmed(printed), trimmed(found));
    let parts: Vec<&str> = printed.split('…').collect();
    let [first, between @ .., last] = parts.as_slice() else { return printed == found };
    let Some(mut rest) = found.strip_prefix(first) else { return false };
    for part in between {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// What to print in the place of `printed` where `found` came out: where only the last line stands for
/// more, as many lines as there were. Nothing where somebody chose what to leave out.
pub(super) fn anew(printed: &str, found: &str) -> Option<String> {
    let lines: Vec<&str> = printed.lines().collect();
    match lines.iter().position(|line| line.trim() == "…") {
        None => Some(found.trim_end().to_owned()),
        Some(at) if at + 1 == lines.len() => {
            let kept: Vec<&str> = found.lines().take(at).chain(["…"]).collect();
            Some(kept.join("\n"))
        }
        Some(_) => None,
    }
}

#[test]
fn what_is_typed_is_told_from_what_is_printed() {
    let body = "# a word\n$ cladus run \\\n  in.jsonl\nmade\n\n$ cladus tree\n";
    let found = steps(body);
    assert_eq!(found[0].command, "cladus run \\\n  in.jsonl");
    assert_eq!((found[0].printed.as_str(), found[1].printed.as_str()), ("made\n\n", ""));
    assert_eq!(block(body, &found), body);
}

#[test]
fn what_is_left_out_stays_so() {
    assert_eq!(anew("a\nb\n…", "1\n2\n3\n4\n").as_deref(), Some("1\n2\n…"));
    assert_eq!(anew("a", "1\n2\n").as_deref(), Some("1\n2"));
    assert_eq!(anew("a\n…\nb", "1\n2\n"), None);
}

#[test]
fn an_ellipsis_is_anything_and_the_rest_is_not() {
    assert!(fits("a b\n", "a b  \n") && !fits("a b\n", "a c\n") && !fits("a\n", "a\nb\n"));
    assert!(fits("took … s\n", "took 12 s\n") && fits("a\n…\nz\n", "a\nb\nc\nz\n"));
    assert!(!fits("took … s\n", "took 12 min\n") && !fits("a\n…\nz\n", "a\nz\n"));
}
