//! What is forgiven, because it loses nothing.

use super::{GROUP, Play};

/// Writes one grouping in as many ways as there are seeds: types, order, columns, compression.
const ODD: &str = r#"
import random, sys
import pyarrow as pa, pyarrow.parquet as pq
seed = random.Random(int(open(sys.argv[3]).read()))
ids = pq.read_table(sys.argv[1], columns=["cluster_id"])["cluster_id"].to_pylist()
groups = [sum(map(ord, id)) % 4 for id in ids]
groups = [sorted(set(groups)).index(group) for group in groups]
rows = list(zip(ids, groups, [(i % 7) / 8 for i in range(len(ids))]))
seed.shuffle(rows)
ids, groups, distances = map(list, zip(*rows))
text = seed.choice([pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string()), pa.string_view()])
number = seed.choice([pa.int8(), pa.int64(), pa.uint8(), pa.uint64(), pa.float64(), pa.int32()])
real = seed.choice([pa.float32(), pa.float64(), pa.float16()])
columns = [
    ("cluster_id", pa.array(ids, pa.string()).cast(text)),
    ("group_id", pa.array(groups).cast(number)),
    ("distance", pa.array(distances, pa.float64()).cast(real)),
    ("mine", pa.array(["é"] * len(ids))),
    ("nested", pa.array([{"a": [1]}] * len(ids))),
]
seed.shuffle(columns)
print(text, number, real, file=sys.stderr)
pq.write_table(pa.table(dict(columns)), sys.argv[2],
    compression=seed.choice(["none", "snappy", "zstd", "lz4"]), row_group_size=seed.choice([5, 1000]))
"#;

#[test]
fn a_grouping_in_odd_types_is_the_same_grouping() {
    let Some(play) = Play::new() else { return };
    play.swap("group", &["{embeddings}", "{out}", "seed.txt"], ODD);
    play.write("seed.txt", "0");
    play.stages(&[]);
    let before = play.artifacts();
    for seed in 1..9 {
        play.write("seed.txt", seed.to_string());
        let ran = play.run(&["--json"]).ok();
        assert_eq!(super::Stages::of(&ran.stdout).made(), ["group"], "seed {seed}");
        assert!(play.artifacts() == before, "seed {seed}: {}", ran.stderr);
    }
    play.is_whole();
}

#[test]
fn vectors_need_not_be_normalised() {
    let Some(play) = Play::new() else { return };
    let script = r#"
import sys, polars as pl
clusters = pl.read_parquet(sys.argv[1])
rows = [[float(len(name)), 3.0 * i, 1.0] for i, name in enumerate(clusters["name"])]
out = pl.DataFrame({"embedding": rows[::-1], "cluster_id": clusters["id"].reverse()})
out.write_parquet(sys.argv[2])
"#;
    play.swap("embed", &["{clusters}", "{out}"], script);
    play.stages(&[]);
    play.is_whole();
}

#[test]
fn labels_are_a_candidate_a_cluster() {
    let Some(play) = Play::new() else { return };
    let script = r#"
import json, sys
rows = lambda path: [json.loads(line) for line in open(path)]
clusters, candidates, groups = map(rows, sys.argv[1:4])
with open(sys.argv[4], "w") as out:
    for i, cluster in reversed(list(enumerate(clusters))):
        print(json.dumps({"cluster_id": cluster["id"], "candidate_id": i % len(candidates)}), file=out)
"#;
    let guessed = script.replace("})", ", \"remark\": \"guessed\" if i == 3 else None})");
    let words = ["{clusters.jsonl}", "{candidates.jsonl}", "{groups.jsonl}", "{out.jsonl}"];
    play.swap("label", &words, script);
    play.stages(&[]);
    play.is_whole();
    let path = play.space.path("r/iteration-1/labels.parquet");
    let labels = cladus_core::artifact::read_labels(&path).unwrap().rows;
    for label in labels {
        let filled = (label.matched.as_str(), label.similarity, label.runner_up, label.margin);
        assert_eq!(filled, ("exact", 1.0, None, None));
    }
    play.swap("label", &words, &guessed);
    let ran = play.run(&["--strict"]).exits(5);
    assert!(ran.stderr.contains("could not be used as given in 1 rows"), "{}", ran.stderr);
    play.is_whole();
}

#[test]
fn parents_are_a_name_and_members_and_the_rest_follows() {
    let Some(play) = Play::with(150) else { return };
    let script = r#"
import json, sys
clusters = [json.loads(line) for line in open(sys.argv[1])]
wanted, iteration = int(sys.argv[2]), sys.argv[3]
with open(sys.argv[4], "w") as out:
    print(json.dumps({"id": clusters[0]["id"]}), file=out)
    for i in range(wanted - 1):
        members = [cluster["id"] for cluster in clusters[1:]][i::wanted - 1]
        print(json.dumps({"name": f"The Parent {i} of {iteration}", "members": members}), file=out)
"#;
    let words = ["{clusters.jsonl}", "{parents}", "{iteration}", "{out.jsonl}"];
    play.swap("rename", &words, script);
    assert_eq!(play.stages(&[]).made().len(), 10, "two levels");
    play.is_whole();
    let nodes = play.space.hierarchy("r");
    let parent = nodes.iter().find(|node| node.cluster.name == "The Parent 0 of 2").unwrap();
    let members: Vec<&str> = parent.cluster.members.iter().map(String::as_str).collect();
    assert_eq!(parent.cluster.id, cladus_core::id::parent_id(members));
    assert_eq!((parent.cluster.level, parent.cluster.slug.is_empty()), (2, false));
    let alone = nodes.iter().filter(|node| node.cluster.level == 0 && node.parent_id.is_none());
    assert_eq!(alone.count(), 1, "one base cluster moved up alone, twice");
}

#[test]
fn names_are_made_fit_to_stand_between_quotes() {
    let Some(play) = Play::new() else { return };
    let line = r#"{"name": " A \"quoted\" name. "}"#;
    play.write("lines.jsonl", format!("{line}\n\n{{\"name\": \"Other\", \"mine\": 1}}\n"));
    play.pipeline(
        "[stage.propose]\ncommand = [\"cat\", \"lines.jsonl\"]\nstdout = \"{out.jsonl}\"\n",
    );
    play.stages(&[]);
    play.is_whole();
    let path = play.space.path("r/iteration-1/candidates.parquet");
    let candidates = cladus_core::artifact::read_candidates(&path).unwrap().rows;
    let names: Vec<&str> = candidates.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["A quoted name", "Other"]);
}

#[test]
fn distances_that_are_given_stay() {
    let Some(play) = Play::new() else { return };
    play.group("groups[0]['distance'] = 0.125\nwrite(groups)");
    play.stages(&[]);
    let path = play.space.path("r/iteration-1/groups.parquet");
    let groups = cladus_core::artifact::read_groups(&path).unwrap().rows;
    assert_eq!(groups[0].distance, 0.125);
    assert!(groups[1..].iter().all(|row| (0.0..2.0).contains(&row.distance)));
    let distances: Vec<f32> = groups.iter().map(|row| row.distance).collect();
    play.group("write(groups[::-1])");
    play.stages(&[]);
    let again = cladus_core::artifact::read_groups(&path).unwrap().rows;
    let again: Vec<f32> = again.iter().map(|row| row.distance).collect();
    assert_eq!(again[1..], distances[1..], "whatever the order of the rows");
    assert!(GROUP.contains("% 3"), "the two runs group alike");
}

#[test]
fn paths_may_hold_what_paths_hold() {
    let Some(play) = Play::new() else { return };
    let run = "a run, \u{fc}ber 'all' $HOME {x}";
    play.group("assert '{x}' in out\nwrite(groups)");
    let pipeline = play.path("pipeline.toml");
    let words = [
        "run",
        "in.jsonl",
        "--out",
        run,
        "--embedder",
        "lexical",
        "--pipeline",
        pipeline.to_str().unwrap(),
    ];
    play.space.run("cladus", words).ok();
    play.space.run("cladus", ["check", run]).ok();
    let lines = "[stage.group]\ncommand = [\"sh\", \"-c\", \"cat < \\\"$1\\\" > \\\"$2\\\"\", \"sh\", \"{embeddings.jsonl}\", \"{out.jsonl}\"]\n";
    play.pipeline(lines);
    let ran = play.space.run("cladus", words.into_iter().chain(["--commands"])).exits(3);
    ran.complains(&["column group_id is missing (the file has: cluster_id, embedding)"]);
    // As it is printed it can be pasted, whatever is in the paths.
    let line =
        ran.stderr.lines().filter_map(|line| line.strip_prefix("$ cd ")).next_back().unwrap();
    let again =
        std::process::Command::new("sh").args(["-c", &format!("cd {line}")]).output().unwrap();
    assert!(again.status.success(), "{line}\n{}", String::from_utf8_lossy(&again.stderr));
}
