//! Which proposals are shown together.

use std::collections::{BTreeMap, HashSet};

use cladus_core::Result;
use cladus_core::artifact::Candidate;
use cladus_core::progress::Progress;
use cladus_core::room::{QUESTION_TOKENS, tokens};
use cladus_embedder::Space;
use cladus_vectors::{Vectors, bisected, dot};
use rayon::prelude::*;

/// Most proposals in one question, and what stands around each, in tokens.
const WINDOW: usize = 400;
const AROUND: usize = 6;
/// Tokens of proposals in one question: more than of clusters, because each is short and alike ones may
/// stand anywhere in the list.
const BUDGET: usize = QUESTION_TOKENS * 5 / 4;
/// Proposals nearer than this (cosine) may mean the same.
const NEAR: f32 = 0.6;
/// Of each so many of the nearest are looked at.
const NEAREST: usize = 3;

/// The places of all names, each once, in windows of proposals that are near each other: one, as long
/// as they fit into one question.
///
/// # Errors
/// When texts cannot be embedded.
pub(super) fn windows(
    candidates: &[Candidate],
    space: &mut Space<'_>,
    progress: &dyn Progress,
) -> Result<Vec<Vec<usize>>> {
    let places = once(candidates);
    let most = that_fit(candidates, &places);
    if places.len() <= most {
        return Ok(vec![places]);
    }
    let vectors = vectors(candidates, &places, space, progress)?;
    let parts = bisected(Vectors::over(&vectors, space.dim), most);
    Ok(parts.into_iter().map(|part| part.into_iter().map(|at| places[at]).collect()).collect())
}

/// The places of names that may mean the same as another, each once, in windows in which those stand
/// together.
///
/// # Errors
/// When texts cannot be embedded.
pub(super) fn across(
    candidates: &[Candidate],
    space: &mut Space<'_>,
    progress: &dyn Progress,
) -> Result<Vec<Vec<usize>>> {
    let places = once(candidates);
    let most = that_fit(candidates, &places);
    let vectors = vectors(candidates, &places, space, progress)?;
    let rows = Vectors::over(&vectors, space.dim);
    let near = |at: usize| -> Vec<(f32, usize)> {
        let others = (0..places.len()).filter(|other| *other != at);
        let cosines = others.map(|other| (dot(rows.row(at), rows.row(other)), other));
        let mut near: Vec<(f32, usize)> = cosines.filter(|(cosine, _)| *cosine >= NEAR).collect();
        near.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        near.truncate(NEAREST);
        near
    };
    let near: Vec<Vec<(f32, usize)>> = (0..places.len()).into_par_iter().map(near).collect();
    let mut pairs: Vec<(f32, usize, usize)> = (0..places.len())
        .flat_map(|at| near[at].iter().map(move |&(cosine, other)| (cosine, at, other)))
        .collect();
    pairs.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    // The nearest pairs come together first, as long as a window has room.
    let mut window_of: Vec<usize> = (0..places.len()).collect();
    let mut windows: BTreeMap<usize, Vec<usize>> =
        (0..places.len()).map(|at| (at, vec![at])).collect();
    for (_, a, b) in pairs {
        let (keep, gone) = (window_of[a].min(window_of[b]), window_of[a].max(window_of[b]));
        let size = |window| windows.get(&window).map_or(0, Vec::len);
        if keep != gone && size(keep) + size(gone) <= most {
            let moved = windows.remove(&gone).unwrap_or_default();
            moved.iter().for_each(|&at| window_of[at] = keep);
            windows.entry(keep).or_default().extend(moved);
        }
    }
    let mut parts: Vec<Vec<usize>> = Vec::new();
    for mut window in windows.into_values().filter(|window| window.len() > 1) {
        window.sort_unstable();
        // Small ones share a question.
        match parts.last_mut() {
            Some(last) if last.len() + window.len() <= most => last.extend(window),
            _ => parts.push(window),
        }
    }
    Ok(parts.into_iter().map(|part| part.into_iter().map(|at| places[at]).collect()).collect())
}

/// How many proposals one question holds, each with what it says.
fn that_fit(candidates: &[Candidate], places: &[usize]) -> usize {
    let text = |&place: &usize| AROUND + tokens(&candidates[place].text());
    let all: usize = places.iter().map(text).sum();
    (BUDGET * places.len() / all.max(1)).clamp(2, WINDOW)
}

/// The first place of every name.
fn once(candidates: &[Candidate]) -> Vec<usize> {
    let mut seen = HashSet::new();
    (0..candidates.len()).filter(|&place| seen.insert(candidates[place].name.as_str())).collect()
}

fn vectors(
    candidates: &[Candidate],
    places: &[usize],
    space: &mut Space<'_>,
    progress: &dyn Progress,
) -> Result<Vec<f32>> {
    let texts: Vec<String> = places.iter().map(|&place| candidates[place].text()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    space.names(&texts, progress)
}
