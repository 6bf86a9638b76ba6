//! The pipeline over an object store writes what one machine writes.

use crate::server::{Model, Objects};
use crate::space::{Space, artifacts, helpdesk, stores};

/// What a run on one machine writes.
fn whole(space: &Space, settings: &str) -> std::collections::BTreeMap<String, Vec<u8>> {
    let mut words =
        vec!["run".to_owned(), helpdesk(), "--out=whole".to_owned(), "--quiet".to_owned()];
    words.extend(settings.split_whitespace().map(str::to_owned));
    space.cladus(&words).ok();
    artifacts(&space.path("whole"))
}

#[test]
fn without_a_model_it_writes_the_same_bytes() {
    let space = Space::new();
    let run = space.address("store/my-run");
    space.objects(&run, "--embedder lexical", 1).ok();
    assert!(space.artifacts_at(&run) == whole(&space, "--embedder lexical"));
    assert!(space.leftovers().is_empty(), "{:?}", space.leftovers());
}

#[test]
fn shares_with_a_model_ask_every_question_once_and_write_the_same_bytes() {
    let (space, model) = (Space::new(), Model::start(0));
    let run = space.address("store/my-run");
    space.objects(&run, &model.flags(), 3).ok();
    let asked = model.seen("requests");
    assert!(asked > 10 && model.seen("repeated") == 0, "{asked}");
    // Again: all is there.
    let before = stores(&space.path("store"));
    space.objects(&run, &model.flags(), 3).ok();
    assert_eq!(model.seen("requests"), asked);
    let after = stores(&space.path("store"));
    assert!(after == before, "{} were there, {} are", before.len(), after.len());
    assert!(space.artifacts_at(&run) == whole(&space, &model.flags()));
}

#[test]
fn so_it_does_over_s3() {
    let Some(objects) = Objects::start() else { return };
    let (space, model) = (Space::with_store_at(&objects.endpoint), Model::start(0));
    let run = "s3://bucket/teams/my-run";
    space.objects(run, &model.flags(), 2).ok();
    assert_eq!(model.seen("repeated"), 0);
    assert!(space.artifacts_at(run) == whole(&space, &model.flags()));
}
