//! Damage, full disks, and users who type something else.

use crate::space::{Space, assorted};

#[test]
fn a_damaged_parquet_file_is_an_error_whatever_the_damage() {
    let space = Space::new();
    space.write("in.jsonl", assorted(60));
    space.cladus("run in.jsonl --out r --embedder lexical").ok();
    let good = std::fs::read(space.path("r/clusters.parquet")).unwrap();
    let mut state = 1u64;
    let mut random = move || {
        // A fixed linear congruential sequence: the same mutants every time.
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    for mutant in 0..60 {
        let mut bytes = good.clone();
        match mutant % 3 {
            0 => bytes.truncate(random() % good.len()),
            1 => bytes[random() % good.len()] ^= 1 << (random() % 8),
            _ => {
                let end = good.len();
                bytes[end - 8 + random() % 4] = (random() % 256) as u8;
                bytes[end - 20 - random() % 400] ^= 0xff;
            }
        }
        space.write("mutant.parquet", &bytes);
        let ran = space.cladus("embed --clusters mutant.parquet --out e.parquet");
        assert!(
            matches!(ran.code, 0 | 3),
            "mutant {mutant} ends with {}:\n{}",
            ran.code,
            ran.stderr
        );
        ran.complains(&[]);
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_told_before_any_work() {
    let space = Space::new();
    space.write("in.jsonl", assorted(20));
    space.write("file", "not a folder");
    space
        .cladus("run in.jsonl --out file/r")
        .exits(2)
        .complains(&["cannot create the folder", "file/r"]);
}

#[test]
fn a_full_disk_leaves_the_old_artifacts() {
    let space = Space::new();
    space.write("in.jsonl", assorted(60));
    space.cladus("run in.jsonl --out r --embedder lexical").ok();
    let before = space.artifacts("r");
    space.write("in.jsonl", assorted(90));
    // A limit on file size is the full disk that needs no privileges: writes end with EFBIG.
    let line = "trap '' XFSZ; ulimit -f 8; exec \"$0\" run in.jsonl --out r";
    let binary = space.command("cladus").get_program().to_owned();
    let limited = std::process::Command::new("sh")
        .args(["-c", line])
        .arg(binary)
        .current_dir(space.path(""))
        .output()
        .unwrap();
    let ran = crate::space::Ran::from(limited);
    assert_ne!(ran.code, 0, "the limit did not bite");
    ran.complains(&["cannot write"]);
    for (name, bytes) in space.artifacts("r") {
        let old = before.get(&name);
        assert!(
            old == Some(&bytes) || !bytes.is_empty() && bytes.ends_with(b"PAR1"),
            "{name:?} is torn"
        );
    }
    space.cladus("run in.jsonl --out r").ok();
    space.cladus("check r").ok();
}

#[test]
fn killed_at_any_moment_a_run_goes_on_without_help() {
    let space = Space::new();
    space.write("in.jsonl", assorted(150));
    space.cladus("run in.jsonl --out whole --embedder lexical --max-clusters 3").ok();
    let whole = space.artifacts("whole");
    for pause in (0..30).map(|step| std::time::Duration::from_millis(5 + 12 * step)) {
        let mut command = space.command("cladus");
        command.args([
            "run",
            "in.jsonl",
            "--out",
            "r",
            "--embedder",
            "lexical",
            "--max-clusters",
            "3",
            "--quiet",
        ]);
        let mut child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(pause);
        child.kill().unwrap();
        child.wait().unwrap();
        if space.path("r").is_dir() {
            for (name, bytes) in space.artifacts("r") {
                assert!(bytes == whole[&name], "{name:?} is torn after {pause:?}");
            }
        }
    }
    space.cladus("run in.jsonl --out r --embedder lexical --max-clusters 3").ok();
    assert!(space.artifacts("r") == whole);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let space = Space::new();
    space.write("in.jsonl", assorted(300));
    space.cladus("run in.jsonl --out r --embedder lexical").ok();
    let binary = space.command("cladus").get_program().to_owned();
    let ran = std::process::Command::new("sh")
        .args(["-c", "\"$0\" tree r; echo \"code $?\" >&2"])
        .arg(binary)
        .current_dir(space.path(""))
        .stdout({
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            writer
        })
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(ran.stderr).unwrap(), "code 0\n");
}

#[test]
fn commands_say_what_they_need() {
    let space = Space::new();
    space.cladus("tree nowhere").exits(3).complains(&["nowhere", "is not a run folder"]);
    space.cladus("check nowhere").exits(3);
    space.cladus("schema cluster").exits(2).complains(&["no artifact", "clusters, embeddings"]);
    space.write("in.jsonl", assorted(20));
    space
        .cladus("run in.jsonl --out r --max-clusters 0")
        .exits(2)
        .complains(&["max_clusters is 0"]);
    space
        .cladus("run in.jsonl --out r --embedder word2vec")
        .exits(2)
        .complains(&["word2vec", "lexical"]);
}

#[test]
fn schema_documents_every_column_that_is_written() {
    let space = Space::new();
    space.write("in.jsonl", assorted(60));
    space.cladus("run in.jsonl --out r --embedder lexical").ok();
    let text = space.cladus("schema").ok().stdout;
    let json: serde_json::Value =
        serde_json::from_str(&space.cladus("schema --json").ok().stdout).unwrap();
    for path in space.artifacts("r").keys() {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let documented = json.as_array().unwrap().iter().find(|a| a["artifact"] == name).unwrap();
        let columns = documented["columns"].as_array().unwrap();
        let file = space.path("r").join(path);
        let fields = cladus_core::artifact::parquet::fields(&file).unwrap();
        let written: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        // An optional column that says nothing is not written.
        let there = columns.iter().filter(|column| {
            column["required"] == true || written.contains(&column["name"].as_str().unwrap())
        });
        let there: Vec<&str> = there.map(|column| column["name"].as_str().unwrap()).collect();
        assert_eq!(written, there, "{name}");
        assert!(columns.iter().all(|column| text.contains(column["name"].as_str().unwrap())));
    }
}
