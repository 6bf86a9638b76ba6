//! What breaks the contract is refused, stage by stage, with its place.

use super::Play;

/// Runs every case as `stage`; the script ends in the case's body, and `out` is written from `rows`.
fn refuses(stage: &str, words: &[&str], start: &str, cases: &[(&str, &str)]) {
    let Some(play) = Play::with(30) else { return };
    play.command(&["--max-clusters", "8"]).output().unwrap();
    let before = play.artifacts();
    assert_eq!(before.len(), 8);
    for (body, part) in cases {
        let script = format!(
            "import json, sys\nread = lambda path: [json.loads(line) for line in open(path)]\n\
             {start}\n{body}\nopen(sys.argv[1], 'w').writelines(json.dumps(row) + '\\n' for row in rows)\n"
        );
        play.swap(stage, &[&["{out.jsonl}"], words].concat(), &script);
        let ran = play.run(&["--quiet", "--max-clusters", "8"]).exits(3);
        ran.complains(&[&format!("{stage}: `"), "wrote an unusable result", part]);
        assert!(play.artifacts() == before, "{body}");
    }
    play.space.cladus("check r").ok();
}

#[test]
fn embeddings_must_be_vectors_of_every_cluster() {
    let start = "rows = [{'cluster_id': c['id'], 'embedding': [1.0, i]} for i, c in enumerate(read(sys.argv[2]))]";
    refuses(
        "embed",
        &["{clusters.jsonl}"],
        start,
        &[
            ("rows[3]['embedding'] = [0.0, 0.0]", "line 4, column embedding: has no direction"),
            ("rows[3]['embedding'] = [1.0]", "line 4, column embedding: has 1 values"),
            ("rows[3]['embedding'] = []", "line 4, column embedding: has 0 values"),
            ("rows[3]['embedding'] = [1.0, None]", "line 4, column embedding: is [1.0,null]"),
            ("rows[3]['embedding'] = [1.0, float('inf')]", "line 4 is not JSON"),
            ("rows[3]['embedding'] = [1e300, 1.0]", "line 4, column embedding"),
            ("del rows[3]['embedding']", "line 4, column embedding: is null"),
            ("rows = rows[1:]", "has no row for cluster \"c00000\""),
            ("rows.append({**rows[0], 'cluster_id': 'new'})", "cluster \"new\" is not in"),
            ("rows.append(rows[0])", "line 31, column cluster_id"),
            (
                "for row in rows: row['vector'] = row.pop('embedding')",
                "column embedding is missing (the file has: cluster_id, vector)",
            ),
            ("rows = []", "has no row for cluster"),
        ],
    );
}

#[test]
fn vectors_that_are_not_finite_are_named() {
    let Some(play) = Play::with(30) else { return };
    let script = "import sys, polars as pl\nids = pl.read_parquet(sys.argv[1])['id']\n\
        rows = [[1.0, 2.0]] * 4 + [[1.0, float('nan')]] + [[1.0, 2.0]] * (len(ids) - 5)\n\
        pl.DataFrame({'cluster_id': ids, 'embedding': rows}).write_parquet(sys.argv[2])\n";
    play.swap("embed", &["{clusters}", "{out}"], script);
    play.run(&["--quiet"]).exits(3).complains(&["embed: `", "row 4 (from 0)", "embedding", "NaN"]);
    let garbage =
        "import sys\nopen(sys.argv[2], 'wb').write(b'PAR1' + bytes(range(200)) + b'PAR1')\n";
    play.swap("embed", &["{clusters}", "{out}"], garbage);
    play.run(&["--quiet"]).exits(3).complains(&["embed: `", "embeddings.parquet", "damaged"]);
    let cut = "import sys\ndata = open(sys.argv[1], 'rb').read()\nopen(sys.argv[2], 'wb').write(data[:-9])\n";
    play.swap("embed", &["{clusters}", "{out}"], cut);
    play.run(&["--quiet"]).exits(3).complains(&["embed: `", "embeddings.parquet", "cut off"]);
}

#[test]
fn candidates_must_be_names_for_groups_that_are_there() {
    let start =
        "rows = [{'candidate_id': i, 'group_id': None, 'name': f'Name {i}'} for i in range(8)]";
    refuses(
        "propose",
        &["{groups.jsonl}"],
        start,
        &[
            ("rows = []", "contains no candidates"),
            ("rows[2]['name'] = ' '", "line 3, column name: is empty"),
            ("rows[2]['name'] = '\"\"'", "line 3, column name: says nothing"),
            ("rows[2]['group_id'] = 99", "line 3, column group_id: group 99 is not in"),
            ("rows[2]['candidate_id'] = 9", "line 3, column candidate_id: is 9"),
            ("rows[2]['candidate_id'] = 1", "line 3, column candidate_id: 1 is already in row 1"),
            ("rows[2]['candidate_id'] = None", "line 3, column candidate_id: is null"),
            ("rows[2]['exemplars'] = ['new']", "line 3, column exemplars: cluster \"new\""),
            ("rows = [{'title': 'x'}]", "column name is missing (the file has: title)"),
        ],
    );
}

#[test]
fn labels_must_choose_a_candidate_for_every_cluster() {
    let start = "rows = [{'cluster_id': c['id'], 'candidate_id': 0} for c in read(sys.argv[2])]";
    refuses(
        "label",
        &["{clusters.jsonl}"],
        start,
        &[
            ("rows[2]['candidate_id'] = 999", "candidate 999 is not in"),
            ("rows[2]['match'] = 'perhaps'", "line 3, column match: is \"perhaps\""),
            ("rows[2]['similarity'] = 2", "line 3, column similarity: is 2"),
            ("rows[2]['runner_up'] = 999", "line 3, column runner_up: candidate 999"),
            ("rows = rows[:-1]", "has no row for cluster"),
            ("rows[2]['cluster_id'] = 'new'", "cluster \"new\" is not in"),
            ("rows.append(rows[0])", "line 31, column cluster_id"),
        ],
    );
}

#[test]
fn parents_must_hold_every_cluster_once() {
    let start = "clusters = read(sys.argv[2])\nids = [c['id'] for c in clusters]\n\
        rows = [{'name': f'Parent {i}', 'members': ids[i::7]} for i in range(7)]";
    refuses(
        "rename",
        &["{clusters.jsonl}"],
        start,
        &[
            ("rows[2]['members'].pop()", "is under no parent"),
            (
                "rows[2]['members'].append('c00000')",
                "line 3, column members: cluster \"c00000\" is already under \"p-",
            ),
            ("rows[2]['members'].append(rows[2]['members'][0])", "line 3, column members: cluster"),
            (
                "rows[2]['members'].append('new')",
                "line 3, column members: cluster \"new\" is not in",
            ),
            (
                "rows = [{'name': 'Alone', 'members': ids[:1]}, {'name': 'All', 'members': ids[1:]}]",
                "line 1, column members: has one child",
            ),
            (
                "rows.append({'name': 'None', 'members': []})",
                "line 8, column members: has no children",
            ),
            ("rows[2]['size'] = 1", "line 3, column size: is 1"),
            ("rows[2]['level'] = 2", "line 3, column level: is 2, expected 1"),
            ("rows[2]['name'] = 'PARENT 1'", "line 3, column name"),
            ("rows[2]['name'] = ''", "line 3, column name: is empty"),
            ("del rows[2]['name']", "line 3, column name: is empty"),
            ("rows[0]['id'] = rows[1]['id'] = 'x'", "line 2, column id: \"x\" is already in row 0"),
            (
                "rows[0]['members'].remove('c00000'); rows.append({'id': 'c00000', 'name': 'Other'})",
                "line 8, column name: cluster \"c00000\" moves up alone",
            ),
            ("rows.append({'id': 'c00000'})", "cluster \"c00000\" is already under"),
            ("rows = clusters", "30 parents for 30 clusters"),
            (
                "rows = [{'id': id} for id in ids[:8]] + [{'name': 'Rest', 'members': ids[8:]}]",
                "9 roots, but the maximum is 8",
            ),
        ],
    );
}

#[test]
fn an_id_of_a_level_below_is_taken() {
    let Some(play) = Play::with(150) else { return };
    let script = r#"
import json, sys
clusters = [json.loads(line) for line in open(sys.argv[1])]
wanted, ids = int(sys.argv[2]), [cluster["id"] for cluster in clusters]
rows = [{"name": f"{sys.argv[3]} {i}", "members": ids[i::wanted]} for i in range(wanted)]
if sys.argv[3] == "2":
    rows[0]["id"] = "c00000"
with open(sys.argv[4], "w") as out:
    out.writelines(json.dumps(row) + "\n" for row in rows)
"#;
    play.swap("rename", &["{clusters.jsonl}", "{parents}", "{iteration}", "{out.jsonl}"], script);
    play.run(&["--quiet"]).exits(3).complains(&["line 1, column id", "c00000", "a level below"]);
}
