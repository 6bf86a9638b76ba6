//! Every verdict on trees small enough to draw.

use cladus_core::forest::{Forest, ForestNode};

use crate::{Diff, diff, matches};

/// A tree such as `Top(Left(a b) Right(c d:Dee))`: parents by their names, leaves by their ids and, if they
/// differ, names. Parents' ids begin with `side`, so that nothing is matched by them; a leaf's size
/// is 1.
pub(crate) fn draw(side: &str, text: &str) -> Forest {
    let mut nodes: Vec<ForestNode> = Vec::new();
    let mut above: Vec<String> = Vec::new();
    let mut word = String::new();
    for (at, c) in text.chars().chain([' ']).enumerate() {
        if c == '(' {
            let id = format!("{side}-{word}-{at}");
            let (name, parent) = (std::mem::take(&mut word), above.last().cloned());
            nodes.push(ForestNode { id: id.clone(), name, parent, ..ForestNode::default() });
            above.push(id);
        } else if c == ')' || c == ' ' {
            if !word.is_empty() {
                let (id, name) = word.split_once(':').unwrap_or((&word, &word));
                let (id, name) = (id.to_owned(), name.to_owned());
                let parent = above.last().cloned();
                nodes.push(ForestNode { id, name, parent, size: 1, ..ForestNode::default() });
                word.clear();
            }
            if c == ')' {
                above.pop();
            }
        } else {
            word.push(c);
        }
    }
    Forest::new(nodes).unwrap()
}

fn changes(a: &str, b: &str) -> Diff {
    diff(&draw("a", a), &draw("b", b))
}

/// The matches as `name=name`, sorted.
fn matched(a: &str, b: &str) -> Vec<String> {
    let (a, b) = (draw("a", a), draw("b", b));
    let pairs = matches(&a, &b).pairs;
    let mut names: Vec<String> =
        pairs.iter().map(|pair| format!("{}={}", a.name(pair.a), b.name(pair.b))).collect();
    names.sort();
    names
}

/// The sections that say something, with the names in them.
fn told(found: &Diff) -> Vec<String> {
    let mut all = Vec::new();
    let mut say = |what: &str, names: Vec<String>| {
        if !names.is_empty() {
            all.push(format!("{what}: {}", names.join(", ")));
        }
    };
    let pair = |pair: &crate::MatchedPair| format!("{}>{}", pair.a.name, pair.b.name);
    let spread = |spread: &crate::NodeSpread| {
        let parts = spread.parts.iter().map(|part| format!("{} {}", part.node.name, part.shared));
        format!("{}={}", spread.node.name, parts.collect::<Vec<_>>().join("+"))
    };
    let name =
        |of: &Option<crate::NamedNode>| of.as_ref().map_or("-".to_owned(), |n| n.name.clone());
    let moved = |moved: &crate::MovedNode| {
        let told = if moved.told { "*" } else { "" };
        format!("{} {}>{}{told}", moved.node.name, name(&moved.from), name(&moved.to))
    };
    let single = |single: &crate::Single| format!("{}<{}", single.node.name, name(&single.parent));
    let parents = &found.parents;
    say("renamed", parents.renamed.iter().map(pair).collect());
    say("split", parents.split.iter().map(spread).collect());
    say("merged", parents.merged.iter().map(spread).collect());
    say("gone", parents.gone.iter().map(spread).collect());
    say("new", parents.new.iter().map(spread).collect());
    say("parents moved", parents.moved.iter().map(moved).collect());
    say("moved", found.base.moved.iter().map(moved).collect());
    say("base gone", found.base.gone.iter().map(single).collect());
    say("base new", found.base.new.iter().map(single).collect());
    say("base renamed", found.base.renamed.iter().map(pair).collect());
    assert_eq!(found.same, all.is_empty());
    all
}

#[test]
fn a_tree_with_other_ids_of_parents_is_the_same() {
    let found = changes("T(P(a b) Q(c d)) e", "e T(Q(d c) P(b a))");
    assert_eq!(told(&found), [""; 0]);
    assert_eq!((found.parents.kept.len(), found.base.stayed), (3, 5));
    assert_eq!(found.base.stayed_share, Some(1.0));
}

#[test]
fn parents_go_by_what_is_below_them_and_not_by_their_names() {
    // The names are exchanged.
    let found = changes("P(a b c) Q(d e f g)", "Q(a b c) P(d e f g)");
    assert_eq!(told(&found), ["renamed: Q>P, P>Q"]);
}

#[test]
fn half_is_not_most() {
    // Two of three, and two of four.
    assert_eq!(matched("P(a b) Q(c d)", "X(a b c) Y(d)"), ["P=X"]);
    assert_eq!(matched("P(a b) Q(c d)", "X(a b c d)"), [""; 0]);
}

#[test]
fn what_is_new_or_gone_does_not_part_what_was_one() {
    let found = changes("P(a b x y z) Q(c d)", "P(a b n1 n2 n3 n4) Q(c d)");
    assert_eq!(told(&found), ["base gone: x<P, y<P, z<P", "base new: n1<P, n2<P, n3<P, n4<P"]);
    let overlap = found.parents.kept[0].overlap.unwrap();
    assert_eq!((overlap.shared, overlap.in_a, overlap.in_b), (2, 2, 2));
    assert_eq!((overlap.all_in_a, overlap.all_in_b), (5, 6));
}

#[test]
fn a_base_cluster_that_moved_is_told_from_where_to_where() {
    let found = changes("P(a b c d) Q(e f g)", "P(a b c) Q(d e f g)");
    assert_eq!(told(&found), ["moved: d P>Q"]);
    assert_eq!((found.base.stayed, found.base.in_both), (6, 7));
    let found = changes("P(a b c) d", "P(a b c d)");
    assert_eq!(told(&found), ["moved: d ->P"]);
}

#[test]
fn a_split_is_told_once() {
    let found = changes("T(P(a b c d) Q(e f))", "T(X(a b) Y(c d) Q(e f))");
    assert_eq!(told(&found), ["split: P=X 2+Y 2", "moved: a P>X*, b P>X*, c P>Y*, d P>Y*"]);
    let found = changes("T(X(a b) Y(c d) Q(e f))", "T(P(a b c d) Q(e f))");
    assert_eq!(told(&found), ["merged: P=X 2+Y 2", "moved: a X>P*, b X>P*, c Y>P*, d Y>P*"]);
}

#[test]
fn what_keeps_most_of_itself_may_be_split_all_the_same() {
    let found = changes("P(a b c d e) Q(f g h i j k)", "P(a b c) N(d e) Q(f g h i j k)");
    assert_eq!(told(&found), ["split: P=P 3+N 2", "moved: d P>N*, e P>N*"]);
    assert!(found.parents.split[0].matched.is_some());
    assert!((found.parents.split[0].parts[0].share - 0.6).abs() < 1e-12);
}

#[test]
fn what_comes_apart_is_gone_and_says_where_it_went() {
    let rest = "P(a b c d) Q(e f g h) R(i j k l)";
    let found = changes(&format!("{rest} X(m n o)"), "P(a b c d m) Q(e f g h n) R(i j k l o)");
    assert_eq!(told(&found), ["gone: X=P 1+Q 1+R 1", "moved: m X>P, n X>Q, o X>R"]);
    let found = changes(rest, &format!("{rest} N(x y)"));
    assert_eq!(told(&found), ["new: N=", "base new: x<N, y<N"]);
}

#[test]
fn another_level_moves_nothing() {
    let (flat, deep) = ("P(a b c d) Q(e f g)", "P(K(a b) L(c d)) Q(e f g)");
    assert_eq!(told(&changes(flat, deep)), ["new: K=P 2, L=P 2"]);
    assert_eq!(told(&changes(deep, flat)), ["gone: K=P 2, L=P 2"]);
}

#[test]
fn a_parent_may_match_at_another_height() {
    // Roots come first though Q would fit better further down.
    assert_eq!(matched("P(a b c d)", "R(X(a b c d) e) "), ["P=R"]);
    assert_eq!(matched("P(a b c) Q(d e f)", "R(X(a b c) Y(d e f))"), ["P=X", "Q=Y"]);
    // A chain of the same base clusters: the same name, then the nearer height.
    assert_eq!(matched("T(P(a b))", "T(N(P(a b)))"), ["P=P", "T=T"]);
    assert_eq!(matched("T(S(P(a b)))", "X(Y(Z(a b)))"), ["P=Z", "S=Y", "T=X"]);
}

#[test]
fn no_match_turns_a_tree_upside_down() {
    // P is X; Q shares four of six with Y and nothing else has it, but Q is below P and Y above X.
    let (a, b) = ("R(P(Q(a b c d) e) f g h i j k)", "S(Y(X(a b c d e) f) g h i j k)");
    assert_eq!(matched(a, b), ["P=X", "R=S"]);
    assert_eq!(matched(b, a), ["S=R", "X=P"]);
}

#[test]
fn a_parent_that_moved_as_a_whole_is_one_move() {
    let a = "S(P(a b) Q(c d) R(e f)) T(U(g h) V(i j) W(k l))";
    let b = "S(Q(c d) R(e f)) T(P(a b) U(g h) V(i j) W(k l))";
    assert_eq!(told(&changes(a, b)), ["parents moved: P S>T"]);
}

#[test]
fn what_goes_from_one_matched_parent_to_another_is_no_split() {
    let found = changes("P(a b c d e) Q(f g h)", "P(a b c) Q(d e f g h)");
    assert_eq!(told(&found), ["moved: d P>Q, e P>Q"]);
    // Without a match of its own, a parent may be part of one that has another.
    let found = changes("P(a b) Q(f g h)", "Q(a b f g h)");
    assert_eq!(told(&found), ["merged: Q=Q 3+P 2", "moved: a P>Q*, b P>Q*"]);
}

#[test]
fn a_base_cluster_of_another_name_stays_where_it_is() {
    assert_eq!(told(&changes("P(a b:Bee)", "P(a b:Wasp)")), ["base renamed: Bee>Wasp"]);
}

#[test]
fn what_is_a_parent_in_one_tree_is_no_base_cluster_of_the_other() {
    let node = |id: &str, parent: Option<&str>| ForestNode {
        id: id.to_owned(),
        name: id.to_owned(),
        parent: parent.map(str::to_owned),
        ..ForestNode::default()
    };
    let a = Forest::new(vec![node("p", None), node("q", Some("p")), node("r", Some("p"))]).unwrap();
    let b = Forest::new(vec![
        node("p", None),
        node("q", Some("p")),
        node("r", Some("p")),
        node("s", Some("q")),
    ]);
    let found = diff(&a, &b.unwrap());
    assert_eq!(told(&found), ["new: q=", "base gone: q<p", "base new: s<q"]);
}

#[test]
fn nothing_at_all_is_compared() {
    let none = Forest::new(Vec::new()).unwrap();
    assert!(diff(&none, &none).same);
    let found = diff(&none, &draw("b", "P(a b)"));
    assert_eq!(told(&found), ["new: P=", "base new: a<P, b<P"]);
    assert_eq!(found.base.stayed_share, None);
}
