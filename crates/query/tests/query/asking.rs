//! Questions, formats and errors.

use cladus_core::artifact;

use crate::space::{QUERY, Ran, Space, cladus, lines};

#[test]
fn a_question_comes_from_the_command_line_a_file_or_standard_input() {
    let space = Space::with_example();
    let sql = "-- all of them\nSELECT count(*) AS n FROM roots;\n";
    std::fs::write(space.path("q.sql"), sql).unwrap();
    let expected = "n\n10\n";
    assert_eq!(space.query(["r", "SELECT count(*) AS n FROM roots"]).ok(), expected);
    assert_eq!(space.query(["r", "--file", "q.sql"]).ok(), expected);
    // The only run here is meant.
    assert_eq!(space.query(["SELECT count(*) AS n FROM roots"]).ok(), expected);
    let mut command = space.command(QUERY);
    command.args(["r", "-"]).stdin(std::fs::File::open(space.path("q.sql")).unwrap());
    assert_eq!(String::from_utf8(command.output().unwrap().stdout).unwrap(), expected);
    let both = space.query(["r", "SELECT 1", "--file", "q.sql"]).exits(2);
    both.complains(&["there are two questions"]);
    space.query(["r", "--file", "nowhere.sql"]).exits(3).complains(&["cannot read nowhere.sql"]);
    space.query(["r", " ; "]).exits(2).complains(&["there is no SQL to answer"]);
}

#[test]
fn an_answer_is_a_table_csv_json_lines_or_parquet() {
    let space = Space::with_example();
    let sql = "SELECT name, size, members FROM hierarchy ORDER BY size DESC, id LIMIT 3";
    let csv = space.query(["r", sql]).ok();
    assert_eq!(csv, space.query(["r", sql, "--format", "csv"]).ok());
    assert!(csv.starts_with("name,size,members\nInvoices,877,\"[\"\""), "{csv}");
    let rows = lines(&space.query(["r", sql, "--format", "jsonl"]).ok());
    assert_eq!((rows.len(), &rows[0]["size"]), (3, &877.into()));
    assert!(rows[0]["members"].is_array());
    let table = space.query(["r", sql, "--format", "table", "--limit", "2"]).ok();
    let shown: Vec<&str> = table.lines().collect();
    assert_eq!(shown.len(), 4, "{table}");
    assert_eq!(shown[3], "… 1 more row (--limit 0 prints all)");
    // What is written as Parquet is the artifact that it was.
    space.query(["r", "SELECT * FROM clusters", "--out", "out/copy.parquet"]).ok();
    let copy = artifact::read_clusters(&space.path("out/copy.parquet")).unwrap().rows;
    assert_eq!(copy, artifact::read_clusters(&space.path("r/clusters.parquet")).unwrap().rows);
    space.query(["r", sql, "--out", "rows.jsonl"]).ok();
    assert_eq!(lines(&std::fs::read_to_string(space.path("rows.jsonl")).unwrap()), rows);
}

#[test]
fn the_same_question_has_the_same_answer_in_the_order_of_the_rows() {
    let space = Space::with_example();
    let question = "SELECT root, count(*) AS n FROM items GROUP BY root";
    let first = space.query(["r", question]).ok();
    let roots = space.rows("r", "SELECT name FROM roots");
    let named: Vec<String> = space
        .rows("r", question)
        .iter()
        .map(|row| row["root"].as_str().unwrap().to_owned())
        .collect();
    let mut expected: Vec<String> =
        roots.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect();
    expected.retain(|root| named.contains(root));
    assert_eq!(named, expected);
    let joined =
        "SELECT DISTINCT h.slug, l.root FROM hierarchy AS h JOIN leaves AS l ON h.id = l.id";
    let joined_first = space.query(["r", joined]).ok();
    for _ in 0..4 {
        assert_eq!(space.query(["r", question]).ok(), first);
        assert_eq!(space.query(["r", joined]).ok(), joined_first);
    }
}

#[test]
fn either_side_of_a_join_may_come_first() {
    let space = Space::with_example();
    let ask = |second: &str| {
        let sql = format!(
            "SELECT l.cluster_id, p.name AS parent FROM labels AS l
             JOIN hierarchy AS h ON h.id = l.cluster_id JOIN hierarchy AS p ON {second}
             WHERE l.iteration = 1 ORDER BY 1"
        );
        space.query(["r", &sql]).ok()
    };
    let parents = ask("h.parent_id = p.id");
    assert_eq!(parents, ask("p.id = h.parent_id"));
    assert_eq!(parents.lines().count(), 121);
}

#[test]
fn an_error_says_what_there_is() {
    let space = Space::with_example();
    let ask = |sql: &str| space.query(["r", sql]);
    let missing = ask("SELECT * FROM hierarchies").exits(2);
    missing.complains(&[
        "there is no table \"hierarchies\"",
        "tables: clusters,",
        "roots, leaves, paths",
    ]);
    let column = ask("SELECT nme FROM roots").exits(2);
    column.complains(&[
        "there is no column \"nme\"",
        "roots has: id, name, description, size, share",
    ]);
    let qualified =
        ask("SELECT r.nme FROM roots AS r JOIN items AS i ON r.id = i.root_id").exits(2);
    qualified.complains(&["there is no column \"nme\"", "items has: item, cluster_id"]);
    ask("SELEC name FROM roots")
        .exits(2)
        .complains(&["this is not SQL", "quote the whole question"]);
    ask("SELECT 1 AS a; SELECT 2 AS b").exits(2).complains(&["this cannot be answered"]);
    ask("SELECT * FROM map").exits(3).complains(&["holds no map", "--map"]);
    space.query(["r", "SELECT 1", "--also", "1=r"]).exits(2).complains(&["is no name for tables"]);
}

#[test]
fn a_folder_that_is_no_run_is_told_as_everywhere() {
    let space = Space::with_example();
    std::fs::create_dir(space.path("empty")).unwrap();
    for folder in ["nowhere", "empty"] {
        let ours = space.query([folder, "SELECT * FROM roots"]).exits(3);
        let theirs = space.cladus(["tree", folder]).exits(3);
        assert_eq!(ours.stderr, theirs.stderr);
    }
    std::fs::write(space.path("r/iteration-1/labels.parquet"), "PAR1 no more").unwrap();
    let damaged = space.query(["r", "SELECT * FROM labels"]).exits(3);
    damaged.complains(&["r/iteration-1/labels.parquet", "cannot be read as Parquet"]);
    // Nobody reads what is not asked for.
    space.query(["r", "SELECT * FROM roots"]).ok();
}

#[test]
fn cladus_query_is_this_program() {
    let space = Space::with_example();
    let path = std::path::Path::new(QUERY).parent().unwrap().to_owned();
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let paths =
        std::env::join_paths(std::iter::once(path).chain(std::env::split_paths(&paths))).unwrap();
    let ask = |words: &[&str]| {
        let mut command = space.command(cladus());
        Ran::from(command.args(words).env("PATH", &paths).output().unwrap())
    };
    let sql = "SELECT name, share FROM roots";
    assert_eq!(
        ask(&["query", "r", sql, "--format", "jsonl"]).ok(),
        space.query(["r", sql, "--format", "jsonl"]).ok()
    );
    let json = ask(&["--progress", "json", "query", "r", "SELECT nothing FROM roots"]).exits(2);
    assert!(json.stderr.starts_with("{\"event\":\"error\""), "{}", json.stderr);
    assert!(ask(&["query", "--help"]).ok().contains("Usage: cladus query"));
}
