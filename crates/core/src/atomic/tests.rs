//! Old or new, whole, and nothing left beside it.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::*;

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

fn io_kind(error: &Error) -> io::ErrorKind {
    match error {
        Error::Io { source, .. } => source.kind(),
        other => panic!("{other}"),
    }
}

#[test]
fn a_failed_write_leaves_the_old_file_and_no_debris() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    publish_bytes(&path, b"old").unwrap();
    let failed: Result<()> = publish(&path, |file| {
        file.write_all(b"half of the n").unwrap();
        Err(Error::Bug("stop".to_owned()))
    });
    assert!(failed.is_err());
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(names(folder.path()), ["a.parquet"]);
}

#[test]
fn leftovers_of_a_killed_process_go_with_the_next_write() {
    let folder = tempfile::tempdir().unwrap();
    let others = [".a.parquet.swp", ".b.parquet.99999-0.tmp", ".a.parquet.x-1.tmp", "99-1.tmp"];
    for name in others.iter().chain(&[".a.parquet.99999-0.tmp"]) {
        fs::write(folder.path().join(name), b"torn").unwrap();
    }
    publish_bytes(&folder.path().join("a.parquet"), b"new").unwrap();
    let mut left = others.to_vec();
    left.push("a.parquet");
    left.sort_unstable();
    assert_eq!(names(folder.path()), left, "what is somebody else's stays");
    tidy(folder.path());
    left.retain(|name| *name != ".b.parquet.99999-0.tmp");
    assert_eq!(names(folder.path()), left, "tidying takes ours, whatever they were to become");
}

#[test]
fn what_cannot_be_published_is_known_before() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    check(&file).unwrap();
    check(&folder.path().join("new/folder/a.parquet")).unwrap();
    assert_eq!(names(&folder.path().join("new/folder")), Vec::<String>::new());
    let taken = check(folder.path()).unwrap_err();
    assert_eq!(io_kind(&taken), io::ErrorKind::IsADirectory);
    assert!(taken.hint().is_some_and(|hint| hint.contains("move it away")));
    let below_a_file = check(&file.join("a.parquet")).unwrap_err();
    assert_eq!(below_a_file.exit_code(), crate::exit::USAGE);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("round", folder.path().join("round")).unwrap();
        let round = check(&folder.path().join("round/a.parquet")).unwrap_err();
        assert_eq!(round.exit_code(), crate::exit::USAGE);
    }
}

/// Where the other process of a test is to write; set, this test is that process.
const PLACE: &str = "CLADUS_TEST_ATOMIC_PLACE";

/// Starts this very test, `name`, as another process that works on `path`.
fn another_process(name: &str, path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("atomic::tests::{name}"), "--nocapture"])
        .env(PLACE, path)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn until(what: &str, reached: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !reached() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn what_another_process_is_writing_is_no_leftover() {
    let path = std::env::var_os(PLACE).map(PathBuf::from);
    if let Some(path) = path {
        let slowly = |file: &mut BufWriter<File>| {
            file.write_all(b"slowly").unwrap();
            until("told to go on", || path.with_extension("go").exists());
            Ok(())
        };
        return publish(&path, slowly).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let temporaries = || names(folder.path()).iter().filter(|name| is_temporary(name)).count();
    let mut other = another_process("what_another_process_is_writing_is_no_leftover", &path);
    until("the other writes", || temporaries() == 1);
    publish_bytes(&path, b"quickly").unwrap();
    tidy(folder.path());
    assert_eq!(temporaries(), 1, "the other's file was taken for a leftover");
    assert_eq!(fs::read(&path).unwrap(), b"quickly");
    fs::write(path.with_extension("go"), "").unwrap();
    assert!(other.wait().unwrap().success());
    assert_eq!(fs::read(&path).unwrap(), b"slowly");
    assert_eq!(temporaries(), 0);

    fs::remove_file(path.with_extension("go")).unwrap();
    let mut other = another_process("what_another_process_is_writing_is_no_leftover", &path);
    until("the other writes", || temporaries() == 1);
    other.kill().unwrap();
    other.wait().unwrap();
    publish_bytes(&path, b"again").unwrap();
    assert_eq!(names(folder.path()), ["a.parquet"], "a killed process leaves nothing to clean up");
}

#[test]
fn processes_that_publish_the_same_do_not_disturb_each_other() {
    const TIMES: usize = 60;
    let content = |process: u8| vec![process; 100_000];
    let many = |path: &Path, process: u8| {
        for _ in 0..TIMES {
            publish_bytes(path, &content(process)).unwrap();
        }
    };
    if let Some(path) = std::env::var_os(PLACE) {
        return many(Path::new(&path), 1);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let name = "processes_that_publish_the_same_do_not_disturb_each_other";
    let mut others = [another_process(name, &path), another_process(name, &path)];
    many(&path, 2);
    for other in &mut others {
        assert!(other.wait().unwrap().success());
    }
    let bytes = fs::read(&path).unwrap();
    assert!(bytes == content(1) || bytes == content(2), "torn or mixed");
    assert_eq!(names(folder.path()), ["a.parquet"]);
}
