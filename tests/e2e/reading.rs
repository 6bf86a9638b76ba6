//! Artifacts seen with other programs: DuckDB and polars, from Python.

use crate::space::{Space, assorted, helpdesk, python};

#[test]
fn duckdb_and_polars_join_clusters_with_groups_with_labels() {
    let Some(python) = python() else { return };
    let space = Space::new();
    space.write("in.jsonl", assorted(200));
    space.cladus("run in.jsonl --out r --embedder lexical").ok();
    let script = r#"
import duckdb, polars as pl
for k in (1, 2):
    clusters = "r/clusters.parquet" if k == 1 else f"r/iteration-{k-1}/parents.parquet"
    it = f"r/iteration-{k}"
    sql = f"""
      select c.id, g.group_id, l.candidate_id, a.name as candidate, len(e.embedding) as d
      from '{clusters}' c
      join '{it}/embeddings.parquet' e on e.cluster_id = c.id
      join '{it}/groups.parquet' g on g.cluster_id = c.id
      join '{it}/labels.parquet' l on l.cluster_id = c.id
      join '{it}/candidates.parquet' a using (candidate_id)
      where a.group_id is null or a.group_id = g.group_id"""
    duck = duckdb.sql(sql).pl().sort("id")
    scan = lambda f: pl.scan_parquet(f"{it}/{f}.parquet")
    lazy = (pl.scan_parquet(clusters).select("id")
        .join(scan("embeddings"), left_on="id", right_on="cluster_id")
        .join(scan("groups"), left_on="id", right_on="cluster_id")
        .join(scan("labels"), left_on="id", right_on="cluster_id")
        .join(scan("candidates").rename({"name": "candidate"}), on="candidate_id")
        .select("id", "group_id", "candidate_id", "candidate")
        .collect().sort("id"))
    n = pl.read_parquet(clusters).height
    assert duck.height == lazy.height == n, (duck.height, lazy.height, n)
    assert duck.drop("d").equals(lazy), "the two disagree"
    assert duck["d"].n_unique() == 1 and duck["d"][0] > 1

e = pl.read_parquet("r/iteration-1/embeddings.parquet")
assert isinstance(e.schema["embedding"], pl.Array), e.schema
norms = e.select((pl.col("embedding").arr.to_list().list.eval(pl.element() ** 2).list.sum()).alias("n"))["n"]
assert abs(norms.min() - 1) < 1e-3 and abs(norms.max() - 1) < 1e-3
expected = {
    "r/clusters.parquet": {"id": pl.String, "name": pl.String, "description": pl.String, "slug": pl.String,
        "level": pl.UInt8, "members": pl.List(pl.String), "size": pl.UInt64},
    "r/iteration-1/groups.parquet": {"cluster_id": pl.String, "group_id": pl.UInt32, "distance": pl.Float32},
    "r/iteration-1/labels.parquet": {"cluster_id": pl.String, "candidate_id": pl.UInt32, "answer": pl.String,
        "match": pl.String, "similarity": pl.Float32, "runner_up": pl.UInt32, "margin": pl.Float32},
    "r/closure.parquet": {"ancestor": pl.String, "descendant": pl.String, "depth": pl.UInt8},
}
for file, types in expected.items():
    assert dict(pl.read_parquet_schema(file)) == types, (file, pl.read_parquet_schema(file))

# A subtree is one join: the closure and the hierarchy agree on every root's size.
wrong = duckdb.sql("""
  select r.id from 'r/hierarchy.parquet' r
  join 'r/closure.parquet' x on x.ancestor = r.id
  join 'r/hierarchy.parquet' b on b.id = x.descendant and b.level = 0
  where r.parent_id is null group by r.id, r.size having sum(b.size) <> r.size""").fetchall()
assert wrong == [], wrong
"#;
    space.python(&python, script).ok();
}

#[test]
fn rows_written_back_by_another_program_change_nothing() {
    let Some(python) = python() else { return };
    let space = Space::new();
    space.run("cladus", ["run", &helpdesk(), "--out", "r", "--embedder", "lexical"]).ok();
    let script = r#"
import duckdb, polars as pl, glob
for i, file in enumerate(sorted(glob.glob("r/iteration-1/*.parquet"))):
    if i % 2:
        pl.read_parquet(file).reverse().write_parquet(file, compression="snappy")
    else:
        duckdb.sql(f"create or replace table t as select * from '{file}'")
        duckdb.sql(f"copy t to '{file}' (format parquet)")
"#;
    space.python(&python, script).ok();
    let ran = space.run("cladus", ["run", &helpdesk(), "--out", "r", "--json"]).ok();
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    for stage in report["iterations"][0]["stages"].as_array().unwrap() {
        assert_eq!(stage["state"], "fresh", "{stage}");
    }
}
