//! The loops: connections that take turns, at once or when a turn is due.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Barrier, OnceLock};
use std::time::{Duration, Instant};

use super::client::{Connection, Target};
use super::plan::Plan;
use super::tally::{Ended, Tally};
use super::{LoadSettings, Pace};

/// The system wakes a sleeper so much late: the rest of the time is waited for awake.
const WAKES_LATE: Duration = Duration::from_micros(150);
/// Turns due more often than this are not waited for awake: it would take the core from the server.
const AWAKE_GAP_MIN: Duration = Duration::from_millis(1);

/// What a loop did.
pub(super) struct Outcome {
    /// Turns that were taken.
    pub(super) turns: u64,
    /// How long it took, until the last answer.
    pub(super) elapsed: Duration,
}

/// Asks `target` for `duration` once all connections are open, beginning with turn `first` of the plan.
pub(super) fn drive(
    target: &Target,
    plan: &Plan,
    settings: &LoadSettings,
    duration: Duration,
    first: u64,
    tally: &Tally,
) -> Outcome {
    let taken = AtomicU64::new(0);
    let (all_open, begun) = (Barrier::new(settings.connections), OnceLock::new());
    std::thread::scope(|scope| {
        for _ in 0..settings.connections {
            scope.spawn(|| {
                let mut connection = Connection::new(target);
                // What cannot be opened is asked all the same, and counts as failed.
                let _ = connection.open();
                all_open.wait();
                let begin = *begun.get_or_init(Instant::now);
                let run = Loop { plan, first, begin, end: begin + duration, pace: settings.pace, taken: &taken, tally };
                run.ask_in_turn(&mut connection);
            });
        }
    });
    let elapsed = begun.get().map_or(Duration::ZERO, Instant::elapsed);
    Outcome { turns: taken.load(Ordering::Relaxed), elapsed }
}

struct Loop<'a> {
    plan: &'a Plan,
    first: u64,
    begin: Instant,
    end: Instant,
    pace: Pace,
    /// Turns that were taken by any connection.
    taken: &'a AtomicU64,
    tally: &'a Tally,
}

impl Loop<'_> {
    /// Takes turns on one connection until the end.
    fn ask_in_turn(&self, connection: &mut Connection<'_>) {
        loop {
            let turn = self.taken.fetch_add(1, Ordering::Relaxed);
            let due = match self.pace {
                Pace::Closed => Instant::now(),
                Pace::Open(rate) => self.begin + Duration::from_secs_f64(turn as f64 / rate),
            };
            if due >= self.end {
                return;
            }
            let Some((request, kind)) = self.plan.request(self.first + turn) else { return };
            if let Pace::Open(rate) = self.pace {
                wait_until(due, Duration::from_secs_f64(1.0 / rate));
                if Instant::now() >= self.end {
                    self.tally.count(kind, Ended::NotSent, due.elapsed());
                    continue;
                }
            }
            let ended = match connection.ask(request) {
                Ok(503) => Ended::Overloaded { retry_after: connection.says_when_to_retry() },
                Ok(status) => Ended::Answered(status),
                Err(_) => Ended::Failed,
            };
            self.tally.count(kind, ended, due.elapsed());
            if matches!(ended, Ended::Failed) && self.pace == Pace::Closed {
                // Whoever is not there is not asked a million times.
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }
}

/// Waits until `due`, where turns come `gap` apart.
fn wait_until(due: Instant, gap: Duration) {
    let awake = if gap >= AWAKE_GAP_MIN { WAKES_LATE } else { Duration::ZERO };
    let asleep = due.saturating_duration_since(Instant::now()).saturating_sub(awake);
    if !asleep.is_zero() {
        std::thread::sleep(asleep);
    }
    while Instant::now() < due {
        std::hint::spin_loop();
    }
}
