//! From which zoom on a name stands on the map, and until when. A name once shown stays until its
//! children's have taken over, so nothing flickers while one zooms; which names they are is settled here,
//! where it comes out the same every time, and not in the browser.
//!
//! After Been, Daiches and Yap, "Dynamic Map Labeling" (2006): ranges instead of a placement a frame.

use std::collections::HashMap;

use unicode_width::UnicodeWidthChar;

use crate::order::OrderedNodes;

/// The longer side of the map in pixels where the zoom is 0; every step up doubles it.
pub(crate) const SIDE: f32 = 720.0;
/// Steps a doubling.
pub(crate) const STEPS: u8 = 4;
/// Doublings below 0 that the first step is at.
pub(crate) const BELOW: u8 = 2;
/// Steps in all.
const LAST: u8 = STEPS * (BELOW + 11);
/// Not shown at any zoom; or shown to the end.
pub(crate) const NEVER: u8 = u8::MAX;

/// Room around a name, in pixels: little around roots', which should all be there at once; more around
/// others, so that some forty are in a window and not two hundred.
const ASIDE: [f32; 3] = [3.0, 10.0, 12.0];
const ABOVE: [f32; 3] = [2.0, 9.0, 11.0];
/// A parent's name stays for so many steps at least after most of its children's have come.
const TOGETHER: u8 = 2;
const CELL: f32 = 160.0;

/// The steps at which a name is shown: from the first to before the second.
pub(crate) type Range = (u8, u8);

/// How large letters are: roots', parents', base clusters'. The page's script has the same.
const LETTERS: [f32; 3] = [14.5, 12.5, 11.5];
/// Where a line of a name ends, in letters, and how many lines there are.
const LINE: [usize; 3] = [24, 24, 26];
const LINES: usize = 2;

/// The range of every name, by place; `at` is where it stands, between 0 and 1.
pub(crate) fn ranges(tree: &OrderedNodes<'_>, at: &[Option<(f32, f32)>]) -> Vec<Range> {
    let mut order: Vec<usize> = (0..tree.len()).filter(|&place| at[place].is_some()).collect();
    order.sort_by_key(|&place| (tree.depth[place], std::cmp::Reverse(tree.at(place).size), place));
    let sizes: Vec<(f32, f32)> = (0..tree.len()).map(|place| extent(tree, place)).collect();
    let mut ranges = vec![(NEVER, NEVER); tree.len()];
    for step in 0..=LAST {
        let side = SIDE * 2f32.powf(f32::from(step) / f32::from(STEPS) - f32::from(BELOW));
        retire(tree, &mut ranges, step);
        let mut grid = Grid::default();
        let boxed = |place: usize| {
            let (x, y) = at[place].unwrap_or_default();
            let (width, height) = sizes[place];
            Box { x: x * side, y: y * side, width, height }
        };
        let shown = |range: Range| range.0 <= step && step < range.1;
        order.iter().filter(|&&p| shown(ranges[p])).for_each(|&p| grid.put(boxed(p)));
        let deepest = deepest(tree, &order, &ranges);
        for &place in order.iter().take_while(|&&place| tree.depth[place] <= deepest) {
            let waits = tree.parent[place].is_some_and(|parent| ranges[parent].0 > step);
            if ranges[place].0 == NEVER && !waits && grid.put_if_free(boxed(place)) {
                ranges[place].0 = step;
            }
        }
    }
    ranges
}

/// The deepest level whose turn it is: most names of the level above are there already. Otherwise the
/// children of one root would be in the way of another root.
fn deepest(tree: &OrderedNodes<'_>, order: &[usize], ranges: &[Range]) -> usize {
    let (mut level, mut there, mut all) = (0, 0_usize, 0_usize);
    for &place in order {
        if tree.depth[place] > level {
            if 4 * there < 3 * all {
                break;
            }
            (level, there, all) = (tree.depth[place], 0, 0);
        }
        all += 1;
        there += usize::from(ranges[place].0 != NEVER);
    }
    level
}

/// Ends the names of parents whose children's names speak for them.
fn retire(tree: &OrderedNodes<'_>, ranges: &mut [Range], step: u8) {
    for place in 0..tree.len() {
        let (from, until) = ranges[place];
        if from == NEVER || until != NEVER || tree.children[place] == 0 {
            continue;
        }
        let came = |&child: &usize| ranges[child].0.saturating_add(TOGETHER) <= step;
        let shown = tree.below(place).filter(came).count();
        if 5 * shown >= 3 * tree.children[place] && from + STEPS <= step {
            ranges[place].1 = step;
        }
    }
}

/// Width and height of a name as it is written on the map, with room around it.
fn extent(tree: &OrderedNodes<'_>, place: usize) -> (f32, f32) {
    let kind = match (tree.depth[place], tree.children[place]) {
        (_, 0) => 2,
        (0, _) => 0,
        _ => 1,
    };
    let (longest, lines) = wrapped(&tree.at(place).name, LINE[kind]);
    let letters = LETTERS[kind];
    let width = longest as f32 * letters * 0.56 + 2.0 * ASIDE[kind];
    (width, lines as f32 * letters * 1.2 + 2.0 * ABOVE[kind])
}

/// Letters in the longest line, and lines, of a name that is broken between words.
fn wrapped(name: &str, most: usize) -> (usize, usize) {
    let (mut longest, mut lines, mut line) = (0, 1, 0);
    for word in name.split(' ') {
        let letters: usize = word.chars().map(|c| c.width().unwrap_or(0)).sum();
        if line > 0 && line + 1 + letters > most {
            lines += 1;
            line = 0;
        }
        line += letters + usize::from(line > 0);
        longest = longest.max(line.min(most));
    }
    (longest, lines.min(LINES))
}

/// Around a point, in pixels.
#[derive(Debug, Clone, Copy)]
struct Box {
    x: f32,
    y: f32,
    width: f32,
    height: f32,
}

impl Box {
    fn meets(&self, other: &Self) -> bool {
        2.0 * (self.x - other.x).abs() < self.width + other.width
            && 2.0 * (self.y - other.y).abs() < self.height + other.height
    }

    fn cells(&self) -> impl Iterator<Item = (i32, i32)> + use<> {
        let cell = |at: f32| (at / CELL).floor() as i32;
        let (x, y) = (self.x - self.width / 2.0, self.y - self.height / 2.0);
        let across = cell(x)..=cell(x + self.width);
        let down = cell(y)..=cell(y + self.height);
        down.flat_map(move |row| across.clone().map(move |column| (column, row)))
    }
}

/// Boxes by the cells that they reach into.
#[derive(Debug, Default)]
struct Grid(HashMap<(i32, i32), Vec<Box>>);

impl Grid {
    fn put(&mut self, new: Box) {
        new.cells().for_each(|cell| self.0.entry(cell).or_default().push(new));
    }

    fn put_if_free(&mut self, new: Box) -> bool {
        let taken = |cell| self.0.get(&cell).is_some_and(|all| all.iter().any(|b| b.meets(&new)));
        if new.cells().any(taken) {
            return false;
        }
        self.put(new);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Page, PageNode};

    fn page() -> Page {
        let mut nodes: Vec<PageNode> = Vec::new();
        let mut add = |parent: Option<usize>, size: u64, at: (f32, f32)| {
            let id = format!("n{}", nodes.len());
            let name = format!("Name of {id}");
            nodes.push(PageNode { id, name, parent, size, at: Some(at), ..PageNode::default() });
            nodes.len() - 1
        };
        for root in 0..2 {
            let x = 0.2 + 0.6 * root as f32;
            let root = add(None, 40, (x, 0.5));
            for child in 0..4 {
                let place = (x + 0.02 * child as f32, 0.48 + 0.02 * child as f32);
                let parent = add(Some(root), 10, place);
                for leaf in 0..5 {
                    add(Some(parent), 2, (place.0 + 0.002 * leaf as f32, place.1));
                }
            }
        }
        Page { nodes, ..Page::default() }
    }

    #[test]
    fn a_parent_comes_before_its_children_and_goes_after_them() {
        let page = page();
        let tree = OrderedNodes::of(&page).unwrap();
        let at: Vec<_> = tree.nodes().map(|node| node.at).collect();
        let ranges = ranges(&tree, &at);
        for (place, parent) in tree.parent.iter().enumerate() {
            assert_ne!(ranges[place].0, NEVER, "every name has its place at some zoom");
            assert!(parent.is_none_or(|parent| ranges[parent].0 <= ranges[place].0));
        }
        let at_first = ranges.iter().filter(|range| range.0 <= STEPS * BELOW).count();
        assert!((2..8).contains(&at_first), "{at_first} names where all of the map is seen");
        let last_of_first = tree.below(0).map(|child| ranges[child].0).max().unwrap();
        assert!(ranges[0].1 != NEVER && ranges[0].1 <= last_of_first + 2 * STEPS, "{ranges:?}");
    }

    #[test]
    fn no_two_names_meet_at_any_zoom() {
        let page = page();
        let tree = OrderedNodes::of(&page).unwrap();
        let at: Vec<_> = tree.nodes().map(|node| node.at).collect();
        let ranges = ranges(&tree, &at);
        for step in 0..=LAST {
            let side = SIDE * 2f32.powf(f32::from(step) / f32::from(STEPS) - f32::from(BELOW));
            let shown = |place: &usize| ranges[*place].0 <= step && step < ranges[*place].1;
            let boxes: Vec<Box> = (0..tree.len())
                .filter(shown)
                .map(|place| {
                    let ((x, y), (width, height)) = (at[place].unwrap(), extent(&tree, place));
                    Box { x: x * side, y: y * side, width, height }
                })
                .collect();
            for (n, one) in boxes.iter().enumerate() {
                assert!(boxes[n + 1..].iter().all(|other| !one.meets(other)), "at step {step}");
            }
        }
    }

    #[test]
    fn names_are_broken_between_words() {
        assert_eq!(wrapped("Invoices and client payments", 20), (19, 2));
        assert_eq!(wrapped("請求書", 20), (6, 1));
        assert_eq!(wrapped(&"x".repeat(10_000), 20), (20, 1));
        assert_eq!(wrapped(&"xy ".repeat(300), 20).1, LINES);
    }
}
