//! Writes the page of a hierarchy that is made up, of any size: `synthetic 10000 page.html`. With
//! `hostile`, names and all other texts are what nobody should be able to put into a page; with `plain`
//! it has no script; with `mapless` no map; with `left` it is one that is served and leaves questions out. The tests in `web/` look at these pages.

use std::error::Error;
use std::{env, fs, io};

use cladus_core::artifact::Match;
use cladus_page::{
    AskedQuestion, InputColumn, LabelQuestions, Page, PageNode, PageStyle, Placed,
    UnchosenCandidate, render,
};

const WHAT: [&str; 24] = [
    "invoice",
    "password",
    "calendar",
    "webhook",
    "timesheet",
    "export",
    "login",
    "payment",
    "reminder",
    "project board",
    "file upload",
    "notification",
    "subscription",
    "API key",
    "dashboard",
    "permission",
    "template",
    "search",
    "backup",
    "mobile app",
    "integration",
    "report",
    "tax form",
    "onboarding",
];
const HOW: [&str; 20] = [
    "Missing",
    "Late",
    "Duplicate",
    "Wrong",
    "Slow",
    "Expired",
    "Locked",
    "Shared",
    "Automatic",
    "Recurring",
    "Broken",
    "Unwanted",
    "Hidden",
    "Deleted",
    "Failed",
    "Old",
    "New",
    "Partial",
    "Archived",
    "Unassigned",
];
const WHERE: [&str; 16] = [
    "in the client portal",
    "after an update",
    "for new members",
    "on phones",
    "in reports",
    "from the bank",
    "with two-factor sign-in",
    "for contractors",
    "at month's end",
    "in the European region",
    "during a trial",
    "on shared boards",
    "for guests",
    "by e-mail",
    "in spreadsheets",
    "after a merger",
];
const HOSTILE: [&str; 10] = [
    "</script><script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "\"><svg onload=document.title='owned'>",
    "javascript:document.title='owned'",
    "\u{202e}desrever si siht\u{2066} nested",
    "\u{1b}[31mred\u{1b}[0m \u{9b}31m \u{7}bell",
    "{{constructor.constructor('document.title=1')()}} ${document.title=1}",
    "\u{0}nul and \u{ffff} and 👩‍👩‍👧‍👦 and ﷽ and Z̸̧͓͝a̴l̵g̶o",
    "__proto__",
    "مرحبا بالعالم 請求書の再発行 &lt;b&gt; &amp;amp; ]]> --> <!--",
];

/// Numbers that are the same every time (Steele and Vigna's splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        (self.next() % most.max(1) as u64) as usize
    }

    fn share(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u64 << 24) as f32
    }

    /// Around 0, nearly normal.
    fn around(&mut self) -> f32 {
        (0..6).map(|_| self.share()).sum::<f32>() - 3.0
    }
}

fn name(dice: &mut Dice, hostile: bool, depth: usize) -> String {
    let [how, what, place] =
        [dice.below(HOW.len()), dice.below(WHAT.len()), dice.below(WHERE.len())];
    if hostile {
        let long = if dice.below(12) == 0 { "x".repeat(10_000) } else { String::new() };
        return format!("{}{long} {}", HOSTILE[dice.below(HOSTILE.len())], dice.below(1000));
    }
    match depth {
        0 => {
            let other = WHAT[(what + 7) % WHAT.len()];
            let mut name = format!("{}s and {other}s", WHAT[what]);
            name[..1].make_ascii_uppercase();
            name
        }
        1 => format!("{} {}s", HOW[how], WHAT[what]),
        _ => format!("{} {} {}", HOW[how], WHAT[what], WHERE[place]),
    }
}

/// Sizes of the levels, from the roots on: ten roots, and twelve times as many each, as far as it goes.
fn levels(base: usize) -> Vec<usize> {
    let mut levels = vec![base];
    while levels[0] > 20 {
        let above = (levels[0] / 12).max(10);
        levels.insert(0, above.min(levels[0] / 2));
    }
    levels
}

fn made_up(base: usize, hostile: bool, map: bool) -> Page {
    let mut dice = Dice(7);
    let mut nodes: Vec<PageNode> = Vec::new();
    let mut columns = InputColumn { name: "country".to_owned(), values: Vec::new() };
    let levels = levels(base);
    let (mut above, mut first) = (0..0, 0);
    for (depth, &count) in levels.iter().enumerate() {
        let leaf = depth + 1 == levels.len();
        let spread = 0.32 / 3.2f32.powi(depth as i32);
        for at in 0..count {
            // Some parents have many more children than others.
            let skewed = (dice.share().powf(1.6) * above.len() as f32) as usize;
            let even = at < above.len();
            let parent = (depth > 0).then(|| above.start + if even { at } else { skewed });
            let centre = parent.and_then(|parent| nodes[parent].at).unwrap_or((0.5, 0.5));
            let place = (centre.0 + spread * dice.around(), centre.1 + spread * dice.around());
            let name = name(&mut dice, hostile, if leaf { 2 } else { depth });
            let size = if leaf { 1 + (40.0 * dice.share().powi(4)) as u64 } else { 0 };
            let members = (0..size.min(3)).map(|n| format!("item-{first}-{n}")).collect();
            let description = match hostile {
                true => name.clone(),
                false => format!(
                    "People ask about this: {}. They want it solved soon.",
                    name.to_lowercase()
                ),
            };
            let placed = (depth > 0).then(|| Placed {
                matched: Match::Nearest,
                answer: hostile.then(|| HOSTILE[0].to_owned()),
                margin: Some(0.08 * dice.share() - 0.005),
                runner_up: Some(UnchosenCandidate {
                    name: name.clone(),
                    became: Some(above.start + dice.below(above.len())),
                }),
                candidate: HOW[dice.below(HOW.len())].to_owned(),
                scope: None,
                remark: None,
            });
            columns.values.push(leaf.then(|| ["DE", "FR", "US", "PL"][dice.below(4)].to_owned()));
            let id = format!("{}-{first}", if leaf { "c" } else { "p" });
            let level = (levels.len() - 1 - depth) as u8;
            nodes.push(PageNode {
                id,
                parent,
                name,
                description,
                level,
                size,
                placed,
                members: if leaf { members } else { Vec::new() },
                at: map.then_some(place),
                corrected: false,
            });
            first += 1;
        }
        above = first - count..first;
    }
    for at in (0..nodes.len()).rev() {
        if let Some(parent) = nodes[at].parent {
            nodes[parent].size += nodes[at].size;
        }
    }
    let title = if hostile { HOSTILE[0].to_owned() } else { format!("{base} clusters") };
    let note =
        if map { "Points were placed at random around their parents." } else { "No map here." };
    let questions = if hostile { asked(&nodes) } else { LabelQuestions::default() };
    Page {
        title,
        nodes,
        columns: vec![columns],
        map_note: note.to_owned(),
        questions,
        ..Page::default()
    }
}

/// One question about all, in which everything is what nobody should be able to put into a page.
fn asked(nodes: &[PageNode]) -> LabelQuestions {
    let about = |node: &PageNode| node.placed.iter().map(|_| (0, HOSTILE[0].to_owned())).collect();
    LabelQuestions {
        names: HOSTILE.iter().map(|name| (*name).to_owned()).collect(),
        asked: vec![AskedQuestion {
            model: HOSTILE[1].to_owned(),
            items: nodes.len(),
            offered: (0..HOSTILE.len()).collect(),
        }],
        of: nodes.iter().map(about).collect(),
        left_out: false,
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [base, out, how @ ..] = args.as_slice() else {
        return Err("usage: synthetic CLUSTERS FILE [hostile] [plain] [mapless] [left]".into());
    };
    let is = |word: &str| how.iter().any(|said| said == word);
    let mut page = made_up(base.parse()?, is("hostile"), !is("mapless"));
    // As of a large run whose questions are told by whoever serves it.
    page.questions.left_out = is("left");
    if is("left") {
        let placed = page.nodes.iter_mut().filter_map(|node| node.placed.as_mut());
        placed.for_each(|placed| placed.answer = Some("Late".to_owned()));
    }
    let look = PageStyle { plain: is("plain"), served: is("left") };
    let html = render(&page, look).map_err(|problem| io::Error::other(problem.to_string()))?;
    fs::write(out, html)?;
    Ok(())
}
