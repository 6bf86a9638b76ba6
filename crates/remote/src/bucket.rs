//! Object stores: fetching, putting, listing.

use std::io;
use std::path::Path;

use cladus_core::error::EndpointFault;
use cladus_core::{Error, Result};
use futures::TryStreamExt;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt as _, buffered::BufWriter};
use std::sync::Arc;
use tokio::io::AsyncWriteExt;
use tokio::runtime::Runtime;

use crate::address::ObjectAddress;

/// Variables that say how stores are reached, as their own tools read them.
const PREFIXES: [&str; 3] = ["AWS_", "AZURE_", "GOOGLE_"];

/// What to do about a store that refuses.
const VARIABLES: &str = "keys and endpoints are read from AWS_…, AZURE_… and GOOGLE_… variables (AWS_ENDPOINT_URL \
                         and AWS_ALLOW_HTTP=true for a store of your own)";

/// What to do about a store that does not answer.
const AGAIN: &str = "run the same command again: it goes on";

/// The object stores that addresses name, by the clients of [`object_store`].
#[derive(Debug, Clone)]
pub struct Buckets {
    runtime: Arc<Runtime>,
}

/// An object that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its name below the address that was listed.
    pub name: String,
    /// In milliseconds since 1970, as the store says.
    pub modified: i64,
}

impl Buckets {
    /// # Errors
    /// When the system has no threads left.
    pub fn new() -> Result<Self> {
        // Another may have been chosen already: then that one it is.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.map_err(|e| Error::io("start", Path::new("threads"), e))?;
        Ok(Self { runtime: Arc::new(runtime) })
    }

    /// Copies the object at `address` to `path`; `false` where there is none.
    ///
    /// # Errors
    /// When the store cannot be reached, or the file not be written.
    pub fn fetch(&self, address: &ObjectAddress, path: &Path) -> Result<bool> {
        let (store, key) = client(address)?;
        let fetched = self.runtime.block_on(async {
            let found = store.get(&key).await?;
            let mut stream = found.into_stream();
            let mut file = part(path).await.map_err(Trouble::Disk)?;
            while let Some(bytes) = stream.try_next().await? {
                file.write_all(&bytes).await.map_err(Trouble::Disk)?;
            }
            file.sync_all().await.map_err(Trouble::Disk)?;
            tokio::fs::rename(part_of(path), path).await.map_err(Trouble::Disk)
        });
        match fetched {
            Ok(()) => Ok(true),
            Err(Trouble::Store(object_store::Error::NotFound { .. })) => Ok(false),
            Err(Trouble::Store(error)) => Err(failed("read", address, &error)),
            Err(Trouble::Disk(error)) => Err(Error::io("write", path, error)),
        }
    }

    /// Puts the file at `path` to `address`, over what may be there.
    ///
    /// # Errors
    /// When the store cannot be reached or refuses, or the file cannot be read.
    pub fn put(&self, path: &Path, address: &ObjectAddress) -> Result<()> {
        let (store, key) = client(address)?;
        let put = self.runtime.block_on(async {
            let mut file = tokio::fs::File::open(path).await.map_err(Trouble::Disk)?;
            let mut writer = BufWriter::new(store, key);
            // What is not whole is never seen: a large one is put in parts, which are joined at the end.
            tokio::io::copy(&mut file, &mut writer).await.map_err(Trouble::of)?;
            writer.shutdown().await.map_err(Trouble::of)
        });
        put.map_err(|trouble| match trouble {
            Trouble::Store(error) => failed("write", address, &error),
            Trouble::Disk(error) => Error::io("read", path, error),
        })
    }

    /// Everything below `address`, by name.
    ///
    /// # Errors
    /// When the store cannot be reached.
    pub fn list(&self, address: &ObjectAddress) -> Result<Vec<Found>> {
        let (store, key) = client(address)?;
        let listed: Result<Vec<_>, _> = self.runtime.block_on(store.list(Some(&key)).try_collect());
        let found = match listed {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => Vec::new(),
            Err(error) => return Err(failed("list", address, &error)),
        };
        let found = found.into_iter().filter_map(|object| {
            let parts: Vec<String> =
                object.location.prefix_match(&key)?.map(|part| part.as_ref().to_owned()).collect();
            let modified = object.last_modified.timestamp_millis();
            (!parts.is_empty()).then(|| Found { name: parts.join("/"), modified })
        });
        let mut found: Vec<Found> = found.collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }
}

/// A file that is not whole yet.
fn part_of(path: &Path) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

async fn part(path: &Path) -> io::Result<tokio::fs::File> {
    if let Some(folder) = path.parent() {
        tokio::fs::create_dir_all(folder).await?;
    }
    tokio::fs::File::create(part_of(path)).await
}

/// Whose fault it is.
enum Trouble {
    Store(object_store::Error),
    Disk(io::Error),
}

impl Trouble {
    /// A writer hands a store's errors on inside of its own.
    fn of(error: io::Error) -> Self {
        match error.downcast::<object_store::Error>() {
            Ok(error) => Self::Store(error),
            Err(error) => Self::Disk(error),
        }
    }
}

impl From<object_store::Error> for Trouble {
    fn from(error: object_store::Error) -> Self {
        Self::Store(error)
    }
}

fn client(address: &ObjectAddress) -> Result<(Arc<dyn ObjectStore>, Key)> {
    let variables =
        std::env::vars().filter(|(name, _)| PREFIXES.iter().any(|prefix| name.starts_with(prefix)));
    let found = object_store::parse_url_opts(address.url(), variables);
    let (store, key) = found.map_err(|e| failed("reach", address, &e))?;
    Ok((Arc::from(store), key))
}

fn failed(action: &'static str, address: &ObjectAddress, error: &object_store::Error) -> Error {
    use object_store::Error as Refused;
    let said = innermost(error);
    let fault = match error {
        Refused::PermissionDenied { .. } | Refused::Unauthenticated { .. } => EndpointFault::Denied,
        Refused::NotFound { .. }
        | Refused::InvalidPath { .. }
        | Refused::NotSupported { .. }
        | Refused::NotImplemented { .. }
        | Refused::UnknownConfigurationKey { .. } => EndpointFault::Misaddressed,
        // A client that cannot be put together was not told enough.
        _ if action == "reach" || said.contains("NoSuchBucket") => EndpointFault::Misaddressed,
        _ => EndpointFault::Temporary,
    };
    let hint = if fault == EndpointFault::Temporary { AGAIN } else { VARIABLES };
    Error::Endpoint {
        fault,
        problem: format!("cannot {action} {address}: {}", message(&said)),
        hint: hint.to_owned(),
    }
}

/// What lies behind all that says where it was passed on, in one line.
fn innermost(error: &object_store::Error) -> String {
    let mut said = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        said = error.to_string();
        source = error.source();
    }
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The sentence for people in a store's answer, which is XML around it.
fn message(said: &str) -> &str {
    let inside = |tag: &str| {
        let (_, rest) = said.split_once(&format!("<{tag}>"))?;
        Some(rest.split_once(&format!("</{tag}>"))?.0)
    };
    inside("Message").or_else(|| inside("Code")).unwrap_or(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_stores_answer_the_sentence_is_told() {
        let said = "Server returned 404: <Error><Code>NoSuchBucket</Code><Message>It does not exist</Message></Error>";
        assert_eq!(message(said), "It does not exist");
        assert_eq!(message("<Error><Code>SlowDown</Code></Error>"), "SlowDown");
        assert_eq!(message("Connection refused"), "Connection refused");
    }
}
