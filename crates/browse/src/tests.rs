//! Keys, and what is shown then.

use cladus_core::artifact::Match;
use cladus_page::{Page, PageNode, Placed, UnchosenCandidate};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::browser::Browser;
use crate::keys::KeyOutcome;
use crate::tree::BrowsedTree;
use crate::view::{self, Palette};
use crate::{Correction, Granted, Shown, WhyLine};

fn node(id: &str, parent: Option<usize>, name: &str, size: u64) -> PageNode {
    let (id, name) = (id.to_owned(), name.to_owned());
    PageNode { id, parent, name, size, ..PageNode::default() }
}

/// Two roots, the first with two children of which one has two itself; `rolls` is in doubt.
fn page() -> Page {
    let mut nodes = vec![
        node("food", None, "Food and drink", 90),
        node("locks", None, "Locks", 10),
        node("bread", Some(0), "Bread", 60),
        node("tea", Some(0), "Tea", 30),
        node("rolls", Some(2), "Rolls", 40),
        node("loaves", Some(2), "Loaves", 20),
    ];
    nodes[0].description = "All that can be had at a table.".to_owned();
    nodes[0].level = 2;
    nodes[2].level = 1;
    nodes[4].members = vec!["r1".to_owned(), "r2".to_owned()];
    let placed = |margin: f32| Placed {
        matched: Match::Nearest,
        answer: None,
        margin: Some(margin),
        runner_up: Some(UnchosenCandidate { name: "Hot drinks".to_owned(), became: Some(3) }),
        candidate: "Bread".to_owned(),
        scope: None,
        remark: None,
    };
    for at in [4, 5] {
        nodes[at].placed = Some(placed(0.2 * at as f32 - 0.78));
    }
    // Enough clear ones that a tenth of all is one.
    for at in 0..20_u8 {
        let mut more = node(&format!("tea-{at:02}"), Some(3), &format!("Tea {at:02}"), 1);
        more.placed = Some(placed(0.5));
        nodes.push(more);
    }
    Page { title: "my-run".to_owned(), nodes, ..Page::default() }
}

/// A browser and the terminal it is drawn on.
struct Played {
    browser: Browser,
    terminal: Terminal<TestBackend>,
    palette: Palette,
}

impl Played {
    fn new(page: Page, width: u16, height: u16) -> Self {
        let browser = Browser::new(BrowsedTree::new(page, &[]));
        let terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let mut played = Self { browser, terminal, palette: Palette::default() };
        played.draw();
        played
    }

    fn draw(&mut self) {
        let (browser, palette) = (&mut self.browser, self.palette);
        self.terminal.draw(|frame| view::draw(browser, palette, frame)).unwrap();
    }

    fn key(&mut self, code: KeyCode) -> Option<KeyOutcome> {
        let next = self.browser.key(KeyEvent::new(code, KeyModifiers::NONE));
        self.draw();
        next
    }

    /// Types letters; nothing may come of them yet.
    fn types(&mut self, letters: &str) -> &mut Self {
        for letter in letters.chars() {
            let code = if letter == '\n' { KeyCode::Enter } else { KeyCode::Char(letter) };
            assert_eq!(self.key(code), None, "{letter:?}");
        }
        self
    }

    /// What stands on the screen, a string a line.
    fn lines(&self) -> Vec<String> {
        let buffer = self.terminal.backend().buffer();
        let line = |y| (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..buffer.area.height).map(|y| line(y).trim_end().to_owned()).collect()
    }

    /// The same in one.
    fn all(&self) -> String {
        self.lines().join("\n")
    }

    /// The cluster that somebody is on.
    fn here(&self) -> &str {
        &self.browser.tree.nodes[self.browser.here().unwrap()].id
    }

    fn foot(&self) -> String {
        self.lines().pop().unwrap()
    }
}

#[test]
fn the_first_screen_has_roots_sizes_shares_bars_doubts_and_a_panel() {
    let played = Played::new(page(), 80, 24);
    let lines = played.lines();
    assert_eq!(lines[0], "my-run  23 base clusters, 100 items, 2 roots, 3 levels");
    assert_eq!(lines[1], "  90  90.0%  ██████████  ▸ Food and drink 2?");
    assert_eq!(lines[2], "  10  10.0%  █▏            Locks");
    assert!(lines[15].starts_with("── cluster (w: why it is here"), "{}", played.all());
    assert_eq!(lines[16], "Food and drink");
    assert_eq!(lines[17], "All that can be had at a table.");
    assert_eq!(lines[18], "size      90 of 100 items, 90.0%");
    assert!(played.foot().starts_with("/ search  w why  d doubtful"), "{}", played.foot());
}

#[test]
fn arrows_and_letters_open_close_and_walk() {
    let mut played = Played::new(page(), 80, 24);
    played.types("ll");
    assert_eq!(played.here(), "bread");
    assert_eq!(played.lines()[2], "  60  60.0%  ██████▋       ▸ Bread 2?");
    played.types("lj");
    assert_eq!(played.here(), "rolls");
    assert_eq!(played.lines()[3], "  40  40.0%  ████▌             Rolls ?");
    played.key(KeyCode::Left);
    assert_eq!(played.here(), "bread");
    played.key(KeyCode::Left);
    assert!(!played.all().contains("Rolls ?"));
    played.types("G");
    assert_eq!(played.here(), "locks");
    played.types("g*");
    assert_eq!(played.browser.rows.len(), 26);
    played.types("G-");
    assert_eq!((played.here(), played.browser.rows.len()), ("locks", 2));
    played.types("kkkk");
    assert_eq!(played.here(), "food");
    assert_eq!(played.key(KeyCode::Char('q')), Some(KeyOutcome::Leave));
}

#[test]
fn what_is_drawn_is_what_is_in_sight() {
    let mut played = Played::new(page(), 80, 10);
    played.types("*G");
    let lines = played.lines();
    assert_eq!(played.here(), "locks");
    assert!(lines[8].ends_with("Locks") && lines[7].ends_with("Tea 19"), "{}", played.all());
    played.types("k");
    assert_eq!(played.lines()[8], lines[8], "it does not move before it must");
}

#[test]
fn a_search_opens_the_path_goes_on_and_comes_back() {
    let mut played = Played::new(page(), 80, 24);
    played.types("j/tea");
    assert_eq!((played.here(), played.foot().as_str()), ("tea", "/tea  21 found"));
    played.types(" 1");
    assert_eq!(played.here(), "tea-10");
    assert_eq!(played.foot(), "/tea 1  10 found");
    played.types("\nn");
    assert_eq!(played.here(), "tea-11");
    assert_eq!(played.foot(), "2 of 10 with “tea 1”: n next, N back, Esc ends it");
    played.types("NN");
    assert_eq!(played.here(), "tea-19", "round");
    played.key(KeyCode::Esc);
    assert_eq!(played.here(), "tea-19");
    // Descriptions come after names, and what was only opened for a hit is closed again.
    played.types("-/table");
    assert_eq!(played.here(), "food");
    played.types("x");
    assert!(played.foot().ends_with("nothing found"));
    played.key(KeyCode::Esc);
    assert_eq!((played.here(), played.browser.rows.len()), ("food", 2));
    played.types("/rolls");
    assert_eq!(played.browser.rows.len(), 6);
    played.key(KeyCode::Esc);
    assert_eq!((played.here(), played.browser.rows.len()), ("food", 2));
    played.types("/zzz\n");
    assert_eq!(played.foot(), "no name or description contains “zzz”");
}

#[test]
fn the_worklist_has_the_most_doubtful_first() {
    let mut played = Played::new(page(), 80, 24);
    played.types("d");
    let lines = played.lines();
    assert!(lines[1].contains("2 to look at") || lines[1].contains(" to look at"), "{}", lines[1]);
    assert!(lines[2].starts_with("?  0.020 Rolls"), "{}", lines[2]);
    assert!(lines[2].contains("Bread") && lines[2].ends_with("Tea"), "{}", lines[2]);
    assert!(played.all().contains("? in doubt; 0.020 nearer than the runner-up"));
    assert!(played.all().contains("Tea (as candidate: Hot drinks)"), "{}", played.all());
    let to = Correction::Move { cluster: "rolls".to_owned(), to: "tea".to_owned() };
    assert_eq!(played.key(KeyCode::Char('a')), Some(KeyOutcome::Correct(to)));
    played.types("\n");
    assert_eq!((played.here(), played.browser.list), ("rolls", None));
}

#[test]
fn a_move_goes_to_the_row_that_enter_is_pressed_on() {
    let mut played = Played::new(page(), 80, 24);
    played.types("/rolls\nm");
    assert_eq!(played.here(), "tea", "where its runner-up is");
    assert!(played.foot().starts_with("move “Rolls”: go to its new parent"), "{}", played.foot());
    played.types("/locks\n");
    let to = Correction::Move { cluster: "rolls".to_owned(), to: "locks".to_owned() };
    assert_eq!(played.key(KeyCode::Enter), Some(KeyOutcome::Correct(to)));
    let refused = Granted::Refused("nothing was changed: a\nreason \u{1b}[31m".to_owned());
    played.browser.corrected(refused);
    played.draw();
    assert_eq!(played.foot(), "nothing was changed: a reason");
    assert!(played.browser.picking.is_some(), "another one can be chosen");
    played.key(KeyCode::Esc);
    assert!(played.browser.picking.is_none());
    played.types("gm");
    assert!(played.foot().starts_with("it is a root"));
}

#[test]
fn a_merge_asks_for_the_other_one_and_for_a_name() {
    let mut played = Played::new(page(), 80, 24);
    played.types("/bread\nM\n");
    assert!(played.foot().starts_with("that is the cluster itself"));
    played.types("/tea\n\n");
    assert_eq!(played.foot(), "name with “Bread” in it: Tea");
    let (kept, other) = ("tea".to_owned(), "bread".to_owned());
    played.types("s");
    let merge = Correction::Merge { kept, other, name: Some("Teas".to_owned()) };
    assert_eq!(played.key(KeyCode::Enter), Some(KeyOutcome::Correct(merge)));
}

#[test]
fn after_a_correction_it_is_where_it_was() {
    let mut played = Played::new(page(), 80, 24);
    played.types("/rolls\n");
    played.key(KeyCode::Esc);
    played.types("r");
    played.browser.key(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL));
    played.types("Buns");
    let renamed = Correction::Rename { cluster: "rolls".to_owned(), name: "Buns".to_owned() };
    assert_eq!(played.key(KeyCode::Enter), Some(KeyOutcome::Correct(renamed)));
    let mut page = page();
    page.nodes[4].name = "Buns".to_owned();
    page.nodes[4].parent = Some(3);
    page.nodes[4].corrected = true;
    let edits = vec!["rename \"Rolls\" to \"Buns\"".to_owned()];
    let shown = Shown { page, edits };
    played.browser.corrected(Granted::Corrected(Box::new(shown), "done".to_owned()));
    played.draw();
    assert_eq!((played.here(), played.foot().as_str()), ("rolls", "done"));
    assert!(played.lines()[0].ends_with("✎ 1 correction"));
    assert!(played.all().contains("Buns ✎") && played.all().contains("people put it here"));
    played.types("u");
    assert_eq!(played.foot(), "undo “rename \"Rolls\" to \"Buns\"”?  y / n");
    played.types("nu");
    let last = "rename \"Rolls\" to \"Buns\"".to_owned();
    let undo = KeyOutcome::Correct(Correction::Undo { last });
    assert_eq!(played.key(KeyCode::Char('y')), Some(undo));
}

#[test]
fn why_is_asked_for_once_for_each_cluster() {
    let mut played = Played::new(page(), 120, 24);
    assert_eq!(played.browser.wants_why(), None);
    played.types("w");
    assert_eq!(played.browser.wants_why().as_deref(), Some("food"));
    let lines = vec![
        WhyLine::Fact("group", "3, with 4 others".to_owned()),
        WhyLine::Heading("2 candidates".to_owned()),
        WhyLine::Choice {
            chosen: true,
            number: Some("0.812".to_owned()),
            name: "Food".to_owned(),
            scope: None,
        },
        WhyLine::Text("answered \"Food\"".to_owned()),
    ];
    played.browser.told_why("food".to_owned(), Granted::Why(lines));
    played.draw();
    assert_eq!(played.browser.wants_why(), None);
    let all = played.all();
    for says in ["group     3, with 4 others", "* 0.812  Food", "answered \"Food\""] {
        assert!(all.contains(says), "{all}");
    }
    played.types("j");
    assert_eq!(played.browser.wants_why().as_deref(), Some("locks"));
}

#[test]
fn every_size_can_be_drawn_in_every_state() {
    for (width, height) in
        [(1, 1), (2, 3), (10, 2), (20, 6), (40, 12), (80, 24), (109, 15), (300, 90)]
    {
        for keys in ["", "*G", "d", "w", "?", "/tea", "rabc", "*jjm", "M"] {
            let mut played = Played::new(page(), width, height);
            played.types(keys);
            played.key(KeyCode::Tab);
            played.types("JJ");
            played.terminal.backend_mut().resize(height, width);
            played.terminal.autoresize().unwrap();
            played.draw();
        }
    }
    Played::new(Page::default(), 80, 24).types("jlh*-dwrmMpau/x\nnN\n?");
}

#[test]
fn nothing_in_a_name_reaches_the_terminal_as_anything_but_text() {
    let evil = "a\u{1b}[2J\u{9b}31mb\u{202e}c\u{7}\r\nd";
    let mut page = page();
    for node in &mut page.nodes {
        node.name = format!("{evil} {}", node.name);
        evil.clone_into(&mut node.description);
        node.members = vec![evil.to_owned()];
        if let Some(placed) = &mut node.placed {
            placed.remark = Some(evil.to_owned());
            placed.answer = Some(evil.to_owned());
        }
    }
    page.title = evil.to_owned();
    let mut played = Played::new(page, 100, 40);
    let why = [WhyLine::Text(evil.to_owned()), WhyLine::Fact("x", evil.to_owned())];
    for keys in ["*", "jj", "d", "w", "/tea"] {
        played.types(keys);
        if let Some(id) = played.browser.wants_why() {
            played.browser.told_why(id, Granted::Why(why.to_vec()));
        }
        played.browser.tell(evil);
        played.draw();
        let all = played.all();
        let acts = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!all.contains(acts) && !all.contains("[2J"), "{all}");
    }
}

#[test]
fn without_colours_there_is_none() {
    let colours = |colour: bool| {
        let mut played = Played::new(page(), 80, 24);
        played.palette = Palette { colour };
        played.types("*");
        let buffer = played.terminal.backend().buffer().clone();
        let reset = ratatui::style::Color::Reset;
        buffer.content.iter().filter(|cell| cell.fg != reset || cell.bg != reset).count()
    };
    assert_eq!(colours(false), 0);
    assert!(colours(true) > 0);
}

#[test]
fn a_hundred_thousand_clusters_stay_quick() {
    let mut nodes: Vec<PageNode> =
        (0..20).map(|at| node(&format!("r{at}"), None, "Root", 5_000)).collect();
    for at in 0..100_000_usize {
        nodes.push(node(&format!("c{at}"), Some(at % 20), &format!("Cluster {at}"), 1));
    }
    let mut played = Played::new(Page { nodes, ..Page::default() }, 120, 50);
    for _ in 0..20 {
        played.types("lG");
    }
    played.types("g");
    let began = std::time::Instant::now();
    for _ in 0..200 {
        played.types("j");
    }
    let each = began.elapsed() / 200;
    assert!(each.as_millis() < 50, "{each:?} a key and a screen, without optimisation");
}
