//! Servers take different forms of the same question; what one refuses is learnt once.

use cladus_core::artifact::Match;
use cladus_tests::server::{Behaviour, Support};

use super::{Bench, each};

fn by_strings(parameters: &[&str]) -> Behaviour {
    let unsupported = parameters.iter().map(|name| (*name).to_owned()).collect();
    Behaviour { unsupported, ..Behaviour::default() }
}

/// Other questions to the same server: nothing is refused any more.
#[track_caller]
fn has_learnt(bench: &Bench) {
    bench.server.reset();
    bench.report("r", "--seed 1");
    let stats = bench.stats();
    assert!(stats.requests > 10, "{stats:?}");
    assert_eq!(stats.with_status(200), stats.requests, "{stats:?}");
}

#[test]
fn every_kind_of_server_gives_a_whole_tree() {
    let plain = Bench::new(Behaviour::default());
    plain.report("r", "");
    let plain = plain.artifacts("r");
    each(Support::ALL, |(name, support)| {
        let bench = Bench::new(Behaviour::supporting(*support));
        let report = bench.report("r", "");
        bench.is_whole("r");
        assert_eq!(report.fell_back(), 0, "{name}");
        for label in bench.labels("r") {
            let meant = matches!(label.matched, Match::Exact | Match::Normalised | Match::Only);
            assert!(meant && label.remark.is_none(), "{name}: {label:?}");
        }
        let stats = bench.stats();
        assert_eq!((stats.repeated, stats.billed), (0, stats.logical), "{name}: {stats:?}");
        assert_eq!(report.sum("calls"), stats.requests, "{name}");
        let refused = stats.requests - stats.billed;
        assert_eq!(refused > 0, !matches!(support, Support::Strict | Support::Ignores), "{name}");
        assert!(bench.artifacts("r") == plain, "{name}: the form of the question shows");
        has_learnt(&bench);
    });
}

#[test]
fn parameters_that_are_refused_are_left_out() {
    let cases: [&[&str]; 3] = [
        &["temperature"],
        &["temperature", "max_tokens"],
        &["max_tokens", "max_completion_tokens", "temperature"],
    ];
    each(&cases, |refused| {
        let bench = Bench::small(by_strings(refused));
        let report = bench.report("r", "--temperature 0.5");
        bench.is_whole("r");
        assert_eq!(report.fell_back(), 0, "{refused:?}");
        let stats = bench.stats();
        assert_eq!((stats.repeated, stats.billed), (0, stats.logical), "{refused:?}: {stats:?}");
        for seen in bench.server.requests().iter().filter(|seen| seen.status == Some(200)) {
            for name in *refused {
                assert!(seen.body.get(name).is_none(), "{name} was sent");
            }
            let limited = ["max_tokens", "max_completion_tokens"]
                .iter()
                .any(|name| seen.body.get(name).is_some());
            assert_eq!(limited, refused.len() < 3, "an answer has its longest length");
        }
        has_learnt(&bench);
    });
}
