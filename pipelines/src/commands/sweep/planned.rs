//! What the runs of a sweep would cost, before any is made.

use std::path::PathBuf;

use cladus_cli::{Display, count, money};
use cladus_core::config::{Config, InputConfig};
use cladus_core::progress::Spent;
use cladus_core::{Error, Result, artifact};
use serde::Serialize;

use super::aligned;
use crate::drive::forecast::{Depth, Forecast, forecast};
use crate::drive::standing::Options;
use crate::folder::RunFolder;
use crate::input::base::{Base, InputSource};

/// What a run of the sweep would do.
#[derive(Debug, Serialize)]
pub(super) struct Planned {
    name: String,
    folder: PathBuf,
    #[serde(flatten)]
    forecast: Forecast,
}

/// Every trial as it stands, none of them made. What one would pay for and another needs too is in
/// both.
///
/// # Errors
/// Those of reading the input, and of what a run finds before it asks anybody.
pub(super) fn planned(
    trials: Vec<(RunFolder, String, Config)>,
    mut source: InputSource,
    display: &Display,
) -> Result<Vec<Planned>> {
    let scratch = tempfile::tempdir().map_err(|e| Error::io("create", &std::env::temp_dir(), e))?;
    let mut found = Vec::new();
    for (folder, name, config) in trials {
        let looked = Base::look(&folder, Some(&source));
        let mut base = looked.map_err(crate::commands::spelt_out)?;
        if let Some(told) = base.told.as_ref().filter(|_| found.is_empty()) {
            told.tell(folder.root(), display);
        }
        if source.path.as_os_str() == "-" {
            // Standard input is read once.
            let path = scratch.path().join("clusters.parquet");
            artifact::write_clusters(&path, &base.clusters()?)?;
            source = InputSource { path, config: InputConfig::default() };
            base = Base::look(&folder, Some(&source))?;
        }
        let forecast = forecast(&folder, base, &config, &Options::default(), Depth::Deep)?;
        found.push(Planned { name, folder: folder.root().to_owned(), forecast });
    }
    Ok(found)
}

/// One line a run, and what all of them come to.
pub(super) fn table(planned: &[Planned]) -> String {
    let pays = planned.iter().any(|run| run.forecast.pays());
    let mut lines = vec![vec!["run".to_owned(), "levels".to_owned()]];
    if pays {
        let costs = ["calls", "answered", "tokens", "cost", "time"];
        lines[0].extend(costs.map(str::to_owned));
    }
    for Planned { name, forecast, .. } in planned {
        let sizes: Vec<String> = forecast.levels.iter().map(ToString::to_string).collect();
        let mut line = vec![name.clone(), sizes.join(" -> ")];
        if pays {
            let about = if forecast.is_exact() { "" } else { "~" };
            let total = &forecast.total;
            line.extend([
                format!("{about}{}", total.calls),
                total.answered.to_string(),
                count(tokens(total)),
                if total.calls == 0 { "-".to_owned() } else { money(total.nanodollars) },
                format!("{:.0} s", forecast.seconds),
            ]);
        }
        lines.push(line);
    }
    let totals = planned.iter().map(|run| run.forecast.total);
    let calls: u64 = totals.clone().map(|total| total.calls).sum();
    let said = if planned.iter().all(|run| run.forecast.is_fresh()) {
        "nothing to do".to_owned()
    } else if !pays {
        let commands = planned.iter().any(|run| run.forecast.runs_commands());
        let rest = if commands { " to the built-in stages" } else { "" };
        format!("no model is asked: nothing to pay{rest}")
    } else if calls == 0 {
        "everything is answered already: nothing to pay".to_owned()
    } else {
        let spent: u64 = totals.clone().map(|total| tokens(&total)).sum();
        let cost = totals.map(|total| total.nanodollars).try_fold(0, |sum, cost| Some(sum + cost?));
        let about = if planned.iter().all(|run| run.forecast.is_exact()) { "" } else { "about " };
        format!(
            "in total {about}{calls} calls, {} tokens, {}; questions that runs share are paid for once",
            count(spent),
            money(cost)
        )
    };
    format!("{}\n{said}\n", aligned(&lines))
}

fn tokens(spent: &Spent) -> u64 {
    spent.prompt_tokens + spent.completion_tokens
}
