//! The commands as `cladus --help` lists them: in groups.

use std::fmt::Write as _;

use clap::Command;

/// Every command once, by what it is for. A test keeps this in step with the commands there are.
const GROUPS: [(&str, &[&str]); 6] = [
    ("Build", &["run", "status", "cost"]),
    ("Look", &["tree", "browse", "show", "explore", "query", "export"]),
    ("Correct", &["edit"]),
    ("Compare", &["eval", "diff", "sweep"]),
    (
        "Other engines and tools",
        &[
            "init",
            "import",
            "plan",
            "hierarchy",
            "export-requests",
            "import-answers",
            "remote",
            "check",
            "schema",
            "completions",
            "man",
        ],
    ),
    ("Stages", &["embed", "group", "propose", "label", "rename", "project"]),
];

/// `command` with its subcommands listed in groups.
pub(crate) fn grouped(command: Command) -> Command {
    let listed = listing(&command);
    let header = command.get_styles().get_header();
    let options = format!("{header}Options:{header:#}");
    command.help_template(format!(
        "{{before-help}}{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n\
         {listed}\n{options}\n{{options}}{{after-help}}"
    ))
}

/// The groups, a line a command. One that is in no group is listed at the end, so that it can be found.
fn listing(command: &Command) -> String {
    let (header, literal) = (command.get_styles().get_header(), command.get_styles().get_literal());
    let width = command.get_subcommands().map(|sub| sub.get_name().len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut group = |title: &str, names: &[&str]| {
        // Writing to a String cannot fail: `let _` below.
        let _ = writeln!(text, "{header}{title}:{header:#}");
        for sub in names.iter().filter_map(|name| command.find_subcommand(name)) {
            let (name, about) = (sub.get_name(), sub.get_about());
            let about = about.map(ToString::to_string).unwrap_or_default();
            let gap = width - name.len();
            let _ = writeln!(text, "  {literal}{name}{literal:#}{:gap$}  {about}", "");
        }
        text.push('\n');
    };
    for (title, names) in GROUPS {
        group(title, names);
    }
    let known = |name: &str| GROUPS.iter().any(|(_, names)| names.contains(&name));
    let left: Vec<&str> =
        command.get_subcommands().map(Command::get_name).filter(|name| !known(name)).collect();
    if !left.is_empty() {
        group("Others", &left);
    }
    text + "`cladus COMMAND --help` describes a command.\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_in_exactly_one_group() {
        let command = crate::command();
        let mut listed: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| *names).copied().collect();
        let mut there: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        listed.sort_unstable();
        there.sort_unstable();
        assert_eq!(listed, there);
    }

    #[test]
    fn the_list_fits_into_a_narrow_window() {
        let listed = clap::builder::StyledStr::from(listing(&crate::command())).to_string();
        for line in listed.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }

    #[test]
    fn what_all_commands_take_has_a_heading_of_its_own_at_the_end() {
        let mut command = crate::command();
        command.build();
        for sub in command.get_subcommands_mut().filter(|sub| sub.get_name() != "help") {
            let help = sub.render_help().to_string();
            let (before, output) = help.split_once("\nOutput:\n").unwrap();
            assert!(!before.contains("--verbose") && output.contains("--quiet"), "{help}");
            assert!(!output.contains(":\n"), "a heading after it: {help}");
        }
    }
}
