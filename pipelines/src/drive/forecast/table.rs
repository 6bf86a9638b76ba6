//! A forecast as people read it.

use std::fmt;

use cladus_cli::{count, money};
use cladus_core::manifest::Reason;
use cladus_core::progress::Spent;

use super::{Forecast, ForecastStep, Stands};

impl fmt::Display for Stands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Fresh => "fresh",
            Self::Stale => "stale",
            Self::Missing => "missing",
            Self::Edited => "edited",
            Self::Waiting => "waiting",
        })
    }
}

impl fmt::Display for Forecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<String> = self.levels.iter().map(ToString::to_string).collect();
        writeln!(f, "level plan: {}\n", sizes.join(" -> "))?;
        let asks = self.pays();
        let width = if asks { 79 } else { 22 };
        write!(f, "{:<13}{:<9}", "stage", "state")?;
        if asks {
            write!(
                f,
                "{:>8}{:>10}{:>9}{:>9}{:>7}  {:<12}",
                "calls", "answered", "prompt", "answer", "time", "cost"
            )?;
        }
        writeln!(f, "why")?;
        for step in &self.stages {
            let row = row(step, asks);
            let reasons = lines(step);
            let mut reasons = reasons.iter();
            let since = if step.state == Stands::Edited { "kept, though since then " } else { "" };
            match (reasons.next(), step.state) {
                (Some(first), _) => writeln!(f, "{row}{since}{first}")?,
                (None, Stands::Edited) => {
                    writeln!(f, "{row}kept (--discard-edits rebuilds it)")?;
                }
                (None, _) => writeln!(f, "{}", row.trim_end())?,
            }
            for reason in reasons {
                writeln!(f, "{:width$}{reason}", "")?;
            }
        }
        if let Some(edits) = &self.edits {
            let said = edits.to_string();
            let mut lines = said.lines();
            writeln!(f, "{:<13}{}", "  edits", lines.next().unwrap_or_default())?;
            lines.try_for_each(|line| writeln!(f, "{:13}{line}", ""))?;
        }
        if !self.unused.is_empty() {
            writeln!(f)?;
        }
        for folder in &self.unused {
            writeln!(
                f,
                "{folder} is left over from an earlier, longer run and is not part of this one"
            )?;
        }
        self.sum(f)
    }
}

/// A line a reason; what is only waited for shares one.
fn lines(step: &ForecastStep) -> Vec<String> {
    let mut lines = Vec::new();
    let mut awaited: Vec<&str> = Vec::new();
    for explained in &step.reasons {
        match &explained.reason {
            Reason::Upstream { part } => awaited.push(part),
            _ => lines.push(explained.text.clone()),
        }
    }
    if !awaited.is_empty() {
        lines.push(format!("waits for {}", awaited.join(", ")));
    }
    if let Some(command) = &step.command {
        lines.push(format!("runs `{command}`, cost unknown"));
    }
    lines
}

/// What a step is and costs, up to the column of reasons.
fn row(step: &ForecastStep, asks: bool) -> String {
    let ForecastStep { iteration, stage, state, spent, seconds, .. } = step;
    let name = match *stage {
        "input" | "hierarchy" | "map" => format!("  {stage}"),
        _ => format!("{iteration} {stage}"),
    };
    let start = format!("{name:<13}{state:<9}");
    if !asks {
        return start;
    }
    if spent.calls + spent.answered == 0 {
        return format!("{start}{:57}", "");
    }
    let about = if step.exact { "" } else { "~" };
    format!(
        "{start}{:>8}{:>10}{:>9}{:>9}{:>7}  {:<12}",
        format!("{about}{}", spent.calls),
        spent.answered,
        count(spent.prompt_tokens),
        count(spent.completion_tokens),
        format!("{seconds:.0} s"),
        if spent.calls == 0 { "-".to_owned() } else { money(spent.nanodollars) },
    )
}

impl Forecast {
    fn sum(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to_do = self
            .stages
            .iter()
            .filter(|step| step.selected && !matches!(step.state, Stands::Fresh | Stands::Edited));
        let to_do = to_do.count();
        if to_do == 0 {
            return writeln!(f, "\nnothing to do");
        }
        if !self.pays() {
            let rest = if self.runs_commands() { " to the built-in stages" } else { "" };
            return writeln!(f, "\n{to_do} to do; no model is asked: nothing to pay{rest}");
        }
        let Spent { calls, answered, prompt_tokens, completion_tokens, nanodollars, .. } =
            self.total;
        let about = if self.is_exact() { "" } else { "about " };
        let latency =
            if self.latency_measured { "measured so far" } else { "assuming 2 s per call" };
        writeln!(
            f,
            "\n{to_do} to do: {about}{calls} calls ({answered} more already answered), {} + {} tokens, {}, {:.0} s ({latency})",
            count(prompt_tokens),
            count(completion_tokens),
            money(nanodollars),
            self.seconds,
        )?;
        if about.is_empty() {
            return Ok(());
        }
        writeln!(f, "~ estimate; a waiting stage costs nothing if its inputs turn out unchanged")
    }
}
