//! Files as tools write them, and what a person reads off them.

use std::collections::HashSet;

use super::*;
use cladus_core::config::InputConfig;

const NAMES: [&str; 6] = [
    "Tomato blight on leaves",
    "Slugs eating lettuce",
    "Café queue on Sundays",
    "Delivery arrived late",
    "Refund for a dead plant",
    "Mower will not start",
];
const SIZES: [u64; 6] = [120, 95, 71, 210, 64, 58];

fn read(file: &str, bytes: impl AsRef<[u8]>, config: &InputConfig) -> Result<Input> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(file);
    std::fs::write(&path, bytes).unwrap();
    crate::read(&path, config)
}

/// One line for each cluster, made by `line`.
fn lines(header: &str, line: impl Fn(usize, &str, u64) -> String) -> String {
    let rows = NAMES.iter().zip(SIZES).enumerate().map(|(at, (name, size))| line(at, name, size));
    format!("{header}{}", rows.collect::<String>())
}

/// The clusters' names in the order of the file, and their sizes.
#[track_caller]
fn check(file: &str, bytes: impl AsRef<[u8]>, names: &[&str], items: u64, says: &[&str]) -> Input {
    let input = read(file, bytes, &InputConfig::default())
        .unwrap_or_else(|error| panic!("{file}: {error}"));
    let mut found: Vec<&str> = input.clusters.iter().map(|cluster| cluster.name.as_str()).collect();
    let mut names = names.to_vec();
    found.sort_unstable();
    names.sort_unstable();
    let said = input.understood.to_string();
    assert_eq!(found, names, "{said}");
    let sum: u64 = input.clusters.iter().map(|cluster| cluster.size).sum();
    assert_eq!((sum, input.understood.items), (items, items), "{said}");
    for part in says {
        let told = format!("{said}\n{}", input.warnings.join("\n"));
        assert!(told.contains(part), "{part}: {told}");
    }
    input
}

const ALL: u64 = 618;

#[test]
fn bertopic_topics_without_noise() {
    let text = "Topic,Count,Name,Representation,Representative_Docs\n\
        -1,640,-1_the_and_it,\"['the', 'and', 'it']\",['x']\n\
        0,210,0_delivery_late_days,\"['delivery', 'late', 'days', 'parcel', 'van', 'week']\",['y']\n\
        1,12,1_tax_quarter_fiscal,\"['tax', 'quarter', 'fiscal']\",['z']\n";
    let names = ["delivery, late, days, parcel", "tax, quarter, fiscal"];
    let says = [
        "BERTopic topics, 2 clusters, 222 items",
        "name from Representation",
        "size from Count",
        "topic -1 (640 items, 74 %) is noise, set aside; not used: Representative_Docs",
    ];
    let input = check("topic_info.csv", text, &names, 222, &says);
    assert_eq!((input.noise[0].size, input.noise[0].id.as_str()), (640, "-1"));
    assert_eq!(input.clusters[0].description, "delivery, late, days, parcel, van, week");
    let kept = InputConfig { keep_noise: true, ..InputConfig::default() };
    let kept = read("topic_info.csv", text, &kept).unwrap();
    assert_eq!((kept.clusters.len(), kept.noise.len()), (3, 0));
    assert!(kept.understood.to_string().contains("is noise, kept"));
}

#[test]
fn bertopic_with_labels_of_a_model() {
    let text = "Topic,Count,Name,CustomName\n-1,9,-1_Outlier___,Outlier\n0,5,0_Late parcels___,Late parcels\n";
    check("t.csv", text, &["Late parcels"], 5, &["name from CustomName"]);
    let text = "Topic,Count,Name,Representation,OpenAI\n0,5,0_a_b,\"['a', 'b']\",['Late parcels']\n1,4,1_c_d,\"['c', 'd']\",['Lost parcels']\n";
    check(
        "t.csv",
        text,
        &["Late parcels", "Lost parcels"],
        9,
        &["name from OpenAI", "description from Representation"],
    );
    let text = "Topic,Count,Name\n0,5,0_Late parcels___\n1,4,1_tax_quarter\n";
    check(
        "t.csv",
        text,
        &["Late parcels", "tax, quarter"],
        9,
        &["BERTopic topics", "without their numbers"],
    );
}

#[test]
fn documents_are_grouped_by_their_topic() {
    let text = "Document,Topic,Name,Representation,Top_n_words,Probability,Representative_document\n\
        a,0,0_x_y,\"['x', 'y']\",x - y,0.9,False\nb,0,0_x_y,\"['x', 'y']\",x - y,0.9,True\n\
        c,1,1_z_w,\"['z', 'w']\",z - w,0.9,False\nd,-1,-1_the,['the'],the,0,False\n";
    let input = check(
        "document_info.csv",
        text,
        &["x, y", "z, w"],
        3,
        &["BERTopic documents", "each of 4 rows is an item", "topic -1 (1 item, 25 %)"],
    );
    assert_eq!(input.clusters[0].members, ["a", "b"]);
    let rows = lines("text,cluster,label\n", |at, name, _| {
        format!("t {at} 1,{at},{name}\nt {at} 2,{at},{name}\n")
    });
    check("docs.csv", rows, &NAMES, 12, &["each of 12 rows is an item"]);
}

#[test]
fn tables_in_other_languages_and_separators() {
    let text = lines("Nr;Bezeichnung;Anzahl\n", |at, name, size| format!("{at};{name};{size}\n"));
    check(
        "de.csv",
        text.replace("Café", "Kaff\u{e9}").chars().map(|c| c as u8).collect::<Vec<u8>>(),
        &NAMES.map(|name| name.replace("Café", "Kaffé")).each_ref().map(String::as_str),
        ALL,
        &["Latin-1", "size from Anzahl"],
    );
    let text =
        lines("Identifiant\tTitre\tEffectif\n", |at, name, size| format!("{at}\t{name}\t{size}\n"));
    check("fr.tsv", text, &NAMES, ALL, &["name from Titre"]);
    let text = lines("Nombre,Cantidad\n", |_, name, size| format!("{name},\"{size}\"\n"));
    check("es.csv", text, &NAMES, ALL, &["name from Nombre, size from Cantidad"]);
    let text = lines("", |at, name, size| format!("{at}|{name}|{size}\n"));
    check("x.csv", text, &NAMES, ALL, &["no header", "name from column 2"]);
    check("x.txt", NAMES.join("\n"), &NAMES, 6, &["one name a line"]);
    let text = lines("Cluster,Count\n", |_, name, size| format!("{name},\"{size},000\"\n"));
    check("x.csv", text, &NAMES, ALL * 1000, &[]);
}

#[test]
fn members_are_counted_however_they_are_written() {
    for list in
        ["\"['a', 'b']\"", "\"['a' 'b']\"", "\"a, b\"", "a;b", "a|b", "\"[\"\"a\"\",\"\"b\"\"]\""]
    {
        let text = lines("name,members\n", |_, name, _| format!("{name},{list}\n"));
        check("m.csv", text, &NAMES, 12, &["12 memberships of 2 items"]);
    }
}

#[test]
fn hierarchies_give_their_leaves() {
    let up = |at: usize| at / 2;
    let by_id = "id,name,parent\nu0,Up 0 x,\nu1,Up 1 x,\nu2,Up 2 x,\n".to_owned()
        + &lines("", |at, name, _| format!("{at},{name},u{}\n", up(at)));
    let by_name = "name,Oberthema\nUp 0 x,\nUp 1 x,\nUp 2 x,\n".to_owned()
        + &lines("", |at, name, _| format!("{name},Up {} x\n", up(at)));
    let path = lines("l1,l2\n", |at, name, _| format!("Up {} x,{name}\n", up(at)));
    let virtual_parents = lines("name,parent\n", |at, name, _| format!("{name},Up {} x\n", up(at)));
    let layers = "uid,layer,cluster,name\n".to_owned()
        + &lines("", |at, name, _| format!("a{at},0,{at},{name}\n"))
        + "b0,1,0,Up 0 x\nb1,1,1,Up 1 x\n";
    let gpt = lines("", |at, name, _| {
        let above = if at % 2 == 0 {
            format!("[1] Up {} x (Count: 2): y\n", up(at))
        } else {
            String::new()
        };
        format!("{above}    [2] {name} (Count: 1): z.\n")
    });
    let children = |from: usize| {
        let child = |at: usize| format!("{{\"name\":{:?}}}", NAMES[at]);
        format!(
            "{{\"name\":\"Up {} x\",\"children\":[{},{}]}}",
            from / 2,
            child(from),
            child(from + 1)
        )
    };
    let nested = format!("[{},{},{}]", children(0), children(2), children(4));
    for (file, text, linked) in [
        ("id.csv", by_id, true),
        ("name.csv", by_name, true),
        ("path.csv", path, true),
        ("virtual.csv", virtual_parents, true),
        ("topic_df.csv", layers, false),
        ("topics.md", gpt, true),
        ("nested.json", nested, true),
    ] {
        check(file, &text, &NAMES, 6, &["is a hierarchy already: its 6 leaves", "left out"]);
        let keep = InputConfig { keep_levels: true, ..InputConfig::default() };
        let kept = read(file, &text, &keep).unwrap();
        assert_eq!(kept.given.len(), if linked { 9 } else { 0 }, "{file}");
        let tops: Vec<&str> = kept.clusters.iter().map(|cluster| cluster.name.as_str()).collect();
        assert_eq!(tops.contains(&"Up 0 x"), linked, "{file}: {tops:?}");
    }
    let error =
        read("c.csv", "id,name,parent\na,A,b\nb,B,a\n", &InputConfig::default()).unwrap_err();
    assert!(error.to_string().contains("its own ancestor"), "{error}");
}

#[test]
fn a_column_called_level_may_be_none() {
    let text = lines("level,name,size\n", |at, name, size| format!("{},{name},{size}\n", at % 2));
    check("x.csv", text, &NAMES, ALL, &[]);
}

#[test]
fn noise_is_known_by_its_names() {
    for noise in ["Unclustered", "Outliers", "outlier topic", "Ausreißer", "nicht zugeordnet"] {
        let text =
            lines("name,size\n", |_, name, size| format!("{name},{size}\n")) + noise + ",700\n";
        check("x.csv", text, &NAMES, ALL, &["is noise, set aside"]);
    }
    let text = lines("name,size\n", |_, name, size| format!("{name},{size}\n")) + "Noise,12\n";
    let with_noise: Vec<&str> = NAMES.into_iter().chain(["Noise"]).collect();
    check("x.csv", text, &with_noise, ALL + 12, &[]);
}

#[test]
fn doubtful_names_are_told() {
    let text = "id,name\n1,Topic 1\n2,Topic 2\n3,Late\n4,Late\n";
    let says = [
        "2 of 4 names are numbers that say nothing (Topic 1)",
        "1 name stands for several clusters (Late: 2 times)",
    ];
    check("x.csv", text, &["Topic 1", "Topic 2", "Late", "Late"], 4, &says);
}

#[test]
fn what_is_unclear_is_asked() {
    let text =
        lines("ref;what it says;how it goes\n", |at, name, _| format!("{at};{name};text {at}\n"));
    let error = read("x.csv", text, &InputConfig::default()).unwrap_err();
    let Error::Unclear(unclear) = &error else { panic!("{error}") };
    assert_eq!(unclear.flags, ["--name-column", "what it says"]);
    assert_eq!(unclear.columns[1], ("what it says".to_owned(), NAMES[0].to_owned()));
    let error = read("x.csv", "doc,topic\n1,2\n2,2\n3,4\n", &InputConfig::default()).unwrap_err();
    assert!(error.to_string().contains("no column holds names"), "{error}");
    let text =
        "id,community,level,title,entity_ids\na,0,0,Community 0,['x']\nb,1,0,Community 1,['y']\n";
    let error = read("communities.csv", text, &InputConfig::default()).unwrap_err();
    let Error::Unclear(unclear) = &error else { panic!("{error}") };
    assert!(unclear.instead.as_ref().unwrap().ends_with("community_reports.csv"), "{error}");
}

#[test]
fn flags_come_before_guesses() {
    let text = "a,b,c\nx1,Late,5\nx2,Lost,6\n";
    let said = |name: &str| Some(name.to_owned());
    let config = InputConfig {
        name_column: said("b"),
        id_column: said("1"),
        size_column: said("C"),
        ..InputConfig::default()
    };
    let input = read("x.csv", text, &config).unwrap();
    assert_eq!((input.clusters[0].id.as_str(), input.clusters[0].size), ("x1", 5));
    let config = InputConfig { name_column: said("d"), ..InputConfig::default() };
    let error = read("x.csv", text, &config).unwrap_err().to_string();
    assert!(error.contains("column d is missing (the file has: a, b, c)"), "{error}");
}

fn raw(id: Option<&str>, name: &str) -> ClusterDraft {
    ClusterDraft { id: id.map(str::to_owned), name: name.to_owned(), ..ClusterDraft::default() }
}

fn of(rows: Vec<ClusterDraft>) -> Result<Vec<Cluster>> {
    let rows = rows
        .into_iter()
        .enumerate()
        .map(|(at, row)| ClusterDraft { place: Place::Line(at + 1), ..row });
    let made =
        made(Path::new("in.jsonl"), rows.collect(), ("name", "id"), &mut ReadingNotes::default())?;
    Ok(made.into_iter().map(|made| made.cluster).collect())
}

#[test]
fn two_rows_that_say_the_same_are_two_clusters() {
    let clusters = of(vec![raw(None, "Same"), raw(None, "Same"), raw(None, "Same")]).unwrap();
    let ids: HashSet<&str> = clusters.iter().map(|c| c.id.as_str()).collect();
    assert_eq!(ids.len(), 3);
}

#[test]
fn a_given_id_twice_is_an_error_that_names_both_lines() {
    let error = of(vec![raw(Some("a"), "x"), raw(Some("a"), "y")]).unwrap_err().to_string();
    assert!(
        error.starts_with("in.jsonl: line 2, column id: \"a\" stands in line 1 already"),
        "{error}"
    );
}

#[test]
fn the_order_of_the_input_changes_nothing() {
    let ids = |rows| -> Vec<String> { of(rows).unwrap().into_iter().map(|c| c.id).collect() };
    let (ab, ba) = (vec![raw(None, "a"), raw(None, "b")], vec![raw(None, "b"), raw(None, "a")]);
    assert_eq!(ids(ab), ids(ba));
}
