//! Addresses: `s3://bucket/my-run/clusters.parquet`.

use std::fmt;
use std::path::{Path, PathBuf};

use url::Url;

/// What an address may begin with. `file` is for trying things out.
pub const SCHEMES: [&str; 7] = ["s3", "gs", "az", "azure", "abfs", "abfss", "file"];

/// Where something lies in an object store: an object, or whatever is below a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectAddress {
    url: Url,
}

impl ObjectAddress {
    /// The address that `text` is; `None` where it is something else, a path or a number.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, _) = text.split_once("://")?;
        if !SCHEMES.contains(&scheme) {
            return None;
        }
        let mut url = Url::parse(text).ok()?;
        // A name is a name with and without a slash behind it.
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        (!url.path().trim_matches('/').is_empty()).then_some(Self { url })
    }

    /// As clients of object stores take it.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Where a copy lies below `folder`: two addresses never share one.
    pub fn path(&self, folder: &Path) -> PathBuf {
        let mut path = folder.join(self.url.scheme());
        // Of a local file there is no host.
        path.push(self.url.host_str().filter(|host| !host.is_empty()).unwrap_or("-"));
        path.extend(self.url.path().split('/').filter(|part| !matches!(*part, "" | "." | "..")));
        path
    }

    /// What lies at `rest`, a path with `/` between its parts, below this.
    #[must_use]
    pub fn join(&self, rest: &str) -> Self {
        let mut url = self.url.clone();
        url.set_path(&format!("{}/{rest}", self.url.path().trim_end_matches('/')));
        Self { url }
    }

    /// The folder that it is in, which may be the whole bucket.
    #[must_use]
    pub fn folder(&self) -> Self {
        let mut url = self.url.clone();
        url.set_path(self.url.path().rsplit_once('/').map_or("", |(folder, _)| folder));
        Self { url }
    }

    /// Something else in the same folder.
    #[must_use]
    pub fn beside(&self, name: &str) -> Self {
        self.folder().join(name)
    }

    /// The last part of the name.
    pub fn name(&self) -> &str {
        self.url.path().rsplit('/').next().unwrap_or_default()
    }
}

impl fmt::Display for ObjectAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> ObjectAddress {
        ObjectAddress::parse(text).unwrap()
    }

    #[test]
    fn only_addresses_of_object_stores_are_addresses() {
        for not in [
            "",
            "clusters.parquet",
            "/data/a",
            "https://api.example.com/v1",
            "s3:",
            "s3://bucket",
            "s3://bucket/",
            "3/8",
        ] {
            assert_eq!(ObjectAddress::parse(not), None, "{not:?}");
        }
        assert_eq!(address("s3://bucket/my-run/").to_string(), "s3://bucket/my-run");
        assert_eq!(address("s3://bucket/a b/ü.parquet").name(), "%C3%BC.parquet");
    }

    #[test]
    fn copies_lie_apart() {
        let work = Path::new("w");
        let path = |text: &str| address(text).path(work);
        assert_eq!(path("s3://bucket/run/c.parquet"), Path::new("w/s3/bucket/run/c.parquet"));
        assert_eq!(path("gs://bucket/run/c.parquet"), Path::new("w/gs/bucket/run/c.parquet"));
        assert_eq!(path("file:///run/c.parquet"), Path::new("w/file/-/run/c.parquet"));
        assert_eq!(path("s3://b/../../etc/passwd"), Path::new("w/s3/b/etc/passwd"));
    }

    #[test]
    fn neighbours_are_named_from_one_another() {
        let run = address("s3://bucket/my-run");
        assert_eq!(
            run.join("iteration-1/groups.parquet").to_string(),
            "s3://bucket/my-run/iteration-1/groups.parquet"
        );
        assert_eq!(run.join("c.parquet").beside("c.manifest.json"), run.join("c.manifest.json"));
        for (of, other) in [
            ("s3://bucket/top", "s3://bucket/other"),
            ("s3://bucket/run/top", "s3://bucket/run/other"),
            ("file:///top", "file:///other"),
        ] {
            assert_eq!(address(of).folder().join("other").to_string(), other);
            assert_eq!(address(of).beside("other").to_string(), other);
        }
    }
}
