//! An OpenAI-compatible server for tests.
//!
//! It answers by the JSON schema that it is sent (or finds in the messages), always the same to the
//! same text, and it can be told to behave like servers that know less ([`Support`]), limit more
//! ([`Rate`]), or fail ([`Faults`]).

mod answer;
mod batches;
mod behaviour;
mod bend;
mod chat;
mod decide;
mod embed;
mod endings;
mod faults;
mod http;
mod ledger;
mod quirks;
mod real;
mod schema;
mod script;
mod stats;
#[cfg(test)]
mod tests;
mod text;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

pub use batches::{BatchStats, Batching, Ending, Mess};
pub use behaviour::{Behaviour, Rate, RateHeaders, Support};
pub use faults::{Fault, Faults, Kind, NoRule};
pub use quirks::Quirk;
pub use script::Script;
pub use stats::{Seen, Stats};
pub use text::{Block, blocks};

use http::{Response, Then};
use ledger::Ledger;

/// A server on this machine's loopback, with a thread of its own. It stops when it is dropped.
#[derive(Debug)]
pub struct TestServer {
    address: SocketAddr,
    ledger: Arc<Ledger>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl TestServer {
    /// On a free port.
    ///
    /// # Panics
    /// When the machine gives no port.
    #[expect(clippy::expect_used, reason = "without a port, no test can go on")]
    pub fn start(behaviour: Behaviour) -> Self {
        Self::start_on(0, behaviour).expect("a free port on the loopback")
    }

    /// On this port.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn start_on(port: u16, behaviour: Behaviour) -> io::Result<Self> {
        let listener = StdListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let ledger = Arc::new(Ledger::new(behaviour));
        let (stop, stopped) = oneshot::channel();
        let shared = Arc::clone(&ledger);
        let serve = move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept(&listener, &shared) => {}
                    _ = stopped => {}
                }
            });
        };
        let thread = std::thread::Builder::new().name("test server".to_owned()).spawn(serve)?;
        Ok(Self { address, ledger, stop: Some(stop), thread: Some(thread) })
    }

    /// What clients are told: `http://127.0.0.1:PORT/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Counts since the start or the last reset.
    pub fn stats(&self) -> Stats {
        self.ledger.stats()
    }

    /// Every request since the start or the last reset, in the order of arrival.
    pub fn requests(&self) -> Vec<Seen> {
        self.ledger.seen()
    }

    /// Forgets everything that it saw; the behaviour stays.
    pub fn reset(&self) {
        self.ledger.reset();
    }

    /// Changes the behaviour for the requests to come.
    pub fn configure(&self, change: impl FnOnce(&mut Behaviour)) {
        change(Arc::make_mut(&mut self.ledger.lock().behaviour));
    }

    /// Waits for the end of the process.
    pub fn serve_for_ever(mut self) {
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

async fn accept(listener: &TcpListener, ledger: &Arc<Ledger>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                ledger.connected();
                tokio::spawn(talk(stream, Arc::clone(ledger)));
            }
            // Out of descriptors, mostly: others are about to be closed.
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
        }
    }
}

/// One connection.
async fn talk(mut stream: TcpStream, ledger: Arc<Ledger>) {
    let _ = stream.set_nodelay(true);
    let mut buffer = Vec::new();
    loop {
        let Ok(Some(request)) = http::read(&mut stream, &mut buffer).await else { return };
        let then = {
            let (mut reader, mut writer) = stream.split();
            tokio::select! {
                then = answer(&request, &mut writer, &ledger) => then.unwrap_or(Then::Close),
                () = http::gone(&mut reader, &mut buffer) => Then::Close,
            }
        };
        match then {
            Then::Keep => {}
            Then::Close => return,
            Then::Reset => {
                let _ = stream.set_zero_linger();
                return;
            }
        }
    }
}

async fn answer(
    request: &http::Request,
    writer: &mut (impl tokio::io::AsyncWrite + Unpin),
    ledger: &Arc<Ledger>,
) -> io::Result<Then> {
    if (request.method.as_str(), request.path.as_str()) == ("GET", "/stats") {
        let stats = serde_json::to_value(ledger.stats()).unwrap_or_default();
        let response = Response::json(200, &stats);
        return http::write(writer, &response, request.last, || (), || ()).await;
    }
    let (visit, plan) = ledger.arrive(request);
    if !plan.pause.is_zero() {
        tokio::time::sleep(plan.pause).await;
    }
    let (begin, end) = (|| visit.begin(&plan), || visit.end(plan.usable));
    let then = http::write(writer, &plan.response, request.last, begin, end).await?;
    visit.give_up();
    Ok(then)
}
