//! Real data sets, where there are any (`CLADUS_TEST_DATA`: a folder of folders with a
//! `clusters.jsonl` each). None of them is part of the project.

use std::path::PathBuf;

use skipped_tests::there_if_possible;

use crate::space::Space;

#[test]
fn every_real_data_set_becomes_a_tree_that_passes_its_check() {
    let data = std::env::var_os("CLADUS_TEST_DATA").map(PathBuf::from);
    // They are nobody's to hand on, so CI may be without them too.
    if !there_if_possible(data.is_some(), "real data sets (CLADUS_TEST_DATA)") {
        return;
    }
    let data = data.unwrap();
    let mut seen = 0;
    for entry in std::fs::read_dir(&data).unwrap() {
        let input = entry.unwrap().path().join("clusters.jsonl");
        if !input.is_file() {
            continue;
        }
        seen += 1;
        let rows = std::fs::read_to_string(&input).unwrap().lines().count();
        for max in [10, 4] {
            let space = Space::new();
            let max_clusters = max.to_string();
            let input = input.to_str().unwrap();
            space.run("cladus", ["run", input, "--out", "r", "--max-clusters", &max_clusters]).ok();
            space.cladus("check r").ok();
            let nodes = space.hierarchy("r");
            let roots = nodes.iter().filter(|n| n.parent_id.is_none()).count();
            assert!(roots <= max && roots * 2 >= max.min(rows), "{input}: {roots} roots of {max}");
            assert_eq!(nodes.iter().filter(|n| n.cluster.level == 0).count(), rows);
        }
    }
    assert!(seen > 0, "{} holds no data set", data.display());
}
