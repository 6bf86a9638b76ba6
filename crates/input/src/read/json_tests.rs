use super::*;

fn table(text: &str) -> InputTable {
    read(Path::new("in.json"), text, false).unwrap()
}

/// Columns, and the rows as JSON.
#[track_caller]
fn check(text: &str, columns: &[&str], first: &str) {
    let table = table(text);
    assert_eq!(table.columns, columns, "{text}");
    assert_eq!(Value::from(table.rows[0].cells.clone()).to_string(), first, "{text}");
    assert_eq!(table.rows.len(), 2, "{text}");
}

#[test]
fn records_in_every_wrapping() {
    let rows = r#"[{"name":"A","size":1},{"name":"B","size":2}]"#;
    let expected = r#"["A",1]"#;
    for text in [
        rows.to_owned(),
        format!(r#"{{"clusters":{rows}}}"#),
        format!(r#"{{"model":"m","created":"today","topics":{rows}}}"#),
        format!(r#"{{"result":{{"clusters":{rows}}}}}"#),
        format!(r#"{{"whatever":{rows}}}"#),
        r#"{"columns":["name","size"],"index":[0,1],"data":[["A",1],["B",2]]}"#.to_owned(),
        format!(r#"{{"schema":{{"fields":[]}},"data":{rows}}}"#),
        r#"{"name":{"0":"A","1":"B"},"size":{"0":1,"1":2}}"#.to_owned(),
        r#"{"name":["A","B"],"size":[1,2]}"#.to_owned(),
        r#"[["name","size"],["A",1],["B",2]]"#.to_owned(),
        "{\"name\":\"A\",\"size\":1}\n{\"name\":\"B\",\"size\":2}\n".to_owned(),
        "{\n\"name\":\"A\",\n\"size\":1}\n{\"name\":\"B\",\n\"size\":2}\n".to_owned(),
    ] {
        check(&text, &["name", "size"], expected);
    }
}

#[test]
fn objects_by_id_or_by_name() {
    check(
        r#"{"7":{"name":"A","count":1},"8":{"name":"B","count":2}}"#,
        &["id", "name", "count"],
        r#"["7","A",1]"#,
    );
    check(r#"{"A":{"count":1},"B":{"count":2}}"#, &["name", "count"], r#"["A",1]"#);
    check(r#"{"Late":12,"Lost":3}"#, &["name", "count"], r#"["Late",12]"#);
    check(r#"{"0":"Late","1":"Lost"}"#, &["id", "name"], r#"["0","Late"]"#);
    check(
        r#"{"Late parcels":"They came late","Lost":"Never came"}"#,
        &["name", "description"],
        r#"["Late parcels","They came late"]"#,
    );
    check(r#"{"Late":["d1","d2"],"Lost":["d3"]}"#, &["name", "members"], r#"["Late",["d1","d2"]]"#);
    check(
        r#"{"0":[["late",0.5]],"1":[["lost",0.4]]}"#,
        &["id", "keywords"],
        r#"["0",[["late",0.5]]]"#,
    );
    check(r#"["Late","Lost"]"#, &["name"], r#"["Late"]"#);
}

#[test]
fn fields_in_fields_are_paths() {
    check(
        "{\"cluster\":{\"id\":1,\"label\":\"A\"},\"stats\":{\"count\":3}}\n{\"cluster\":{\"id\":2,\"label\":\"B\"},\"stats\":{\"count\":4}}\n",
        &["cluster.id", "cluster.label", "stats.count"],
        r#"[1,"A",3]"#,
    );
}

#[test]
fn what_is_no_json_is_told_where() {
    let error = |text: &str, by_line| read(Path::new("f"), text, by_line).unwrap_err().to_string();
    assert!(error("{\"name\":\"A\"}\n{\"name\":", true).contains("line 2 is not JSON"));
    assert!(error("{\"name\"", false).contains("is not JSON"));
    assert!(error("[1,2]", false).contains("element 0 (from 0) is no JSON object"));
    assert!(error(&"[".repeat(100_000), false).contains("is not JSON"));
}
