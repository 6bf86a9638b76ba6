//! Takes the page's script and style in where they were built (`npm run build` in `web/`). Without
//! them the crate writes pages that do without a script.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let built = Path::new("../../web/dist");
    // The folder is always there, so that cargo can tell whether anything in it has changed.
    println!("cargo::rerun-if-changed={}", built.display());
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo sets OUT_DIR"))?;
    for name in ["page.js", "page.css"] {
        let text = fs::read(built.join(name)).unwrap_or_default();
        fs::write(Path::new(&out).join(name), text)?;
    }
    Ok(())
}
