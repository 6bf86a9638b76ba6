//! The page as bytes: the same every time, complete without a script, and safe whatever texts say.

use cladus_core::artifact::Match;
use cladus_page::{
    ChangeKind, Changes, NodeChange, Page, PageNode, PageStyle, Placed, TreeProblem,
    UnchosenCandidate, render,
};

const PLAIN: PageStyle = PageStyle { plain: true, served: false };

fn node(id: &str, parent: Option<usize>, size: u64) -> PageNode {
    let name = format!("Name of {id}");
    PageNode { id: id.to_owned(), parent, name, size, ..PageNode::default() }
}

/// Two roots, three parents, and nine base clusters that all have a place.
fn page() -> Page {
    let mut nodes = vec![node("r1", None, 60), node("r2", None, 30)];
    for (parent, root) in [(2, 0), (3, 0), (4, 1)] {
        nodes.push(node(&format!("p{parent}"), Some(root), 30));
    }
    for leaf in 0..9_u64 {
        let parent = 2 + (leaf / 3) as usize;
        let mut node = node(&format!("c{leaf}"), Some(parent), 10);
        node.description = format!("What {leaf} is about.");
        node.members = vec![format!("item-{leaf}")];
        node.placed = Some(Placed {
            matched: Match::Nearest,
            answer: None,
            margin: Some(0.01 * leaf as f32),
            runner_up: Some(UnchosenCandidate { name: "Another".to_owned(), became: Some(4) }),
            candidate: "This".to_owned(),
            scope: None,
            remark: None,
        });
        nodes.push(node);
    }
    for (at, node) in nodes.iter_mut().enumerate() {
        node.at = Some((at as f32, (at * at % 7) as f32));
    }
    Page { title: "A run".to_owned(), nodes, ..Page::default() }
}

#[test]
fn the_same_rows_in_any_order_give_the_same_bytes() {
    let page = page();
    let mut turned = page.clone();
    turned.nodes.reverse();
    let last = page.nodes.len() - 1;
    for node in &mut turned.nodes {
        node.parent = node.parent.map(|parent| last - parent);
        if let Some(second) = node.placed.as_mut().and_then(|placed| placed.runner_up.as_mut()) {
            second.became = second.became.map(|node| last - node);
        }
    }
    for look in [PageStyle::default(), PLAIN] {
        let first = render(&page, look).unwrap();
        assert_eq!(first, render(&page, look).unwrap());
        assert_eq!(first, render(&turned, look).unwrap());
    }
}

#[test]
fn without_a_script_everything_is_there() {
    let html = render(&page(), PLAIN).unwrap();
    assert!(!html.contains("<script"));
    for node in page().nodes {
        assert!(html.contains(&format!(">{}</span>", node.name)), "{}", node.name);
        assert!(html.contains(&node.description));
    }
    assert_eq!(html.matches("<details").count(), 5 + 1, "every parent, and the map");
    assert_eq!(html.matches("</details>").count(), html.matches("<details").count());
    assert_eq!(html.matches("</ul>").count(), html.matches("<ul").count());
    assert_eq!(html.matches("</li>").count(), html.matches("<li>").count());
    assert_eq!(html.matches("<circle").count(), 9);
    assert!(html.contains("66.7 %") && html.contains("9 base clusters, 90 items, 2 roots"));
}

#[test]
fn texts_are_never_markup() {
    let texts = [
        "</script><script>alert(1)</script>",
        "</title></style><img src=x onerror=alert(1)>",
        "\" onmouseover=\"alert(1)",
        "' autofocus onfocus='alert(1)",
        "<!-- --> ]]> <![CDATA[",
        "line\nbreak\r\nand \u{2028} and \u{0}",
    ];
    for text in texts {
        let mut page = page();
        page.title = text.to_owned();
        page.map_note = text.to_owned();
        page.edits = text.to_owned();
        page.changes = Some(Changes {
            since: text.to_owned(),
            of: vec![NodeChange { kind: ChangeKind::New, says: text.to_owned() }; page.nodes.len()],
            gone: Vec::new(),
            summary: vec![text.to_owned()],
        });
        for node in &mut page.nodes {
            node.name = text.to_owned();
            node.description = text.to_owned();
            node.members = vec![text.to_owned()];
            if let Some(placed) = &mut node.placed {
                placed.answer = Some(text.to_owned());
                placed.remark = Some(text.to_owned());
                placed.candidate = text.to_owned();
                placed.runner_up = Some(UnchosenCandidate { name: text.to_owned(), became: None });
            }
        }
        for look in [PLAIN, PageStyle::default()] {
            let html = render(&page, look).unwrap();
            let harmless = render(&Page { title: "t".to_owned(), ..self::page() }, look).unwrap();
            let tags = |html: &str, tag: &str| html.matches(tag).count();
            for tag in ["<script", "</script", "</style", "</title", "<!--"] {
                assert_eq!(tags(&html, tag), tags(&harmless, tag), "{tag} by {text:?}");
            }
            for tag in ["<img", "\" onmouse", "' autofocus"] {
                assert_eq!(tags(&html, tag), 0, "{tag} by {text:?}");
            }
        }
    }
}

#[test]
fn the_policy_lets_in_nothing_but_what_is_there() {
    for look in [PageStyle::default(), PLAIN, PageStyle { served: true, plain: false }] {
        let html = render(&page(), look).unwrap();
        let policy = html.split("Content-Security-Policy\" content=\"").nth(1).unwrap();
        let policy = policy.split('"').next().unwrap();
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        assert_eq!(policy.contains("connect-src"), look.served && html.contains("<script"));
        assert!(!html.contains(" style=\""), "the policy would refuse it");
    }
}

#[test]
fn what_is_no_tree_is_an_error_and_an_empty_one_is_a_page() {
    let mut circle = page();
    circle.nodes[0].parent = Some(2);
    assert_eq!(render(&circle, PLAIN), Err(TreeProblem::Circle));
    let empty = render(&Page::default(), PageStyle::default()).unwrap();
    assert!(empty.contains("0 base clusters, 0 items, 0 roots"));
}

#[test]
fn large_trees_are_light() {
    let mut nodes = vec![node("root", None, 20_000)];
    for leaf in 0..20_000_u64 {
        let mut node = node(&format!("{:08x}", leaf.wrapping_mul(2_654_435_761)), Some(0), 1);
        node.at = Some(((leaf * 7919 % 20_011) as f32, (leaf * 104_729 % 20_011) as f32));
        nodes.push(node);
    }
    let small =
        render(&Page { nodes: nodes[..1].to_vec(), ..Page::default() }, PageStyle::default());
    let html = render(&Page { nodes, ..Page::default() }, PageStyle::default()).unwrap();
    let each = (html.len() - small.unwrap().len()) / 20_000;
    let most = if cladus_page::has_script() { 60 } else { 400 };
    assert!(each <= most, "{each} bytes a cluster");
}
