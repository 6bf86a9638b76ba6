//! The document: what it may do, its style, what is in it.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::escape::escaped;
use crate::order::{OrderedNodes, TreeProblem};
use crate::{Page, pack, plain};

const SCRIPT: &str = include_str!(concat!(env!("OUT_DIR"), "/page.js"));
const STYLE: &str = include_str!(concat!(env!("OUT_DIR"), "/page.css"));
const PLAIN_STYLE: &str = include_str!("plain.css");

/// Shown in a browser tab: an SVG of nothing but three bars, in colours that do in light and dark.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%230072b2' d='M1 2h14v3H1z'/%3E%3Cpath fill='%23d55e00' d='M4 7h9v3H4z'/%3E%3Cpath fill='%23009e73' d='M4 12h5v3H4z'/%3E%3C/svg%3E";

/// How a page is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PageStyle {
    /// Without a script, even where there is one.
    pub plain: bool,
    /// It is served by a process that takes corrections, with which its script may talk.
    pub served: bool,
}

/// Was the script built when this was?
pub fn has_script() -> bool {
    !SCRIPT.is_empty() && !STYLE.is_empty()
}

/// The page as HTML.
///
/// # Errors
/// When its nodes are no tree.
pub fn render(page: &Page, look: PageStyle) -> Result<String, TreeProblem> {
    let tree = OrderedNodes::of(page)?;
    Ok(if has_script() && !look.plain { scripted(&tree, look) } else { alone(&tree) })
}

fn scripted(tree: &OrderedNodes<'_>, look: PageStyle) -> String {
    let style = format!("{STYLE}{PLAIN_STYLE}");
    let connect = if look.served { " connect-src 'self';" } else { "" };
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data: blob:;{connect} base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        hash(SCRIPT),
        hash(&style),
    );
    let served = if look.served { " data-served=\"yes\"" } else { "" };
    let mut text = head(tree, &policy, &style, served);
    text += "<div id=\"app\"></div>\n<noscript>\n";
    text += &plain::overview(tree);
    text += "</noscript>\n";
    for (name, block) in pack::pack(tree) {
        let _ = writeln!(text, "<script type=\"text/plain\" id=\"data-{name}\">{block}</script>");
    }
    let _ = write!(text, "<script>{SCRIPT}</script>\n</body>\n</html>\n");
    text
}

fn alone(tree: &OrderedNodes<'_>) -> String {
    let policy = format!(
        "default-src 'none'; style-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        hash(PLAIN_STYLE)
    );
    let mut text = head(tree, &policy, PLAIN_STYLE, "");
    text += &plain::whole(tree);
    text += "</body>\n</html>\n";
    text
}

fn head(tree: &OrderedNodes<'_>, policy: &str, style: &str, served: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"{served}>\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <link rel=\"icon\" href=\"{ICON}\">\n\
         <title>{}</title>\n<style>{style}</style>\n</head>\n<body>\n",
        escaped(&tree.page.title)
    )
}

/// What a policy calls a script or style that it lets in.
fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}
