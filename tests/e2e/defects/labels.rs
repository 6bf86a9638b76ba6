//! What an answer means.

use cladus_core::artifact::Match;
use cladus_tests::server::{Behaviour, Kind};
use serde_json::json;

use super::{Play, holding, label_by, said, shown};
use crate::space::{assorted, named};

// K6: the first name that was similar enough was taken, not the most similar.
#[test]
fn the_best_spelling_wins_not_the_first() {
    let names = (0..12).map(|i| format!("Case {i} of login failures in portal v{}", i % 3 + 1));
    let play = Play::scripted(&named(names), |kind, body, _| match kind {
        Kind::Propose => {
            let name = |v: usize| format!("Customer login failures in the portal v{v}");
            Some(json!({"names": [name(1), name(2), name(3)]}))
        }
        Kind::Label => Some(label_by(body, |_, text, names| {
            let version = &text[text.find(" v").unwrap()..][..3];
            holding(names, version).replace("Customer", "Custmer")
        })),
        _ => None,
    });
    play.tree("--max-clusters 3 --labels-per-call 12 --look none");
    let clusters = play.space.clusters("r/clusters.parquet");
    let candidates = play.candidates();
    assert_eq!(candidates.len(), 3);
    for label in play.labels() {
        let cluster = clusters.iter().find(|cluster| cluster.id == label.cluster_id).unwrap();
        let name = &candidates[label.candidate_id as usize].name;
        assert_eq!(name.chars().last(), cluster.name.chars().last(), "{}: {name}", cluster.name);
        assert_eq!(label.matched, Match::Fuzzy);
    }
    assert_eq!(play.asked(Kind::Label).len(), 1, "nothing was unclear");
}

// K6: close enough to be taken, and something else all the same.
#[test]
fn what_is_spelled_alike_and_means_another_thing_is_not_taken() {
    let names = (0..12).map(|i| format!("Case {i} of data moved by customers"));
    let play = Play::scripted(&named(names), |kind, body, _| match kind {
        Kind::Propose => Some(json!({"names": ["Customer data import jobs", "Printing"]})),
        Kind::Label => Some(label_by(body, |_, _, _| "Customer data export jobs".to_owned())),
        _ => None,
    });
    play.tree("--max-clusters 2 --labels-per-call 12 --look none --levels 1");
    for label in play.labels() {
        assert_eq!(label.matched, Match::Nearest, "{label:?}");
        assert_eq!(label.answer.as_deref(), Some("Customer data export jobs"));
        assert!(label.remark.is_some());
    }
    assert_eq!(play.asked(Kind::Label).len(), 2, "asked once more, and not for ever");
}

// K7: "DEBUG PYTHON" and "\"Data\"" were none of the candidates.
#[test]
fn capitals_and_quotes_are_no_reason_to_ask_again() {
    let play = Play::scripted(&assorted(56), |kind, body, own| {
        let answer = |id: String| {
            let name = own[&id].as_str().unwrap_or_default().to_uppercase();
            match id.parse::<usize>() {
                Ok(odd) if odd % 2 == 1 => format!("\"{name}\""),
                _ => format!("  «{name}.» "),
            }
        };
        (kind == Kind::Label).then(|| {
            let ids = shown(body, "item").into_iter().filter_map(|item| item.id);
            ids.map(|id| (id.clone(), json!(answer(id)))).collect()
        })
    });
    play.tree("");
    for label in play.labels() {
        assert!(matches!(label.matched, Match::Normalised | Match::Only), "{label:?}");
        assert_eq!(label.remark, None);
    }
    let asked = play.asked(Kind::Label);
    assert!(asked.iter().all(|seen| !said(&seen.body, "user").contains("<problem")));
}

// K13: one answer of no use, and a run that had paid for all the others was lost.
#[test]
fn one_answer_of_no_use_costs_its_own_rows_only() {
    let play = Play::scripted(&assorted(56), |kind, body, own| {
        let mut answer = own.clone();
        let wrong = kind == Kind::Label && said(body, "user").contains("c00007");
        let wrong = wrong || said(body, "user").contains(" 7:");
        let spoil = |item: &super::Block| item.text.contains(" 7:");
        for item in shown(body, "item").into_iter().filter(|item| wrong && spoil(item)) {
            answer[item.id.unwrap_or_default()] = json!("None of these");
        }
        (kind == Kind::Label).then_some(answer)
    });
    play.tree("");
    let (lost, good): (Vec<_>, Vec<_>) =
        play.labels().into_iter().partition(|label| label.matched == Match::Nearest);
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert_eq!(lost[0].cluster_id, "c00007");
    assert_eq!(lost[0].answer.as_deref(), Some("None of these"));
    assert!(good.iter().all(|label| label.remark.is_none()));
}

// K21: nothing bounded what an answer may cost; a small model that repeats itself uses all of it.
#[test]
fn no_answer_is_longer_than_was_allowed() {
    let play = Play::new(&assorted(56), Behaviour::faulty("chat:truncated@1xinf"));
    play.space.write("own.toml", "[llm]\nmax_answer_tokens = 70\nstand_ins = 1.0\n");
    play.tree("--config own.toml");
    let asked = play.server.requests();
    assert!(!asked.is_empty() && asked.iter().all(|seen| seen.body["max_tokens"] == 70));
    assert_eq!(play.server.stats().requests, play.server.stats().logical, "asked in vain again");
    for label in play.labels().iter().filter(|label| label.matched != Match::Only) {
        let remark = label.remark.as_deref().unwrap_or_default();
        assert!(remark.contains("cut off at 70 tokens"), "{remark}");
    }
}

// K23: the clusters stood in the prompt twice, and before the rules: no prefix could be cached.
#[test]
fn the_rules_come_first_and_the_data_once() {
    let play = Play::scripted(&assorted(120), |_, _, _| None);
    play.tree("--clusters-per-group 20");
    for kind in [Kind::Propose, Kind::Label, Kind::Rename] {
        let asked = play.asked(kind);
        assert!(asked.len() >= 3, "{} calls of {kind:?}", asked.len());
        for seen in &asked {
            assert_eq!(seen.body["messages"][0]["role"], "system");
            assert_eq!(seen.body["messages"][0], asked[0].body["messages"][0], "{kind:?}");
            let user = said(&seen.body, "user");
            for item in shown(&seen.body, "item") {
                assert_eq!(user.matches(&format!(">{}</item>", item.text)).count(), 1);
            }
        }
    }
}
