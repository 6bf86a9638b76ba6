//! What a model was asked about clusters, as the page shows it.

use std::collections::HashMap;

use cladus_core::Result;
use cladus_core::artifact;
use cladus_page::{AskedQuestion, LabelQuestions, Page};

use crate::folder::RunFolder;
use crate::why::asked::{WholeQuestion, all_questions, names_of};

/// Of larger hierarchies a page is told by whoever serves it, one cluster at a time: the questions would take
/// about as many bytes as all else.
pub const MOST: usize = 20_000;

/// Puts the questions of all iterations into the page.
///
/// # Errors
/// When the settings, the store of answers or an artifact cannot be read.
pub fn put(page: &mut Page, folder: &RunFolder, iterations: usize) -> Result<()> {
    if !page.asked_model {
        return Ok(());
    }
    if page.nodes.len() > MOST {
        page.questions.left_out = true;
        return Ok(());
    }
    let mut gathered =
        LabelQuestions { of: vec![Vec::new(); page.nodes.len()], ..LabelQuestions::default() };
    let mut number: HashMap<String, usize> = HashMap::new();
    for iteration in 1..=iterations {
        let questions = all_questions(folder, iteration)?;
        if questions.is_empty() {
            continue;
        }
        let nodes = by_name(page, folder, iteration)?;
        // A cluster that moved up alone is asked about several times: the last iteration counts.
        nodes.values().for_each(|&node| gathered.of[node].clear());
        for question in questions {
            add(&mut gathered, &mut number, question, &nodes);
        }
    }
    page.questions = gathered;
    Ok(())
}

fn add(
    gathered: &mut LabelQuestions,
    number: &mut HashMap<String, usize>,
    question: WholeQuestion,
    nodes: &HashMap<String, usize>,
) {
    let WholeQuestion { model, items, offered, answers } = question;
    let place = gathered.asked.len();
    for (item, answer) in answers {
        if let Some(&node) = names_of(&item).find_map(|name| nodes.get(name)) {
            gathered.of[node].push((place, answer));
        }
    }
    let names = &mut gathered.names;
    let offered = offered.into_iter().map(|name| {
        *number.entry(name).or_insert_with_key(|name| {
            names.push(name.clone());
            names.len() - 1
        })
    });
    let offered = offered.collect();
    gathered.asked.push(AskedQuestion { model, items, offered });
}

/// The nodes that an iteration placed, by the names that they had then.
fn by_name(page: &Page, folder: &RunFolder, iteration: usize) -> Result<HashMap<String, usize>> {
    let node_of: HashMap<&str, usize> =
        page.nodes.iter().enumerate().map(|(at, node)| (node.id.as_str(), at)).collect();
    let clusters = artifact::read_clusters(&folder.clusters_of(iteration))?.rows;
    let named = clusters.into_iter().filter_map(|cluster| {
        let node = *node_of.get(cluster.id.as_str())?;
        Some((cluster.name, node))
    });
    Ok(named.collect())
}
