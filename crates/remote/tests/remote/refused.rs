//! What cannot be done is said with where, why and what to do next.

use crate::server::Objects;
use crate::space::Space;

#[test]
fn what_is_not_there_is_named_and_nothing_is_written() {
    let space = Space::new();
    let run = space.address("store/r");
    let ran = space
        .remote(&format!("-- cladus-group --embeddings {run}/e.parquet --out {run}/g.parquet"))
        .exits(3);
    ran.complains(&[&format!("{run}/e.parquet"), "no such object"]);
    assert!(!space.path("store/r").exists());
    assert!(space.leftovers().is_empty(), "{:?}", space.leftovers());
}

#[test]
fn a_command_line_without_an_address_or_a_program_is_refused() {
    let space = Space::new();
    space
        .remote("-- cladus-group --embeddings e.parquet")
        .exits(2)
        .complains(&["--clusters s3://bucket"]);
    std::fs::write(space.path("e.parquet"), "").unwrap();
    let ran = space.remote(&format!("-- no-such-program {}", space.address("e.parquet")));
    ran.exits(2).complains(&["cannot start no-such-program"]);
}

#[test]
fn a_stage_that_fails_puts_nothing_and_its_exit_code_is_kept() {
    let space = Space::new();
    std::fs::create_dir(space.path("store")).unwrap();
    std::fs::write(space.path("store/e.parquet"), "no Parquet").unwrap();
    let store = space.address("store");
    let words = format!("-- cladus-group --embeddings {store}/e.parquet --out {store}/g.parquet");
    space.remote(&words).exits(3).complains(&["e.parquet"]);
    assert!(!space.path("store/g.parquet").exists());
}

#[test]
fn a_store_that_does_not_answer_or_has_no_such_bucket_is_told() {
    let words = |bucket: &str| format!("-- cladus import in.jsonl --out s3://{bucket}/c.parquet");
    let nobody = Space::with_store_at("http://127.0.0.1:9");
    nobody.input();
    let ran = nobody.remote(&words("bucket")).exits(75);
    ran.complains(&["s3://bucket", "run the same command again"]);
    let Some(objects) = Objects::start() else { return };
    let space = Space::with_store_at(&objects.endpoint);
    space.input();
    let ran = space.remote(&words("elsewhere")).exits(2);
    ran.complains(&["s3://elsewhere", "The specified bucket does not exist", "AWS_ENDPOINT_URL"]);
    // At the top of a bucket as well.
    space.remote(&words("bucket")).ok();
    space.remote("-- cladus check s3://bucket/c.parquet").ok();
}
