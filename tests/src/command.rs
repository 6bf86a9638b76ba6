//! `cladus-test-server`: the server by hand.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::server::{Behaviour, Fault, Faults, Support, TestServer};

/// An OpenAI-compatible server without a model, to try cladus on: it answers the same question the
/// same way every time, and fails as it is told to. GET /stats says what it saw.
#[derive(Debug, Parser)]
#[command(name = "cladus-test-server", after_help = after_help())]
struct Arguments {
    /// The port on the loopback; 0: any that is free
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Milliseconds before every good answer
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency_ms: u64,
    /// What goes wrong: KIND:FAULT@RATE[xBURST] or KIND:FAULT#N[xBURST], several separated by ;
    #[arg(long, value_name = "RULES", default_value = "")]
    faults: Faults,
    /// What it takes of response_format
    #[arg(long, value_name = "MODE", default_value = "strict", value_parser = support)]
    support: Support,
}

fn after_help() -> String {
    let faults: Vec<_> = Fault::names().collect();
    format!(
        "Modes of --support: {}\nKINDs: propose, label, rename, embed, chat, any\nFAULTs: {}\n\
         RATE is a share of the distinct requests, #N the N-th of them; BURST is how many attempts fail (1; inf: all).",
        modes(),
        faults.join(", ")
    )
}

fn modes() -> String {
    Support::ALL.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

fn support(name: &str) -> Result<Support, String> {
    let mode = Support::ALL.iter().find(|(known, _)| *known == name);
    mode.map(|(_, mode)| *mode).ok_or_else(|| format!("the modes are {}", modes()))
}

/// Serves until it is killed.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let behaviour = Behaviour {
        latency: Duration::from_millis(arguments.latency_ms),
        faults: arguments.faults,
        support: arguments.support,
        remember: false,
        ..Behaviour::default()
    };
    let said = TestServer::start_on(arguments.port, behaviour).and_then(|server| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", server.base_url())?;
        out.flush()?;
        drop(out);
        server.serve_for_ever();
        Ok(())
    });
    match said {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            let _ = writeln!(std::io::stderr(), "error: port {}: {problem}", arguments.port);
            ExitCode::from(2)
        }
    }
}
