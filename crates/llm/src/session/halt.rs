//! Why nothing is sent any more.

use std::io::ErrorKind;
use std::sync::OnceLock;

use cladus_core::{EndpointFault, Error};
use tokio::sync::Notify;

/// Whether anything is sent any more.
#[derive(Debug, Default)]
pub(crate) struct Halt {
    stop: OnceLock<Stop>,
    /// It was just decided.
    pub(crate) stopping: Notify,
}

/// Why nothing is sent any more, in a form that every waiting call can have.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    pub(crate) fault: EndpointFault,
    pub(crate) problem: String,
    pub(crate) hint: String,
}

impl Halt {
    /// Why nothing is sent any more, if so.
    pub(crate) fn stopped(&self) -> Option<Stop> {
        self.stop.get().cloned()
    }

    /// Nothing is sent any more. The first reason stays.
    pub(crate) fn stop(&self, stop: Stop) -> Stop {
        self.stop.get_or_init(|| stop).clone()
    }
}

impl From<Stop> for Error {
    fn from(stop: Stop) -> Self {
        let Stop { fault, problem, hint } = stop;
        Self::Endpoint { fault, problem, hint }
    }
}

/// A passing fault of ours (a full disk, a locked store) stops everything, and a rerun resumes.
pub(crate) fn stop_of(error: &Error) -> Stop {
    let mut problem = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        problem += &format!(": {error}");
        cause = error.source();
    }
    let fault = match error {
        Error::Endpoint { fault, .. } => *fault,
        Error::Config { .. } => EndpointFault::Misaddressed,
        // A file that was named and is not there, or not ours to read.
        Error::Io { source, action: "read", .. }
            if matches!(source.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) =>
        {
            EndpointFault::Misaddressed
        }
        _ => EndpointFault::Temporary,
    };
    let hint = error.hint().unwrap_or_else(|| match fault {
        EndpointFault::Misaddressed => "name one that can be read, and run it again".to_owned(),
        _ => "run the same command again: it resumes".to_owned(),
    });
    Stop { fault, problem, hint }
}
