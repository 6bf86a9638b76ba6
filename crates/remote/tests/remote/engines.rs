//! What submits shares elsewhere: what it hands over, done here instead.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use skipped_tests::there;

use crate::space::{Space, repository};

/// Takes the job that is created, checks what a cluster would, and runs each of its pods here.
const KUBECTL: &str = r#"#!/usr/bin/env bash
set -euo pipefail
case "$1" in
create)
    cat > job.json
    jq --exit-status '.spec.completionMode == "Indexed" and .spec.template.spec.restartPolicy == "Never"' job.json > /dev/null
    mapfile -d '' -t words < <(jq --join-output '.spec.template.spec.containers[0].command[] + "\u0000"' job.json)
    while IFS='=' read -r name value; do export "$name=$value"; done \
        < <(jq --raw-output '.spec.template.spec.containers[0].env[] | "\(.name)=\(.value)"' job.json)
    for ((i = 0; i < $(jq .spec.completions job.json); i++)); do JOB_COMPLETION_INDEX=$i "${words[@]}"; done
    touch done ;;
get) [ -e done ] && echo SuccessCriteriaMet Complete; rm -f done ;;
esac
"#;

/// The same of an array job.
const AWS: &str = r#"#!/usr/bin/env bash
set -euo pipefail
case "$2" in
submit-job)
    while [ $# -gt 0 ]; do
        case "$1" in --array-properties) size="${2#size=}" ;; --container-overrides) overrides="$2" ;; esac
        shift
    done
    mapfile -d '' -t words < <(jq --join-output '.command[] + "\u0000"' <<< "$overrides")
    while IFS='=' read -r name value; do export "$name=$value"; done \
        < <(jq --raw-output '.environment[] | "\(.name)=\(.value)"' <<< "$overrides")
    for ((i = 0; i < size; i++)); do AWS_BATCH_JOB_ARRAY_INDEX=$i "${words[@]}" >&2; done
    echo job-1 ;;
describe-jobs) echo SUCCEEDED ;;
esac
"#;

fn shares_go_by(profile: &str, program: &str, stand_in: &str) {
    let jq = std::env::var_os("CLADUS_TEST_JQ").unwrap_or_else(|| "jq".into());
    let found = Command::new(&jq).arg("--version").output().is_ok();
    if !there(found, "jq (CLADUS_TEST_JQ)") {
        return;
    }
    let space = Space::new();
    let path = space.path("bin").join(program);
    std::fs::create_dir(space.path("bin")).unwrap();
    std::fs::write(&path, stand_in).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let submit = repository().join("pipelines/profiles").join(profile).join("submit.sh");
    let settings = [
        ("SUBMIT", submit.to_str().unwrap()),
        ("IMAGE", "registry.example.com/cladus"),
        ("SECRET", "cladus"),
        ("QUEUE", "queue"),
        ("DEFINITION", "cladus-share"),
        ("LOOK", "0.1"),
    ];
    let run = space.address("store/r");
    space.objects_by(&run, "--embedder lexical", 2, &settings).ok();
    let words = ["run", &crate::space::helpdesk(), "--out=whole", "--quiet", "--embedder=lexical"];
    space.cladus(words).ok();
    assert!(space.artifacts_at(&run) == crate::space::artifacts(&space.path("whole")));
}

#[test]
fn pods_of_an_indexed_job_are_shares() {
    shares_go_by("kubernetes", "kubectl", KUBECTL);
}

#[test]
fn containers_of_an_array_job_are_shares() {
    shares_go_by("aws-batch", "aws", AWS);
}
