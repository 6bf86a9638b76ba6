//! How far the map shows what is there.

use std::collections::HashMap;

use cladus_cli::percentage;
use cladus_core::artifact;
use cladus_core::{Result, schema};
use cladus_eval::Forest;
use cladus_project::{Agreement, Roots, agreement};

use crate::folder::RunFolder;

/// How far the map of `folder` agrees; `None` where there is none, or it is that of another hierarchy.
///
/// # Errors
/// When an artifact is there and cannot be read.
pub(super) fn mapped(folder: &RunFolder, forest: &Forest) -> Result<Option<Agreement>> {
    let embeddings = folder.artifact(1, schema::EMBEDDINGS.artifact);
    if !folder.map().is_file() || !embeddings.is_file() {
        return Ok(None);
    }
    let map = artifact::read_map(&folder.map())?.rows;
    let place: HashMap<&str, [f32; 2]> =
        map.iter().map(|place| (place.id.as_str(), [place.x, place.y])).collect();
    let places: Option<Vec<[f32; 2]>> =
        (0..forest.len()).map(|node| place.get(forest.id(node)).copied()).collect();
    let Some(places) = places else { return Ok(None) };
    let embeddings = artifact::read_embeddings(&embeddings)?.rows;
    Ok(agreement(forest, &embeddings, &places))
}

/// As lines of `line(text, what, says)`.
pub(super) fn render(map: &Agreement, text: &mut String, line: impl Fn(&mut String, &str, &str)) {
    let looked_at = map.looked_at;
    line(text, "map", &format!("trustworthiness {:.3} ({looked_at} sampled)", map.trustworthiness));
    for (what, roots) in [("  tree on the map", map.map), ("  tree in the vectors", map.vectors)] {
        let Some(Roots { own_nearest, neighbours, silhouette }) = roots else { continue };
        let (nearest, neighbours) = (percentage(own_nearest), percentage(neighbours));
        line(
            text,
            what,
            &format!(
                "own root nearest for {nearest}, {neighbours} of 15 neighbours under it, silhouette {silhouette:.3}"
            ),
        );
    }
}
