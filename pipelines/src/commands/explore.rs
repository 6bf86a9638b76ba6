//! `cladus explore`

use std::path::{Path, PathBuf};

use cladus_cli::{Display, print, window};
use cladus_core::{Error, Result, atomic, exit};
use cladus_page::{Look, Page, has_script, render};

use super::here::RunArg;
use crate::folder::RunFolder;
use crate::picture;

/// Shows a run in the browser: tree, map, sizes and doubt on one page that needs no network.
#[derive(Debug, clap::Args)]
pub(crate) struct ExploreArgs {
    #[command(flatten)]
    run: RunArg,
    /// Where to write the page [default: explore.html in the run folder].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Only write it. Where standard output is no terminal, nothing is opened either.
    #[arg(long)]
    no_open: bool,
    /// Without a script: nested lists with bars, complete.
    #[arg(long)]
    plain: bool,
}

pub(crate) fn run(args: &ExploreArgs, display: &Display) -> Result<u8> {
    let root = args.run.path()?;
    let folder = RunFolder::finished(&root)?;
    let out = args.out.clone().unwrap_or_else(|| folder.root().join("explore.html"));
    write(&folder, &out, args.plain, display)?;
    if !args.no_open && window().is_some() {
        open_in_browser(&out, display);
    }
    Ok(exit::OK)
}

/// Writes the page of a run, and says so.
pub(crate) fn write(folder: &RunFolder, out: &Path, plain: bool, display: &Display) -> Result<()> {
    /// From so many bytes on, browsers take a while.
    const LARGE: usize = 25_000_000;
    let html = html(&picture::page(folder)?, Look { plain, served: false })?;
    atomic::publish_bytes(out, html.as_bytes())?;
    if html.len() > LARGE {
        let megabytes = html.len() / 1_000_000;
        display.warning(&format!("the page has {megabytes} MB, and takes a while to open"));
    }
    if !plain && !has_script() {
        display.warning(
            "this cladus was built without the page's script (`npm ci && npm run build` in web/, then build again): the page is a plain one",
        );
    }
    print(&format!("{}\n", out.display()))
}

/// The page as a file holds it.
pub(crate) fn html(page: &Page, look: Look) -> Result<String> {
    render(page, look).map_err(|problem| Error::config(problem.to_string()))
}

/// What cannot be opened is there all the same.
fn open_in_browser(file: &Path, display: &Display) {
    if let Err(error) = open::that_detached(file) {
        let name = file.display();
        display.warning(&format!("{name} could not be opened ({error}): open it in a browser"));
    }
}
