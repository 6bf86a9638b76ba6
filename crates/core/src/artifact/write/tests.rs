use super::super::{CallCost, Match, parquet, read_candidates, read_digest, read_labels};
use super::*;

fn candidate(name: &str, remark: Option<&str>) -> Candidate {
    Candidate {
        group_id: Some(0),
        name: name.to_owned(),
        remark: remark.map(str::to_owned),
        ..Candidate::default()
    }
}

#[test]
fn an_optional_column_that_says_nothing_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("candidates.parquet");
    for (remark, there) in [(None, false), (Some("the answer was empty"), true)] {
        let rows = [candidate("Billing", None), candidate("Printing", remark)];
        let written = write_candidates(&path, &rows).unwrap();
        let fields = parquet::fields(&path).unwrap();
        assert_eq!(fields.iter().any(|field| field.name == "remark"), there);
        assert_eq!(read_candidates(&path).unwrap().rows, rows);
        assert_eq!(read_digest(&path, &schema::CANDIDATES).unwrap().0, written.digest);
    }
}

#[test]
fn a_column_between_two_others_may_be_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("labels.parquet");
    let asked = CallCost { attempts: Some(2), ..Default::default() };
    let rows = [Label {
        cluster_id: "a".to_owned(),
        candidate_id: 0,
        answer: None,
        matched: Match::Nearest,
        similarity: 0.5,
        runner_up: None,
        margin: None,
        remark: None,
        asked,
    }];
    let written = write_labels(&path, &rows).unwrap();
    assert_eq!(read_labels(&path).unwrap().rows, rows);
    assert_eq!(read_digest(&path, &schema::LABELS).unwrap().0, written.digest);
}
