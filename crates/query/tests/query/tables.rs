//! What the tables hold.

use cladus_core::artifact;
use cladus_query::catalog;
use cladus_query::run::FinishedRun;
use cladus_query::sql::Sources;

use crate::space::Space;

#[test]
fn every_table_has_the_columns_and_types_that_are_told() {
    let space = Space::new();
    space.example("r", &["--map"]);
    let run = FinishedRun::open(&space.path("r")).unwrap();
    let asked = Sources { run, also: Vec::new() };
    let listed = space.query(["r"]).ok();
    for table in catalog::all() {
        let frame = asked.answer(&format!("SELECT * FROM {}", table.name)).unwrap();
        for told in &table.columns {
            let column = frame.column(told.name).unwrap();
            assert_eq!(
                in_our_words(&column.dtype().to_string()),
                told.ty,
                "{} {}",
                table.name,
                told.name
            );
            let line = listed.lines().any(|line| {
                line.trim_start().starts_with(told.name) && line.ends_with(told.meaning)
            });
            assert!(line, "{} {} in:\n{listed}", table.name, told.name);
        }
        // Paths have a column for every level.
        assert!(frame.width() == table.columns.len() || table.name == "paths", "{}", table.name);
        assert!(listed.contains(&format!("{}: {}", table.name, table.summary)), "{listed}");
    }
}

/// polars' names of types in those of `cladus schema`.
fn in_our_words(ty: &str) -> String {
    match ty {
        "str" => "utf8".to_owned(),
        "list[str]" => "list<utf8>".to_owned(),
        "list[f32]" => "list<float32>".to_owned(),
        ty => {
            let (kind, bits) = ty.split_at(1);
            let kind = [("u", "uint"), ("i", "int"), ("f", "float")]
                .into_iter()
                .find_map(|(short, long)| (short == kind).then_some(long));
            kind.map_or_else(|| ty.to_owned(), |kind| format!("{kind}{bits}"))
        }
    }
}

#[test]
fn artifacts_of_all_iterations_are_one_table() {
    let space = Space::new();
    space.example("r", &["--levels", "40,8"]);
    let rows = space.rows("r", "SELECT iteration, count(*) AS n FROM labels GROUP BY 1 ORDER BY 1");
    assert_eq!(rows.len(), 2);
    for (row, iteration) in rows.iter().zip(1_u64..) {
        let file = space.path(&format!("r/iteration-{iteration}/labels.parquet"));
        let labels = artifact::read_labels(&file).unwrap().rows.len();
        assert_eq!(
            (row["iteration"].as_u64(), row["n"].as_u64()),
            (Some(iteration), Some(labels as u64))
        );
    }
    assert_eq!(space.value("r", "SELECT count(*) FROM clusters"), 120);
    let joined = "SELECT count(*) FROM embeddings AS e JOIN groups AS g
        ON e.iteration = g.iteration AND e.cluster_id = g.cluster_id";
    assert_eq!(space.value("r", joined), space.value("r", "SELECT count(*) FROM labels"));
}

#[test]
fn columns_that_a_user_added_are_there_and_missing_ones_are_null() {
    let space = Space::with_example();
    assert_eq!(space.value("r", "SELECT count(prompt_tokens) FROM labels"), 0);
    let added = "SELECT *, size * 2 AS twice FROM clusters";
    space.query(["r", added, "--out", "r/clusters.parquet"]).ok();
    assert_eq!(space.value("r", "SELECT sum(twice) FROM clusters"), 6500);
}

#[test]
fn views_agree_with_the_hierarchy() {
    let space = Space::with_example();
    let nodes = artifact::read_hierarchy(&space.path("r/hierarchy.parquet")).unwrap().rows;
    let leaves: Vec<_> = nodes.iter().filter(|node| node.cluster.level == 0).collect();
    let roots: Vec<_> = nodes.iter().filter(|node| node.parent_id.is_none()).collect();
    let value = |sql: &str| space.value("r", sql);
    assert_eq!(value("SELECT count(*) FROM roots"), roots.len());
    assert_eq!(value("SELECT sum(clusters) FROM roots"), leaves.len());
    assert_eq!(value("SELECT sum(size) FROM roots"), 3250);
    assert!((value("SELECT sum(share) FROM roots").as_f64().unwrap() - 1.0).abs() < 1e-9);
    assert_eq!(value("SELECT count(*) FROM leaves"), leaves.len());
    let items: usize = leaves.iter().map(|leaf| leaf.cluster.members.len()).sum();
    assert_eq!(value("SELECT count(*) FROM items"), items);
    let paths = space.rows("r", "SELECT * FROM paths");
    assert_eq!(paths.len(), leaves.len());
    for path in paths {
        let levels =
            ["level_1", "level_2", "level_3"].iter().filter_map(|level| path[*level].as_str());
        let joined = levels.collect::<Vec<_>>().join(" > ");
        assert_eq!(path["path"], joined);
        let leaf = leaves.iter().find(|leaf| path["id"] == leaf.cluster.id.as_str()).unwrap();
        assert!(joined.ends_with(&leaf.cluster.name), "{joined}");
    }
    let apart = "SELECT count(*) FROM leaves JOIN roots ON leaves.root_id = roots.id
        WHERE leaves.root <> roots.name";
    assert_eq!(value(apart), 0);
}

#[test]
fn doubtful_placements_are_those_of_the_page() {
    let space = Space::with_example();
    let doubtful = space.rows("r", "SELECT * FROM doubtful");
    let mut margins: Vec<f64> = Vec::new();
    let placed = "SELECT l.margin FROM labels AS l JOIN hierarchy AS h ON l.cluster_id = h.id
        JOIN hierarchy AS p ON h.parent_id = p.id WHERE p.level = l.iteration AND l.margin IS NOT NULL";
    margins.extend(space.rows("r", placed).iter().filter_map(|row| row["margin"].as_f64()));
    margins.sort_by(f64::total_cmp);
    let bound = margins[margins.len() * 10 / 100];
    let below = margins.iter().filter(|margin| **margin < bound).count();
    assert!(below > 0);
    assert_eq!(doubtful.iter().filter(|row| row["reason"] == "low margin").count(), below);
    assert!(doubtful.iter().all(|row| row["runner_up"].is_string() && row["parent"].is_string()));
}
