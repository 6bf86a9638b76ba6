//! `cladus explore`

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use cladus_cli::{Display, print, window};
use cladus_core::config::Config;
use cladus_core::{Error, Result, atomic, content, exit};
use cladus_page::{Page, PageStyle, has_script, render};

use super::here::RunArg;
use crate::folder::RunFolder;
use crate::picture;
use crate::serving::Served;
use crate::tree::hierarchy::Again;
use crate::tree::map::Map;

/// Show a run in the browser: tree, map, sizes, doubtful labels.
#[derive(Debug, clap::Args)]
pub(crate) struct ExploreArgs {
    #[command(flatten)]
    run: RunArg,
    /// File to write the page to [default: explore.html in the run folder].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Do not open a browser (the default if standard output is not a terminal).
    #[arg(long)]
    no_open: bool,
    /// Write a complete page without JavaScript: nested lists with bars.
    #[arg(long)]
    plain: bool,
    /// Input column to colour points by: categories or numbers (repeatable).
    #[arg(long = "column", value_name = "NAME")]
    columns: Vec<String>,
    /// Do not create a map if the run has none.
    #[arg(long)]
    no_map: bool,
    /// Serve the page on this machine only and write its corrections into the run, until Ctrl-C.
    #[arg(long, conflicts_with_all = ["out", "plain"])]
    serve: bool,
    /// Port to serve on [default: any free one].
    #[arg(long, requires = "serve", default_value_t = 0, hide_default_value = true)]
    port: u16,
}

pub(crate) fn run(args: &ExploreArgs, display: &Display) -> Result<u8> {
    let folder = RunFolder::finished(&args.run.path()?)?;
    if !args.no_map {
        make_map(&folder, display);
    }
    let opens = !args.no_open && window().is_some();
    if args.serve {
        return serve(&folder, args, opens, display);
    }
    let out = args.out.clone().unwrap_or_else(|| folder.root().join("explore.html"));
    let mut page = picture::page(&folder)?;
    picture::columns::put(&mut page, &folder, &args.columns)?;
    write(&page, &out, args.plain, display)?;
    if opens {
        open_in_browser(out.as_os_str(), display);
    }
    Ok(exit::OK)
}

/// Makes the run's map what it should be. A run can be looked at without: what is in the way is told.
fn make_map(folder: &RunFolder, display: &Display) {
    let made = || -> Result<()> {
        let config = folder.config();
        let config = Config::load_or_default(config.is_file().then_some(config.as_path()))?;
        let map = Map::of(folder, &config);
        if !map.can_be_made() {
            return Ok(());
        }
        let lock = folder.lock()?;
        lock.warning().into_iter().for_each(|warning| display.warning(warning));
        content::recall(&folder.memory(), folder.root());
        map.update(Again::By("removing it"), display)?;
        content::remember(&folder.memory(), folder.root())
    };
    if let Err(error) = made() {
        display.warning(&format!("no map was created: {error}"));
    }
}

fn serve(folder: &RunFolder, args: &ExploreArgs, opens: bool, display: &Display) -> Result<u8> {
    if !has_script() {
        return Err(Error::config_hint(
            "this build of cladus lacks the page's script, which sends corrections back",
            "`npm ci && npm run build` in web/, then build again; or correct with `cladus edit`",
        ));
    }
    let served = Served::begin(folder, &args.columns, args.port, display)?;
    print(&format!("{}\n", served.url()))?;
    if opens {
        open_in_browser(OsStr::new(&served.url()), display);
    }
    served.serve()?;
    Ok(exit::OK)
}

/// Writes the page of a run, and says so.
fn write(page: &Page, out: &Path, plain: bool, display: &Display) -> Result<()> {
    /// From so many bytes on, browsers take a while.
    const LARGE: usize = 25_000_000;
    let html = html(page, PageStyle { plain, served: false })?;
    atomic::publish_bytes(out, html.as_bytes())?;
    if html.len() > LARGE {
        let megabytes = html.len() / 1_000_000;
        display.warning(&format!("the page has {megabytes} MB and takes a while to open"));
    }
    if !plain && !has_script() {
        display.warning(
            "this build of cladus lacks the page's script (`npm ci && npm run build` in web/, then build again): the page is written without it",
        );
    }
    print(&format!("{}\n", out.display()))
}

/// The page as a file holds it.
pub(crate) fn html(page: &Page, look: PageStyle) -> Result<String> {
    render(page, look).map_err(|problem| Error::config(problem.to_string()))
}

/// What cannot be opened is there all the same.
fn open_in_browser(what: &OsStr, display: &Display) {
    if let Err(error) = open::that_detached(what) {
        let name = what.display();
        display.warning(&format!("{name} could not be opened ({error}): open it in a browser"));
    }
}
