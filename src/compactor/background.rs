//! Building gives way to lookups: its threads run at the lowest priority, and lookups take a core from them at once.

use std::thread;

use crate::{Error, Result};

/// A tenth of what a lookup weighs to the scheduler: lookups hardly wait, and a busy machine does not keep changes from
/// being answered. On an idle machine it costs nothing.
const NICE: i32 = 10;

/// Runs `work` in a thread of low priority, and its parallel parts in threads of low priority of their own.
///
/// Where the system does not let the priority be lowered, the work is done all the same.
///
/// # Errors
/// Those of `work`; internal when no thread can be made.
pub fn in_background<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    thread::scope(|scope| {
        let worker = scope.spawn(|| {
            lower_priority();
            let pool = rayon::ThreadPoolBuilder::new().thread_name(|n| format!("compactor-{n}")).build();
            pool.map_err(|error| Error::internal(format!("the compactor has no threads: {error}")))?.install(work)
        });
        worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Lowers the priority of this thread and of those it will start.
fn lower_priority() {
    let this = rustix::thread::gettid();
    if let Err(error) = rustix::process::setpriority_process(Some(this), NICE) {
        tracing::debug!(%error, "the compactor runs at the priority of lookups");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nice() -> i32 {
        rustix::process::getpriority_process(Some(rustix::thread::gettid())).unwrap()
    }

    #[test]
    fn work_and_what_it_starts_gives_way_and_nothing_else_does() {
        let before = nice();
        let inside = in_background(|| Ok((nice(), rayon::join(nice, nice)))).unwrap();
        assert_eq!(inside, (NICE, (NICE, NICE)));
        assert_eq!(nice(), before);
        let started = in_background(|| Ok(thread::spawn(nice).join().unwrap())).unwrap();
        assert_eq!(started, NICE);
    }
}
