//! Each stage alone, by its own binary, from files that anybody may have written.

use crate::space::{Space, assorted, python};

const STAGES: [(&str, &[&str]); 5] = [
    ("embed", &["clusters"]),
    ("group", &["embeddings"]),
    ("propose", &["clusters", "groups"]),
    ("label", &["clusters", "groups", "candidates"]),
    ("rename", &["clusters", "labels", "candidates"]),
];

/// A stage's flags with its inputs in this folder, without anything optional.
fn words(inputs: &[&str], out: &str) -> Vec<String> {
    let files = inputs.iter().flat_map(|i| [format!("--{i}"), format!("{i}.parquet")]);
    files.chain(["--out".to_owned(), out.to_owned()]).collect()
}

fn output(stage: &str) -> &'static str {
    match stage {
        "embed" => "embeddings.parquet",
        "group" => "groups.parquet",
        "propose" => "candidates.parquet",
        "label" => "labels.parquet",
        _ => "parents.parquet",
    }
}

/// A folder with `clusters.parquet` of 60 clusters.
fn space_with_clusters() -> Space {
    let space = Space::new();
    space.write("in.jsonl", assorted(60));
    space.cladus("run in.jsonl --out r --embedder lexical").ok();
    std::fs::copy(space.path("r/clusters.parquet"), space.path("clusters.parquet")).unwrap();
    space
}

#[test]
fn five_binaries_in_a_row_make_an_iteration() {
    let space = space_with_clusters();
    for (stage, inputs) in STAGES {
        let ran = space.run(&format!("cladus-{stage}"), words(inputs, output(stage))).ok();
        assert_eq!(ran.stdout, "", "results are in the file");
        let check = space.cladus(&format!("check {}", output(stage))).ok();
        assert!(check.stdout.contains(": ok, "), "{}", check.stdout);
    }
    let parents = space.clusters("parents.parquet");
    assert!((5..=10).contains(&parents.len()), "{} parents", parents.len());
    assert_eq!(
        parents.iter().map(|p| p.size).sum::<u64>(),
        (0..60).map(|i| i % 5 + 1).sum::<u64>()
    );
}

#[test]
fn a_subcommand_is_the_binary() {
    let space = space_with_clusters();
    for (stage, inputs) in STAGES {
        space.run(&format!("cladus-{stage}"), words(inputs, output(stage))).ok();
        let mut line = vec![stage.to_owned()];
        line.extend(words(inputs, "again.parquet"));
        space.run("cladus", line).ok();
        let [first, second] =
            [output(stage), "again.parquet"].map(|f| std::fs::read(space.path(f)).unwrap());
        assert!(first == second, "{stage}");
    }
}

#[test]
fn help_names_every_input_and_output() {
    let space = Space::new();
    for (stage, inputs) in STAGES {
        let help = space.run(&format!("cladus-{stage}"), ["--help"]).ok().stdout;
        for flag in inputs.iter().copied().chain(["out", "params"]) {
            assert!(help.contains(&format!("--{flag}")), "{stage}: no --{flag} in\n{help}");
        }
        space
            .run(&format!("cladus-{stage}"), ["--no-such-flag"])
            .exits(2)
            .complains(&["--no-such-flag"]);
        space.run(&format!("cladus-{stage}"), Vec::<String>::new()).exits(2).complains(&["--out"]);
    }
}

#[test]
fn parameters_come_from_a_file_and_flags_come_first() {
    let space = space_with_clusters();
    space.cladus("embed --clusters clusters.parquet --out embeddings.parquet").ok();
    space.write("cladus.toml", "clusters_per_group = 6\nseed = 3\n");
    let groups = |flags: &str| {
        let line = format!("group --embeddings embeddings.parquet --out groups.parquet {flags}");
        space.cladus(&line).ok();
        let rows = cladus_core::artifact::read_groups(&space.path("groups.parquet")).unwrap().rows;
        rows.iter().map(|r| r.group_id).max().unwrap() + 1
    };
    assert_eq!(groups("--params cladus.toml"), 10);
    assert_eq!(groups("--params cladus.toml --clusters-per-group 20"), 3);
    space.write("cladus.toml", "clusters_per_gruop = 6\n");
    space
        .cladus("group --embeddings embeddings.parquet --out groups.parquet --params cladus.toml")
        .exits(2)
        .complains(&["cladus.toml", "clusters_per_gruop", "clusters_per_group"]);
}

#[test]
fn files_written_by_hand_in_python_are_accepted() {
    let Some(python) = python() else { return };
    let space = space_with_clusters();
    // pandas-like types: int64, float64, variable lists, vectors that are not normalised.
    let script = r#"
import polars as pl, duckdb
names = [f"c{i:05}" for i in range(60)]
clusters = pl.DataFrame({
    "id": names, "name": [f"Thing {i} of kind {i % 3}" for i in range(60)],
    "description": [""] * 60, "slug": ["a_b_c"] * 60, "level": [0] * 60,
    "members": [[f"m{i}"] for i in range(60)], "size": [1] * 60, "note": ["mine"] * 60,
})
clusters.write_parquet("clusters.parquet")
vectors = [[float(i % 3 == 0), float(i % 3 == 1) * 4, float(i % 3 == 2), i / 1000] for i in range(60)]
pl.DataFrame({"cluster_id": names, "embedding": vectors}).write_parquet("embeddings.parquet")
pl.DataFrame({"cluster_id": names[::-1], "group_id": [i % 3 for i in range(60)][::-1],
              "distance": [0.1] * 60}).write_parquet("groups.parquet")
pl.DataFrame({"candidate_id": [0, 1, 2, 3], "group_id": [0, 1, 2, None],
              "name": ["Kind zero", "Kind one", "Kind two", "Anything"]}).write_parquet("candidates.parquet")
"#;
    space.python(&python, script).ok();
    space.cladus("check clusters.parquet groups.parquet candidates.parquet").ok();
    let check = space.cladus("check embeddings.parquet").exits(3);
    assert!(check.stdout.contains("not L2-normalised"), "{}", check.stdout);
    space.cladus("group --embeddings embeddings.parquet --out own-groups.parquet --clusters-per-group 20").ok();
    space.cladus("propose --clusters clusters.parquet --groups groups.parquet --out own-candidates.parquet").ok();
    space.cladus("label --clusters clusters.parquet --groups groups.parquet --candidates candidates.parquet --embeddings embeddings.parquet --out labels.parquet").ok();
    space.cladus("label --clusters clusters.parquet --groups groups.parquet --candidates candidates.parquet --out labels.parquet").ok();
    let labels = cladus_core::artifact::read_labels(&space.path("labels.parquet")).unwrap().rows;
    for (row, label) in labels.iter().enumerate() {
        let allowed = [row as u32 % 3, 3];
        assert!(allowed.contains(&label.candidate_id), "{label:?} was not offered that");
    }
    let script = r#"
import polars as pl
pl.DataFrame({"cluster_id": [f"c{i:05}" for i in range(60)], "candidate_id": [i % 3 for i in range(60)],
              "answer": [None] * 60, "match": ["exact"] * 60, "similarity": [1.0] * 60,
              "runner_up": [None] * 60, "margin": [None] * 60}).write_parquet("labels.parquet")
"#;
    space.python(&python, script).ok();
    space.cladus("rename --clusters clusters.parquet --labels labels.parquet --candidates candidates.parquet --out parents.parquet").ok();
    let parents = space.clusters("parents.parquet");
    assert_eq!(parents.iter().map(|p| p.members.len()).collect::<Vec<_>>(), [20, 20, 20]);
}

#[test]
fn a_fixed_taxonomy_takes_the_place_of_the_proposals() {
    let Some(python) = python() else { return };
    let space = space_with_clusters();
    for (stage, inputs) in &STAGES[..2] {
        space.run(&format!("cladus-{stage}"), words(inputs, output(stage))).ok();
    }
    let script = r#"
import polars as pl
names = ["Passwords", "Invoices", "Builds", "Recipes", "Contracts", "Photos", "Sensors"]
pl.DataFrame({"candidate_id": range(7), "group_id": pl.Series([None] * 7, dtype=pl.UInt32),
              "name": names}).write_parquet("candidates.parquet")
"#;
    space.python(&python, script).ok();
    space.cladus("label --clusters clusters.parquet --groups groups.parquet --candidates candidates.parquet --out labels.parquet").ok();
    let clusters = space.clusters("clusters.parquet");
    let labels = cladus_core::artifact::read_labels(&space.path("labels.parquet")).unwrap().rows;
    let things = ["passwords", "invoices", "builds", "recipes", "contracts", "photos", "sensors"];
    let right = clusters
        .iter()
        .zip(&labels)
        .filter(|(c, l)| c.name.contains(things[l.candidate_id as usize]));
    let right = right.count();
    assert!(right >= 57, "only {right} of 60 clusters are under the word they contain");
}

/// Vectors of another embedder decide, where candidates say what they were drawn from.
#[test]
fn somebody_elses_vectors_are_used_as_they_are() {
    let Some(python) = python() else { return };
    let space = space_with_clusters();
    // Ten directions, a cluster's number modulo ten: nothing that the words would tell.
    let script = r#"
import polars as pl
ids = pl.read_parquet("clusters.parquet")["id"].to_list()
vectors = [[1.0 if j == int(i[1:]) % 10 else 0.01 * j for j in range(10)] for i in ids]
pl.DataFrame({"cluster_id": ids, "embedding": vectors}).write_parquet("embeddings.parquet")
"#;
    space.python(&python, script).ok();
    for (stage, inputs) in &STAGES[1..] {
        let mut line = words(inputs, output(stage));
        if *stage != "group" {
            line.extend(["--embeddings".to_owned(), "embeddings.parquet".to_owned()]);
        }
        space.run(&format!("cladus-{stage}"), line).ok();
    }
    let parents = space.clusters("parents.parquet");
    assert_eq!(parents.len(), 10);
    for parent in parents {
        let kinds: Vec<&str> = parent.members.iter().map(|id| &id[id.len() - 1..]).collect();
        assert!(kinds.iter().all(|kind| *kind == kinds[0]), "{} mixes {kinds:?}", parent.name);
    }
}

/// A file is spoilt in one way; the stage that reads it must say where.
#[test]
fn a_wrong_file_is_told_with_its_row_and_column() {
    let Some(python) = python() else { return };
    let space = space_with_clusters();
    for (stage, inputs) in STAGES {
        space.run(&format!("cladus-{stage}"), words(inputs, output(stage))).ok();
    }
    let cases: [(&str, &str, &str, &[&str]); 16] = [
        ("embed", "clusters", "t.drop('name')", &["column name is missing"]),
        (
            "embed",
            "clusters",
            "t.with_columns(size=pl.col('name'))",
            &["column size has type", "uint64"],
        ),
        (
            "embed",
            "clusters",
            "t.with_columns(id=pl.lit('same'))",
            &["row 1 (from 0)", "column id", "already in row 0"],
        ),
        (
            "embed",
            "clusters",
            "t.with_columns(id=pl.when(pl.col('id') == 'c00007').then(None).otherwise('id'))",
            &["column id", "is null"],
        ),
        (
            "embed",
            "clusters",
            "t.with_columns(level=pl.lit(300))",
            &["column level", "does not fit into uint8"],
        ),
        (
            "group",
            "embeddings",
            "t.with_columns(embedding=pl.col('embedding').arr.to_list().list.eval(pl.element() * float('nan')))",
            &["row 0 (from 0)", "column embedding", "not a finite number"],
        ),
        (
            "group",
            "embeddings",
            "t.with_columns(embedding=pl.when(pl.int_range(pl.len()) == 5).then(pl.col('embedding').arr.to_list().list.head(3)).otherwise(pl.col('embedding').arr.to_list()))",
            &["row 5 (from 0)", "column embedding", "has 3 values"],
        ),
        ("propose", "groups", "t.head(59)", &["groups.parquet", "no row for cluster", "c00059"]),
        (
            "propose",
            "groups",
            "t.with_columns(cluster_id=pl.when(pl.col('cluster_id') == 'c00003').then(pl.lit('nobody')).otherwise('cluster_id'))",
            &["row 3 (from 0)", "column cluster_id", "nobody"],
        ),
        (
            "propose",
            "groups",
            "t.with_columns(group_id=pl.col('group_id') + 1)",
            &["column group_id", "0 is missing"],
        ),
        (
            "label",
            "candidates",
            "t.with_columns(candidate_id=pl.col('candidate_id') + 1)",
            &["column candidate_id"],
        ),
        (
            "label",
            "candidates",
            "t.with_columns(name=pl.lit(' '))",
            &["row 0 (from 0)", "column name", "is empty"],
        ),
        (
            "rename",
            "labels",
            "t.with_columns(candidate_id=pl.lit(999))",
            &["row 0 (from 0)", "column candidate_id", "999"],
        ),
        (
            "rename",
            "labels",
            "t.with_columns(match=pl.lit('perhaps'))",
            &["row 0 (from 0)", "column match", "perhaps"],
        ),
        (
            "rename",
            "labels",
            "t.with_columns(similarity=pl.lit(1.5))",
            &["column similarity", "1.5"],
        ),
        (
            "rename",
            "labels",
            "pl.concat([t, t.head(1)])",
            &["row 60 (from 0)", "column cluster_id", "already in row 0"],
        ),
    ];
    for (stage, file, change, parts) in cases {
        let name = format!("{file}.parquet");
        let good = std::fs::read(space.path(&name)).unwrap();
        let script = format!(
            "import polars as pl\nt = pl.read_parquet('{name}')\n({change}).write_parquet('{name}')\n"
        );
        space.python(&python, &script).ok();
        let inputs = STAGES.iter().find(|(s, _)| *s == stage).unwrap().1;
        let before = std::fs::read(space.path(output(stage))).unwrap();
        let ran = space.run(&format!("cladus-{stage}"), words(inputs, output(stage))).exits(3);
        ran.complains(&[&[name.as_str()], parts].concat());
        assert!(
            std::fs::read(space.path(output(stage))).unwrap() == before,
            "the old {stage} output is gone"
        );
        space.write(&name, good);
    }
}
