//! `chahao serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;

use super::fold::FoldAfterArgs;
use super::log::LogArgs;
use super::{DeskArgs, Outcome, print};
use crate::desk::Desk;
use crate::{Error, Result, http};

/// How often the server looks for a new generation: an urgent change must answer within a second.
const REFRESH_EVERY: Duration = Duration::from_millis(100);

/// How long kept connections are answered once more after another process has taken over.
const LINGER: Duration = Duration::from_secs(3);
/// Files the process may need open beside its connections: ledger, index, log.
const FILES_ELSEWHERE: usize = 256;

/// Answer lookups over HTTP.
///
/// Stops on SIGTERM or SIGINT after finishing the requests it accepted.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chahao serve
  chahao serve --listen 127.0.0.1:9000 --with-compactor")]
pub(super) struct ServeArgs {
    /// The address to listen on; other than loopback only where there are tokens.
    #[arg(long, default_value = "127.0.0.1:8114", env = "CHAHAO_LISTEN")]
    listen: SocketAddr,
    /// Listen beside another chahao of the same user on the same port, which is then told to stop: no request fails.
    #[arg(long)]
    reuse_port: bool,
    /// Speak TLS by this certificate, a PEM file with those above it behind; read anew when it changes, and on SIGHUP.
    #[arg(long, value_name = "FILE", env = "CHAHAO_TLS_CERT")]
    tls_cert: Option<PathBuf>,
    /// The certificate's key, a PEM file.
    #[arg(long, value_name = "FILE", env = "CHAHAO_TLS_KEY")]
    tls_key: Option<PathBuf>,
    /// A name under which this server is asked, beside localhost and its addresses, where there are no tokens; several are
    /// parted by commas. Under any other nobody is answered: a page of elsewhere may have its name lead here.
    #[arg(long = "host", value_name = "NAME", env = "CHAHAO_HOST", value_delimiter = ',')]
    hosts: Vec<String>,
    /// Have browsers send the console's cookie over TLS only, because a proxy in front speaks it.
    #[arg(long, env = "CHAHAO_SECURE_COOKIE", value_parser = clap::builder::FalseyValueParser::new(), action = clap::ArgAction::SetTrue)]
    secure_cookie: bool,
    /// Keep the index in step with the ledger in this process.
    #[arg(long)]
    with_compactor: bool,
    /// Take batches at POST /v1/batches from whoever can reach the address; editors need no such leave.
    #[arg(long)]
    accept_batches: bool,
    /// Answer everybody from an index whose ledger is elsewhere. Without this nobody is answered as long as the ledger of
    /// an index is gone: only the ledger knows whose token is in force.
    #[arg(long)]
    index_alone: bool,
    /// Requests a second of one token at most.
    #[arg(long, value_name = "N", default_value_t = http::RATE_MAX, value_parser = clap::value_parser!(u32).range(1..))]
    rate_limit: u32,
    /// Lookups that are at work or wait for their turn at most, 16 for each core where nothing is said; others are
    /// told at once to come again.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    queue: Option<u32>,
    /// Connections open at once at most.
    #[arg(long, value_name = "N", default_value_t = http::CONNECTIONS_MAX)]
    connections: usize,
    /// Connections open at once from one address at most.
    #[arg(long, value_name = "N", default_value_t = http::CONNECTIONS_EACH_MAX)]
    connections_each: usize,
    /// Keep what was typed in vain, typed anew and chosen, as NDJSON, to find better; nothing of callers. Up to
    /// five files of 16 MB.
    #[arg(long, value_name = "FILE", env = "CHAHAO_QUERY_LOG")]
    query_log: Option<PathBuf>,
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    fold: FoldAfterArgs,
    #[command(flatten)]
    desk: DeskArgs,
}

impl ServeArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        let desk = self.desk.desk().with_index_alone(self.index_alone).with_fold_after(self.fold.fold_after);
        let desk = Arc::new(desk);
        let open = !self.listen.ip().is_loopback();
        // Before anybody waits: an older ledger is brought up by whoever opens it first.
        let has_caller = desk.has_caller();
        if open && !has_caller? {
            let text = format!(
                "{} can be reached from other machines, and there is no token by which to know who asks: make one with \
                 chahao token add NAME --role operator, or listen on a loopback address such as 127.0.0.1:8114",
                self.listen
            );
            return Err(Error::usage(text));
        }
        let tls = match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => Some(Arc::new(http::Tls::open(certificate, key)?)),
            (None, None) => None,
            _ => {
                return Err(Error::usage(
                    "--tls-cert and --tls-key go together: one of them is given, and not the other",
                ));
            }
        };
        let _log = self.log.start()?;
        let stop = stop_on_signal()?;
        if let Err(error) = desk.refresh() {
            tracing::error!(%error, "the index cannot be opened; lookups are answered once it is rebuilt");
        }
        desk.warm_up();
        // Both threads may be stopped anywhere, so the process does not wait for them when it ends.
        let (following, stopped) = (Arc::clone(&desk), Arc::clone(&stop));
        std::thread::spawn(move || follow_index(&following, &stopped));
        if self.with_compactor {
            let (compacting, stopped) = (Arc::clone(&desk), Arc::clone(&stop));
            std::thread::spawn(move || keep_compacting(&compacting, &stopped));
        }
        let mut options = http::Options {
            accept_batches: self.accept_batches,
            ask_for_tokens: open,
            hosts: self.hosts,
            secure_cookie: self.secure_cookie,
            rate_max: self.rate_limit,
            connections_max: self.connections.min(connections_allowed()),
            connections_each_max: self.connections_each,
            tls,
            query_log: self.query_log.as_deref().map(http::QueryLog::open).transpose()?.map(Arc::new),
            ..http::Options::default()
        };
        if let Some(queue) = self.queue {
            options.waiting_max = queue as usize;
        }
        if self.reuse_port {
            options.linger = LINGER;
            // Requests come as soon as it listens, while another process could still answer them.
            if desk.current().is_none() {
                tracing::warn!("there is no index yet: the port is taken over once there is one");
            }
            while desk.current().is_none() && !stop.is_set() {
                std::thread::sleep(REFRESH_EVERY);
            }
        }
        serve(self.listen, self.reuse_port, &desk, options, &stop)?;
        Ok(Outcome::Done)
    }
}

/// Connections the system lets the process have, beside [`FILES_ELSEWHERE`].
fn connections_allowed() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // Shells give a process few files, and let it ask for more.
    let more = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let files = match setrlimit(Resource::Nofile, more) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    files
        .map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX))
        .saturating_sub(FILES_ELSEWHERE)
        .max(1)
}

fn serve(address: SocketAddr, shared: bool, desk: &Arc<Desk>, options: http::Options, stop: &Arc<Stop>) -> Result<()> {
    let failed = |error: std::io::Error| {
        let text = format!("cannot listen on {address}: {error}; is another server running?");
        Error::new(crate::ErrorKind::Io, text).caused_by(error)
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(async {
        let listener = http::listen(address, shared).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let scheme = if options.tls.is_some() { "https" } else { "http" };
        if let Some(tls) = options.tls.clone() {
            let mut hangup = signal(SignalKind::hangup()).map_err(failed)?;
            let asked = Arc::new(Notify::new());
            tokio::spawn(tls.follow(Arc::clone(&asked)));
            tokio::spawn(async move {
                while hangup.recv().await.is_some() {
                    asked.notify_one();
                }
            });
        }
        print(&format!("listening on {scheme}://{address}\n"))?;
        let stopped = {
            let stop = Arc::clone(stop);
            async move { stop.wait().await }
        };
        http::serve_with(listener, Arc::clone(desk), options, stopped).await;
        Ok(())
    })
}

/// Swaps generations in as they are published.
fn follow_index(desk: &Desk, stop: &Stop) {
    let mut failed = false;
    while !stop.is_set() {
        match desk.refresh() {
            Ok(swapped) => {
                if swapped && let Some(current) = desk.current() {
                    tracing::info!(generation = current.generation, seq = current.seq, "generation live");
                }
                failed = false;
            }
            Err(error) if !failed => {
                tracing::error!(%error, "the new generation cannot be opened; the old one serves on");
                failed = true;
            }
            Err(_) => {}
        }
        std::thread::sleep(REFRESH_EVERY);
    }
}

fn keep_compacting(desk: &Desk, stop: &Stop) {
    let watched = desk.watch(&|| stop.is_set(), &mut |outcome| match outcome {
        Ok(compaction) => tracing::info!(
            seq = compaction.seq,
            base = compaction.base,
            delta = compaction.delta,
            took_ms = compaction.took_ms,
            "index in step"
        ),
        Err(error) => tracing::error!(%error, "compaction failed; trying again"),
    });
    if let Err(error) = watched {
        tracing::error!(%error, "the compactor cannot run");
    }
}

/// Whether the process was asked to stop.
#[derive(Debug, Default)]
pub(super) struct Stop {
    set: AtomicBool,
    notify: Notify,
}

impl Stop {
    pub(super) fn is_set(&self) -> bool {
        self.set.load(Ordering::Acquire)
    }

    fn set(&self) {
        self.set.store(true, Ordering::Release);
        self.notify.notify_waiters();
    }

    async fn wait(&self) {
        let notified = self.notify.notified();
        tokio::pin!(notified);
        notified.as_mut().enable();
        if !self.is_set() {
            notified.await;
        }
    }
}

/// A stop that SIGTERM and SIGINT set.
pub(super) fn stop_on_signal() -> Result<Arc<Stop>> {
    let stop = Arc::new(Stop::default());
    let failed = |error: std::io::Error| Error::internal(format!("cannot wait for signals: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let (mut terminate, mut interrupt) = {
        let _inside = runtime.enter();
        (signal(SignalKind::terminate()).map_err(failed)?, signal(SignalKind::interrupt()).map_err(failed)?)
    };
    let told = Arc::clone(&stop);
    std::thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        });
        told.set();
    });
    Ok(stop)
}
