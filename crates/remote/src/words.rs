//! A command line, and what is behind each of its addresses.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use cladus_core::shard::Shard;

use crate::address::ObjectAddress;

/// What the command does with what an address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressUse {
    /// It reads it: a file, or a folder with all that is in it.
    Read,
    /// It writes it, and looks at what was there (`--out`).
    Write,
    /// It is a store of answers, which it reads and writes (`--answers`).
    Answers,
}

/// One word of a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Argument {
    Plain(OsString),
    /// An address, behind what stands before it in the same word (`--out=`).
    Address {
        before: String,
        address: ObjectAddress,
        role: AddressUse,
    },
}

/// A command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteCommand {
    words: Vec<Argument>,
}

impl RemoteCommand {
    /// Reads a command line: addresses stand for themselves, or behind a flag and `=`.
    pub fn parse(words: &[OsString]) -> Self {
        let mut flag = String::new();
        let words = words.iter().map(|word| {
            let Some(text) = word.to_str() else { return Argument::Plain(word.clone()) };
            let (before, value) = match text.split_once('=') {
                Some((before, value)) if before.starts_with("--") => (format!("{before}="), value),
                _ => (String::new(), text),
            };
            let of = if before.is_empty() { std::mem::take(&mut flag) } else { before.clone() };
            let role = match of.trim_end_matches('=') {
                "--out" | "--closure" => AddressUse::Write,
                "--answers" => AddressUse::Answers,
                _ => AddressUse::Read,
            };
            if before.is_empty() && text.starts_with("--") {
                text.clone_into(&mut flag);
            }
            match ObjectAddress::parse(value) {
                Some(address) => Argument::Address { before, address, role },
                None => Argument::Plain(word.clone()),
            }
        });
        Self { words: words.collect() }
    }

    /// All addresses, in their order.
    pub fn addresses(&self) -> impl Iterator<Item = (&ObjectAddress, AddressUse)> {
        self.words.iter().filter_map(|word| match word {
            Argument::Address { address, role, .. } => Some((address, *role)),
            Argument::Plain(_) => None,
        })
    }

    /// Which share of a stage's work it is about.
    pub fn shard(&self) -> Option<Shard> {
        let mut texts = self.words.iter().filter_map(|word| match word {
            Argument::Plain(text) => text.to_str(),
            Argument::Address { .. } => None,
        });
        let value = texts.find_map(|text| match text.strip_prefix("--shard") {
            Some("") => Some(None),
            Some(rest) => rest.strip_prefix('=').map(Some),
            None => None,
        })?;
        value.or_else(|| texts.next())?.parse().ok()
    }

    /// The same with paths of copies below `folder` in the addresses' places; `store` says which file a store
    /// of answers is.
    pub fn on_copies(
        &self,
        folder: &Path,
        store: impl Fn(&ObjectAddress) -> PathBuf,
    ) -> Vec<OsString> {
        let word = |word: &Argument| match word {
            Argument::Plain(text) => text.clone(),
            Argument::Address { before, address, role } => {
                let mut text = OsString::from(before);
                text.push(match role {
                    AddressUse::Answers => store(address),
                    AddressUse::Read | AddressUse::Write => address.path(folder),
                });
                text
            }
        };
        self.words.iter().map(word).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> RemoteCommand {
        let words: Vec<OsString> = text.split(' ').map(OsString::from).collect();
        RemoteCommand::parse(&words)
    }

    #[test]
    fn flags_say_what_an_address_is_for() {
        let found = line(
            "cladus label --clusters s3://b/c.parquet --params=s3://b/cladus.toml --out s3://b/l.parquet \
             --answers=s3://b/answers s3://b/run --base-url http://localhost/v1",
        );
        let uses: Vec<String> = found
            .addresses()
            .map(|(address, role)| format!("{} {role:?}", address.name()))
            .collect();
        assert_eq!(
            uses,
            [
                "c.parquet Read",
                "cladus.toml Read",
                "l.parquet Write",
                "answers Answers",
                "run Read"
            ]
        );
    }

    #[test]
    fn copies_take_the_addresses_places() {
        let found = line(
            "cladus embed --clusters s3://b/c.parquet --out=s3://b/e.parquet --answers s3://b/a --seed 3",
        );
        let words = found.on_copies(Path::new("w"), |address| address.path(Path::new("a")));
        let words: Vec<&str> = words.iter().map(|word| word.to_str().unwrap()).collect();
        assert_eq!(
            words.join(" "),
            "cladus embed --clusters w/s3/b/c.parquet --out=w/s3/b/e.parquet --answers a/s3/b/a --seed 3"
        );
    }

    #[test]
    fn the_share_is_found_in_either_form() {
        assert_eq!(line("cladus label --shard 3/8 --quiet").shard(), "3/8".parse().ok());
        assert_eq!(line("cladus label --shard=3/8").shard(), "3/8".parse().ok());
        for without in [
            "cladus label",
            "cladus label --shard",
            "cladus label --shards 3/8",
            "cladus label --gather 8",
        ] {
            assert_eq!(line(without).shard(), None, "{without}");
        }
    }
}
