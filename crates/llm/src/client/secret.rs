//! A key that is never shown.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use cladus_core::{Error, Result};
use secrecy::{ExposeSecret, SecretString};

/// Stands where a key stood.
const REDACTED: &str = "[key]";

/// Shorter keys are words that fill the field where a server asks for no key (`none`, `EMPTY`).
/// Replacing those would only damage answers.
const SHORTEST: usize = 6;

/// An API key. It cannot be printed or serialised, and its memory is cleared when it goes.
#[derive(Clone)]
pub struct Secret(SecretString);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([key])")
    }
}

impl Secret {
    /// The key in the environment variable `var`; `None` where it is not set or empty.
    ///
    /// # Errors
    /// When the key has characters that cannot be sent.
    pub fn from_env(var: &str) -> Result<Option<Self>> {
        match std::env::var(var) {
            Ok(key) if key.trim().is_empty() => Ok(None),
            Ok(key) => Self::new(&key, &format!("environment variable {var}")).map(Some),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(unsendable(var)),
        }
    }

    /// The key in the file at `path`, without the white space around it, and a warning where others
    /// than its owner may read the file.
    ///
    /// # Errors
    /// When the file cannot be read or is empty, or the key has characters that cannot be sent.
    pub fn from_file(path: &Path) -> Result<(Self, Option<String>)> {
        let bytes = std::fs::read(path).map_err(|e| {
            // A setting names it: that is what has to be mended.
            Error::config(format!("cannot read the key in {}: {e}", path.display()))
        })?;
        let origin = path.display().to_string();
        let text = std::str::from_utf8(&bytes).map_err(|_| unsendable(&origin))?;
        if text.trim().is_empty() {
            return Err(Error::config_hint(
                format!("{origin}: there is no key in it"),
                "put the key into the file, and nothing else",
            ));
        }
        Ok((Self::new(text, &origin)?, readable_by_others(path)))
    }

    /// What a setting says, with what it takes from the environment.
    pub(crate) fn of(text: String) -> Self {
        Self(SecretString::from(text))
    }

    fn new(key: &str, origin: &str) -> Result<Self> {
        let key = key.trim();
        // Such a header would be refused, with a message that might show it.
        if !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(unsendable(origin));
        }
        Ok(Self(SecretString::from(key)))
    }

    /// The key itself, for the header it is sent in.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// `text` with `[key]` wherever the key stands.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let key = self.0.expose_secret();
        if key.len() < SHORTEST || !text.contains(key) {
            return Cow::Borrowed(text);
        }
        Cow::Owned(text.replace(key, REDACTED))
    }

    /// [`Secret::redact`] for bytes that may be no text.
    pub fn redact_bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let key = self.0.expose_secret().as_bytes();
        let find = |within: &[u8]| within.windows(key.len()).position(|window| window == key);
        if key.len() < SHORTEST {
            return Cow::Borrowed(bytes);
        }
        let Some(mut at) = find(bytes) else { return Cow::Borrowed(bytes) };
        let mut clean = Vec::with_capacity(bytes.len());
        let mut rest = bytes;
        loop {
            clean.extend_from_slice(&rest[..at]);
            clean.extend_from_slice(REDACTED.as_bytes());
            rest = &rest[at + key.len()..];
            match find(rest) {
                Some(next) => at = next,
                None => break,
            }
        }
        clean.extend_from_slice(rest);
        Cow::Owned(clean)
    }
}

fn unsendable(origin: &str) -> Error {
    Error::config_hint(
        format!("{origin}: the key has characters that no key has (spaces, line ends, accents)"),
        "copy the key again, and nothing else",
    )
}

#[cfg(unix)]
fn readable_by_others(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    (mode & 0o044 != 0).then(|| {
        format!("{}: others may read this key; `chmod 600` keeps it yours", path.display())
    })
}

#[cfg(not(unix))]
fn readable_by_others(_path: &Path) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sk-abc123XYZ";

    fn secret() -> Secret {
        Secret::new(KEY, "test").unwrap()
    }

    #[test]
    fn it_is_not_shown() {
        assert!(!format!("{0:?} {0:#?} {1:?}", secret(), Some(secret())).contains("abc"));
    }

    #[test]
    fn it_is_replaced_wherever_it_stands() {
        let secret = secret();
        let text = format!("{KEY}: bad key {KEY}{KEY}.");
        assert_eq!(secret.redact(&text), "[key]: bad key [key][key].");
        assert_eq!(secret.redact_bytes(text.as_bytes()).as_ref(), b"[key]: bad key [key][key].");
        let noise = [b"\xff".as_slice(), KEY.as_bytes(), b"\xfe"].concat();
        assert_eq!(secret.redact_bytes(&noise).as_ref(), b"\xff[key]\xfe");
        assert!(matches!(secret.redact("nothing"), Cow::Borrowed("nothing")));
        assert!(matches!(secret.redact_bytes(b""), Cow::Borrowed(b"")));
        let filler = Secret::new("none", "test").unwrap();
        assert_eq!(filler.redact("none of these"), "none of these");
    }

    #[test]
    fn files_are_trimmed_and_checked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let read = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            Secret::from_file(&path)
        };
        let (secret, _) = read(format!(" {KEY}\r\n").as_bytes()).unwrap();
        assert_eq!(secret.0.expose_secret(), KEY);
        for bad in [b" \n".as_slice(), b"two keys", b"sk-\xff", b"sk-a\nsk-b"] {
            let message = read(bad).unwrap_err().to_string();
            assert!(message.contains("key") && !message.contains("sk-"), "{message}");
        }
        assert!(Secret::from_file(&folder.path().join("none")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_worth_a_warning() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, KEY).unwrap();
        for (mode, warned) in [(0o600, false), (0o640, true), (0o604, true)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let (_, warning) = Secret::from_file(&path).unwrap();
            assert_eq!(warning.is_some(), warned, "{mode:o}");
        }
    }

    #[test]
    fn a_variable_that_is_not_set_is_no_key() {
        assert!(Secret::from_env("CLADUS_TEST_NO_SUCH_KEY").unwrap().is_none());
    }
}
