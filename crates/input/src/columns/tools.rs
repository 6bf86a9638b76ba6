//! Tools that are known by their columns alone.

use crate::columns::known::{ColumnNames, KnownShape};
use crate::values::column_role::ColumnRole;
use crate::values::table::as_text;

/// What other tools write: the first that knows the columns as its own.
pub(crate) fn others(names: &ColumnNames<'_>) -> Option<KnownShape> {
    let tools: [fn(&ColumnNames<'_>) -> Option<KnownShape>; 13] = [
        kura,
        toponymy,
        top2vec,
        latent_scope,
        lloom_concepts,
        lloom_scores,
        atlas,
        open_clio,
        open_clio_levels,
        github_labels,
        own_hierarchy,
        lilac,
        keywords,
    ];
    tools.iter().find_map(|tool| tool(names))
}

fn kura(names: &ColumnNames<'_>) -> Option<KnownShape> {
    names.all(&["id", "name", "description", "chat ids"]).then(|| {
        let projected = names.any(&["x coord", "y coord"]);
        let mut shape =
            KnownShape::new(if projected { "Kura's projected clusters" } else { "Kura clusters" });
        // The level of a projected cluster counts from its root.
        shape.without = vec![ColumnRole::Level, ColumnRole::Item];
        shape
    })
}

fn toponymy(names: &ColumnNames<'_>) -> Option<KnownShape> {
    if !names.all(&["layer", "cluster", "name"]) {
        return None;
    }
    let mut shape = KnownShape::new("Toponymy topics");
    shape.leaves_are_lowest = Some(true);
    if names.of("uid").is_some() {
        shape.roles = names.roles(&[
            (ColumnRole::Id, "uid"),
            (ColumnRole::Level, "layer"),
            (ColumnRole::Name, "name"),
            (ColumnRole::Keywords, "keyphrases"),
        ]);
    } else {
        shape.roles = names.roles(&[(ColumnRole::Level, "layer"), (ColumnRole::Name, "name")]);
        // Numbers count from 0 in every layer.
        shape.without.push(ColumnRole::Id);
    }
    Some(shape)
}

fn top2vec(names: &ColumnNames<'_>) -> Option<KnownShape> {
    let numbers =
        ["topic num", "topic nums", "topic number", "word scores", "topic size", "topic sizes"];
    (names.of("topic words").is_some() && names.any(&numbers)).then(|| {
        let mut shape = KnownShape::new("Top2Vec topics");
        let roles = [
            (ColumnRole::Keywords, "topic words"),
            (ColumnRole::Id, "topic num"),
            (ColumnRole::Id, "topic nums"),
            (ColumnRole::Size, "topic size"),
            (ColumnRole::Size, "topic sizes"),
        ];
        shape.roles = names.roles(&roles);
        shape
    })
}

fn latent_scope(names: &ColumnNames<'_>) -> Option<KnownShape> {
    names.all(&["label", "indices"]).then(|| {
        let mut shape = KnownShape::new("Latent Scope labels");
        shape.roles = names.roles(&[
            (ColumnRole::Name, "label"),
            (ColumnRole::Members, "indices"),
            (ColumnRole::Description, "description"),
        ]);
        shape.said_already = names.of("label raw").into_iter().chain(names.of("labeled")).collect();
        shape
    })
}

fn lloom_concepts(names: &ColumnNames<'_>) -> Option<KnownShape> {
    let counted = names.any(&["n matches", "prevalence", "rep examples"]);
    (names.all(&["concept", "criteria"]) && counted).then(|| {
        let mut shape = KnownShape::new("LlooM concepts");
        shape.roles = names.roles(&[
            (ColumnRole::Name, "concept"),
            (ColumnRole::Description, "criteria"),
            (ColumnRole::Size, "n matches"),
        ]);
        shape
    })
}

fn lloom_scores(names: &ColumnNames<'_>) -> Option<KnownShape> {
    names.all(&["doc id", "concept id", "concept name", "score"]).then(|| {
        let mut shape = KnownShape::new("LlooM scores");
        shape.roles = names.roles(&[
            (ColumnRole::Id, "concept id"),
            (ColumnRole::Name, "concept name"),
            (ColumnRole::Description, "concept prompt"),
            (ColumnRole::Item, "doc id"),
        ]);
        shape.rows_are_items = true;
        shape
    })
}

fn atlas(names: &ColumnNames<'_>) -> Option<KnownShape> {
    let deep = names.any(&["depth", "topic depth 1"]);
    (names.of("topic short description").is_some() && deep).then(|| {
        let mut shape = KnownShape::new("Nomic Atlas topics");
        shape.roles = names.roles(&[
            (ColumnRole::Name, "topic short description"),
            (ColumnRole::Description, "topic description"),
            (ColumnRole::Id, "topic id"),
            (ColumnRole::Level, "depth"),
        ]);
        shape.leaves_are_lowest = Some(false);
        shape
    })
}

fn open_clio(names: &ColumnNames<'_>) -> Option<KnownShape> {
    let held = names.any(&["indices", "children"]);
    (names.all(&["facet", "summary", "name"]) && held).then(|| {
        let mut shape = KnownShape::new("OpenClio clusters");
        shape.roles = names.roles(&[
            (ColumnRole::Name, "name"),
            (ColumnRole::Description, "summary"),
            (ColumnRole::Members, "indices"),
        ]);
        shape
    })
}

fn open_clio_levels(names: &ColumnNames<'_>) -> Option<KnownShape> {
    let parted = names.any(&["partition", "category"]);
    (names.all(&["cluster id", "name", "description", "size"]) && parted).then(|| {
        let mut shape = KnownShape::new("OpenClio clusters");
        // Ids count from 0 in every partition; above the lowest level `size` counts clusters.
        shape.without =
            vec![ColumnRole::Id, ColumnRole::Parent, ColumnRole::Level, ColumnRole::Members];
        shape.roles = names.roles(&[
            (ColumnRole::Size, "total size"),
            (ColumnRole::Name, "name"),
            (ColumnRole::Description, "description"),
        ]);
        shape.said_already = names.of("cluster id").into_iter().collect();
        shape
    })
}

fn github_labels(names: &ColumnNames<'_>) -> Option<KnownShape> {
    let described = names.any(&["description", "default", "is default", "url"]);
    // Discourse's categories have colours too, and counts.
    let counted = names.any(&["topic count", "count"]);
    (names.all(&["name", "color"]) && described && !counted).then(|| {
        let mut shape = KnownShape::new("GitHub labels");
        shape.without = vec![ColumnRole::Members, ColumnRole::Level];
        shape
    })
}

fn own_hierarchy(names: &ColumnNames<'_>) -> Option<KnownShape> {
    names
        .all(&["id", "parent id", "level", "name", "slug", "members"])
        .then(|| KnownShape::new("cladus's hierarchy"))
}

/// Lilac's rows with the cluster of a text beside it.
fn lilac(names: &ColumnNames<'_>) -> Option<KnownShape> {
    let title = names.ending(" cluster title")?;
    let category = names.ending(" category title");
    let id = names.ending(" cluster id");
    let mut shape = KnownShape::new("Lilac's clusters");
    shape.rows_are_items = true;
    shape.roles.push((ColumnRole::Name, title));
    shape.roles.extend(category.map(|column| (ColumnRole::Parent, column)));
    shape.roles.extend(id.map(|column| (ColumnRole::Id, column)));
    shape.without =
        vec![ColumnRole::Size, ColumnRole::Members, ColumnRole::Description, ColumnRole::Level];
    Some(shape)
}

/// Keywords of search engines, each with its cluster.
fn keywords(names: &ColumnNames<'_>) -> Option<KnownShape> {
    let keyword = names.of("keyword").or_else(|| names.of("query"))?;
    let clusters = [
        "cluster name",
        "cluster",
        "topic",
        "parent keyword",
        "parent topic",
        "keyword group",
        "ad group",
        "group",
        "hub",
    ];
    let cluster = clusters.iter().find_map(|name| names.of(name))?;
    let distinct = |column: usize| {
        let values: std::collections::HashSet<String> =
            names.table.values(column).map(as_text).collect();
        values.len()
    };
    let text =
        names.table.values(cluster).any(|value| as_text(value).contains(char::is_alphabetic));
    let rows = names.table.rows.len();
    if !text || distinct(keyword) < rows || distinct(cluster) * 3 > rows * 2 {
        return None;
    }
    let mut shape = KnownShape::new("keywords with their clusters");
    shape.rows_are_items = true;
    shape.roles = vec![(ColumnRole::Name, cluster), (ColumnRole::Item, keyword)];
    shape.without = vec![
        ColumnRole::Id,
        ColumnRole::Size,
        ColumnRole::Members,
        ColumnRole::Keywords,
        ColumnRole::Parent,
        ColumnRole::Level,
        ColumnRole::Description,
    ];
    Some(shape)
}
