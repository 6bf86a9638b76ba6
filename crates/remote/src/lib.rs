//! A stage on files in an object store: what its command line names by address (`s3://…`) is fetched, the
//! command is run on the copies, and what it made is put back.
//!
//! * [`address`]: where something lies, and what it is called while it is worked on.
//! * [`words`]: a command line, and what is behind each of its addresses.
//! * [`bucket`]: fetching, putting, listing; the only module that names a client of object stores.
//! * [`copies`]: the files that were fetched, and those that are new.
//! * [`answers`]: a store of answers, which outlives the machine that asked.
//! * [`job`]: from the first fetch to the last put.
//!
//! Nothing is ever deleted there, and answers are put every minute while the command works and once more
//! when it has ended, however it has: what was paid for outlives its machine.

pub mod address;
pub mod answers;
pub mod bucket;
mod command;
pub mod copies;
pub mod job;
pub mod words;

pub use command::main;
