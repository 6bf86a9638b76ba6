use super::*;

fn table(text: &str) -> InputTable {
    let mut table = read(Path::new("in.csv"), text, &InputConfig::default()).unwrap();
    table.skip_blank_rows();
    table
}

#[track_caller]
fn check(text: &str, columns: &[&str], first: &[&str], rows: usize) {
    let table = table(text);
    assert_eq!(table.columns, columns, "{text}");
    let cells: Vec<&str> = table.rows[0].cells.iter().filter_map(Value::as_str).collect();
    assert_eq!((cells.as_slice(), table.rows.len()), (first, rows), "{text}");
}

#[test]
fn delimiters_are_told_from_the_rows() {
    check("id,name\n1,a\n2,b\n", &["id", "name"], &["1", "a"], 2);
    check("id;name\n1;a, b\n2;b, c, d\n", &["id", "name"], &["1", "a, b"], 2);
    check("id\tname\n1\ta, b\n", &["id", "name"], &["1", "a, b"], 1);
    check("id|name|size\n1|a;b|3\n", &["id", "name", "size"], &["1", "a;b", "3"], 1);
    check(
        "Topic;Words\n0;['a', 'b', 'c']\n1;['d', 'e', 'f']\n",
        &["Topic", "Words"],
        &["0", "['a', 'b', 'c']"],
        2,
    );
}

#[test]
fn a_header_or_none() {
    check("Late parcels\nBroken, and late\nLost\n", &["1"], &["Late parcels"], 3);
    check("name\nLate parcels\nLost\n", &["name"], &["Late parcels"], 2);
    check("1. Late parcels\n2. Lost\n", &["1"], &["Late parcels"], 2);
    check(
        "| name | n |\n|:---|--:|\n| Late | 3 |\n",
        &["", "name", "n", ""],
        &["", " Late ", " 3 ", ""],
        1,
    );
    check("- Late parcels\n- Lost\n", &["1"], &["Late parcels"], 2);
    check("0,Late parcels,12\n1,Lost,3\n", &["1", "2", "3"], &["0", "Late parcels", "12"], 2);
    check("Nummer,Bezeichnung\n1,Spät\n", &["Nummer", "Bezeichnung"], &["1", "Spät"], 1);
    check("Klunga,Antal\nSent,12\n", &["Klunga", "Antal"], &["Sent", "12"], 1);
}

#[test]
fn what_is_odd_about_a_table_is_seen() {
    check(
        "Report,,\nMay,,\nname,what,size\na,b,1\n",
        &["name", "what", "size"],
        &["a", "b", "1"],
        1,
    );
    check(",0,1\n0,Late,12\n1,Lost,3\n", &["1", "2", "3"], &["0", "Late", "12"], 2);
    check(",0\nLate,12\nLost,3\n", &["1", "2"], &["Late", "12"], 2);
    check("Late; Lost; Broken\n", &["1"], &["Late"], 3);
    check(
        "Parcels, late and lost\nBlight, early\nSlugs\nPots\nRefunds, none\n",
        &["1"],
        &["Parcels, late and lost"],
        5,
    );
    check("name, size\n\"Late, lost\", \"210\"\n", &["name", "size"], &["Late, lost", "210"], 1);
}

#[test]
fn blank_rows_are_counted() {
    let table = table("name,size\n\n\na,1\n,\n\"b\nb\",2\n\nc,3\n");
    assert_eq!(table.rows.len(), 3);
    assert_eq!(table.blank, 3);
    let places: Vec<Place> = table.rows.iter().map(|row| row.place).collect();
    assert_eq!(places, [Place::Line(4), Place::Line(6), Place::Line(9)]);
}

#[test]
fn rows_of_other_widths_are_told() {
    let table = table("name,size,what\na,1,x\nb,2\nc,3,z,,\nd,4,y\n");
    assert_eq!(table.rows.len(), 4);
    assert!(table.warnings[0].contains("line 3"), "{:?}", table.warnings);
    let config = InputConfig::default();
    let error = read(Path::new("f"), "name,size\na,1\nb,2\nc,3,more\n", &config).unwrap_err();
    assert!(error.to_string().contains("line 4 has 3 fields"), "{error}");
    let error = read(Path::new("f"), "name,size\na,1\n\"b,2\nc,3\n", &config).unwrap_err();
    assert!(error.to_string().contains("never closed"), "{error}");
}
