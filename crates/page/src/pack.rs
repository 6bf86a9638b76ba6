//! What the page's script gets: five blocks of columns, the first of which is enough to draw.

use std::collections::HashMap;

use cladus_core::artifact::Match;
use cladus_core::sureness::{self, Sure, Sureness};
use serde_json::{Value, json};

use crate::columns::ColumnBlock;
use crate::order::OrderedNodes;
use crate::zoom;
use crate::{AskedQuestion, ChangeKind, LabelQuestions, Placed, UnchosenCandidate};

/// At most so many ids of items a cluster are in the page, and at most so many bytes of them.
const MEMBERS: [usize; 4] = [50, 20, 5, 0];
const MEMBER_BYTES: usize = 6_000_000;

/// A block's name and what it holds.
pub(crate) type Packed = (&'static str, String);

/// All blocks, in the order in which the script wants them.
pub(crate) fn pack(tree: &OrderedNodes<'_>) -> Vec<Packed> {
    vec![
        ("tree", structure(tree).finish()),
        ("ids", ids(tree).finish()),
        ("texts", texts(tree).finish()),
        ("why", why(tree).finish()),
        ("asked", asked(tree).finish()),
    ]
}

fn structure(tree: &OrderedNodes<'_>) -> ColumnBlock {
    let page = tree.page;
    let mut block = ColumnBlock::default();
    block.say("title", page.title.as_str());
    block.say("nodes", tree.len());
    block.say("roots", tree.roots);
    block.say("noise", page.noise);
    block.say("edits", page.edits.as_str());
    block.say("asked", page.asked_model);
    block.say("note", page.map_note.as_str());
    block.varints("children", tree.children.iter().map(|&count| count as u64));
    block.u8s("level", tree.nodes().map(|node| node.level));
    block.varints("size", tree.nodes().map(|node| node.size));
    let sureness = sureness(tree);
    block.say("margins", json!([sureness.toss_up, sureness.close, sureness.most]));
    block.u8s("sure", (0..tree.len()).map(|place| class(&sureness, tree, place)));
    map(tree, &mut block);
    inputs(tree, &mut block);
    if let Some(changes) = &page.changes {
        let gone: Vec<Value> =
            changes.gone.iter().map(|gone| json!([gone.name, gone.size, gone.says])).collect();
        block.say("since", changes.since.as_str());
        block.say("gone", gone);
        block.say("summary", changes.summary.clone());
        let change = |&node: &usize| changes.of.get(node);
        let kind = |node| change(node).map_or(0, |change| kind(change.kind));
        block.u8s("change", tree.node.iter().map(kind));
        let says = |node| change(node).map_or("", |change| change.says.as_str());
        block.texts("says", tree.node.iter().map(says));
    }
    block.texts("name", tree.nodes().map(|node| node.name.as_str()));
    block
}

fn kind(kind: ChangeKind) -> u8 {
    match kind {
        ChangeKind::Same => 0,
        ChangeKind::New => 1,
        ChangeKind::Moved => 2,
        ChangeKind::Renamed => 3,
        ChangeKind::Merged => 4,
        ChangeKind::Split => 5,
    }
}

/// Where nodes stand, the longer side of the map being 1.
#[derive(Debug)]
pub(crate) struct MapPlaces {
    /// Nothing for a node without a place.
    pub(crate) at: Vec<Option<(f32, f32)>>,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

/// The map; nothing where no node has a place, or all have the same.
pub(crate) fn places(tree: &OrderedNodes<'_>) -> Option<MapPlaces> {
    let at = |place: usize| tree.at(place).at.filter(|(x, y)| x.is_finite() && y.is_finite());
    let all: Vec<Option<(f32, f32)>> = (0..tree.len()).map(at).collect();
    let least = |of: fn(&(f32, f32)) -> f32| all.iter().flatten().map(of).fold(f32::MAX, f32::min);
    let most = |of: fn(&(f32, f32)) -> f32| all.iter().flatten().map(of).fold(f32::MIN, f32::max);
    let (left, right) = (least(|at| at.0), most(|at| at.0));
    let (bottom, top) = (least(|at| at.1), most(|at| at.1));
    let side = (right - left).max(top - bottom);
    if !side.is_finite() || side <= 0.0 {
        return None;
    }
    // On a page y grows downwards.
    let place = |(x, y): (f32, f32)| ((x - left) / side, (top - y) / side);
    let at = all.into_iter().map(|at| at.map(place)).collect();
    Some(MapPlaces { at, width: (right - left) / side, height: (top - bottom) / side })
}

fn map(tree: &OrderedNodes<'_>, block: &mut ColumnBlock) {
    let Some(MapPlaces { at: places, width, height }) = places(tree) else { return };
    let whole = |share: f32| (share * f32::from(u16::MAX)).round() as u16;
    let ranges = zoom::ranges(tree, &places);
    block.say("map", json!([width, height, zoom::SIDE, zoom::STEPS, zoom::BELOW]));
    block.u16s("x", places.iter().map(|at| whole(at.unwrap_or_default().0)));
    block.u16s("y", places.iter().map(|at| whole(at.unwrap_or_default().1)));
    // What has no place is told by a range of its own.
    let from = |(at, range): (&Option<_>, &zoom::Range)| at.map_or(254, |_: (f32, f32)| range.0);
    block.u8s("from", places.iter().zip(&ranges).map(from));
    block.u8s("until", ranges.iter().map(|range| range.1));
}

/// Columns of the input, each as its distinct values and which of them a node has (0: none).
fn inputs(tree: &OrderedNodes<'_>, block: &mut ColumnBlock) {
    let mut heads = Vec::new();
    for (n, column) in tree.page.columns.iter().enumerate() {
        let mut distinct: Vec<&str> = column.values.iter().flatten().map(String::as_str).collect();
        distinct.sort_unstable();
        distinct.dedup();
        let of = |&node: &usize| {
            let value = column.values.get(node).and_then(Option::as_deref);
            value
                .and_then(|value| distinct.binary_search(&value).ok())
                .map_or(0, |at| at as u64 + 1)
        };
        block.varints(&format!("input{n}"), tree.node.iter().map(of));
        heads.push(json!([column.name, distinct]));
    }
    block.say("inputs", heads);
}

/// How sure placements are, by the run's own margins.
fn sureness(tree: &OrderedNodes<'_>) -> Sureness {
    Sureness::of(tree.nodes().filter_map(|node| node.placed.as_ref()?.margin))
}

/// 0 not known (roots), 1 nothing else was offered, 2 clear, 3 close, 4 in doubt, 5 people said so.
fn class(sureness: &Sureness, tree: &OrderedNodes<'_>, place: usize) -> u8 {
    let node = tree.at(place);
    if node.corrected {
        return 5;
    }
    let Some(Placed { matched, margin, remark, .. }) = &node.placed else { return 0 };
    let remark = remark.as_deref();
    let placed = sureness::LabelFacts { matched: *matched, margin: *margin, remark };
    match sureness.class(placed, tree.page.asked_model) {
        Sure::Only => 1,
        Sure::Clear => 2,
        Sure::Close => 3,
        Sure::Doubtful => 4,
    }
}

fn ids(tree: &OrderedNodes<'_>) -> ColumnBlock {
    let mut block = ColumnBlock::default();
    block.texts("id", tree.nodes().map(|node| node.id.as_str()));
    block
}

fn texts(tree: &OrderedNodes<'_>) -> ColumnBlock {
    let mut block = ColumnBlock::default();
    block.texts("description", tree.nodes().map(|node| node.description.as_str()));
    block
}

fn why(tree: &OrderedNodes<'_>) -> ColumnBlock {
    let mut block = ColumnBlock::default();
    let mut known = CandidateTable::default();
    let placed: Vec<Option<&Placed>> = tree.nodes().map(|node| node.placed.as_ref()).collect();
    let mut given = Vec::with_capacity(placed.len());
    let mut second = Vec::with_capacity(placed.len());
    for placed in &placed {
        given.push(placed.map_or(0, |p| known.number(&p.candidate, None, p.scope.as_deref())));
        second.push(match placed.and_then(|placed| placed.runner_up.as_ref()) {
            Some(UnchosenCandidate { name, became }) => {
                known.number(name, became.and_then(|node| tree.place.get(node)).copied(), None)
            }
            None => 0,
        });
    }
    block.varints("given", given.into_iter());
    block.varints("second", second.into_iter());
    block.texts("candidate", known.names.iter().copied());
    block.varints("became", known.became.iter().map(|place| place.map_or(0, |p| p as u64 + 1)));
    block.texts("scope", known.scopes.iter().copied());
    let matched = |placed: &Option<&Placed>| placed.map_or(0, |placed| number(placed.matched));
    block.u8s("match", placed.iter().map(matched));
    let margin = |placed: &Option<&Placed>| placed.and_then(|p| p.margin).map_or(0, packed_margin);
    block.varints("margin", placed.iter().map(margin));
    let answers = placed.iter().map(|p| p.and_then(|p| p.answer.as_deref()).unwrap_or(""));
    block.texts("answer", answers);
    block.texts("remark", placed.iter().map(|p| p.and_then(|p| p.remark.as_deref()).unwrap_or("")));
    members(tree, &mut block);
    block
}

/// The questions to a model: each once, with the names that it offered, and who was in it.
fn asked(tree: &OrderedNodes<'_>) -> ColumnBlock {
    let LabelQuestions { names, asked, of, left_out } = &tree.page.questions;
    let mut models: Vec<&str> = asked.iter().map(|question| question.model.as_str()).collect();
    models.sort_unstable();
    models.dedup();
    let model = |question: &AskedQuestion| {
        models.binary_search(&question.model.as_str()).map_or(0, |at| at as u64)
    };
    let mut block = ColumnBlock::default();
    block.say("left", *left_out);
    block.say("questions", asked.len());
    block.say("offers", asked.iter().map(|question| question.offered.len()).sum::<usize>());
    block.say("replies", of.iter().map(Vec::len).sum::<usize>());
    block.say("models", json!(models));
    block.texts("offer", names.iter().map(String::as_str));
    block.varints("model", asked.iter().map(model));
    block.varints("items", asked.iter().map(|question| question.items as u64));
    block.varints("count", asked.iter().map(|question| question.offered.len() as u64));
    let offered = asked.iter().flat_map(|question| &question.offered);
    block.varints("offered", offered.map(|&name| name as u64));
    let own = |&node: &usize| of.get(node).map_or(&[][..], Vec::as_slice);
    block.varints("about", tree.node.iter().map(|node| own(node).len() as u64));
    block.varints("question", tree.node.iter().flat_map(own).map(|(question, _)| *question as u64));
    block.texts("reply", tree.node.iter().flat_map(own).map(|(_, reply)| reply.as_str()));
    block
}

/// A cosine in ten thousandths, between 1 and 40,001; 0 is none.
fn packed_margin(margin: f32) -> u64 {
    ((margin.clamp(-2.0, 2.0) * 10_000.0).round() + 20_001.0) as u64
}

fn number(matched: Match) -> u8 {
    match matched {
        Match::Exact => 1,
        Match::Normalised => 2,
        Match::Fuzzy => 3,
        Match::Nearest => 4,
        Match::Only => 5,
    }
}

/// Candidates, each once; by name, what became of it, and what was to belong in it.
#[derive(Debug, Default)]
struct CandidateTable<'a> {
    names: Vec<&'a str>,
    became: Vec<Option<usize>>,
    scopes: Vec<&'a str>,
    numbers: HashMap<(&'a str, Option<usize>, &'a str), u64>,
}

impl<'a> CandidateTable<'a> {
    fn number(&mut self, name: &'a str, became: Option<usize>, scope: Option<&'a str>) -> u64 {
        let scope = scope.unwrap_or_default();
        let next = self.names.len() as u64 + 1;
        *self.numbers.entry((name, became, scope)).or_insert_with(|| {
            self.names.push(name);
            self.became.push(became);
            self.scopes.push(scope);
            next
        })
    }
}

/// How many items each base cluster has, and the ids of the first of them.
fn members(tree: &OrderedNodes<'_>, block: &mut ColumnBlock) {
    let bytes = |most: usize| -> usize {
        let of =
            |members: &[String]| members.iter().take(most).map(|id| id.len() + 1).sum::<usize>();
        tree.nodes().map(|node| of(&node.members)).sum()
    };
    let most = MEMBERS.into_iter().find(|&most| bytes(most) <= MEMBER_BYTES).unwrap_or(0);
    block.varints("members", tree.nodes().map(|node| node.members.len() as u64));
    block.say("shown", most);
    let shown = tree.nodes().flat_map(|node| node.members.iter().take(most));
    block.texts("member", shown.map(String::as_str));
}
