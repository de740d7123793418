//! Whether a thread had to wait for a core: with other work on the machine, the longest times are those of the
//! scheduler and say nothing of lookups.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::Instant;

/// How often a lookup is asked again that had to wait.
const TRIES_MAX: usize = 20;

/// The system's account of one thread's waits.
pub struct Waits {
    /// Not there on systems without `/proc`: every time counts then.
    account: Option<File>,
    /// Lookups that were asked again, and those that had to wait to the last.
    pub again: usize,
    pub waited: usize,
}

impl Waits {
    /// The account of the thread that asks.
    pub fn new() -> Waits {
        Waits { account: File::open("/proc/thread-self/schedstat").ok(), again: 0, waited: 0 }
    }

    /// Nanoseconds `work` takes where it need not wait for a core; where it has to every time, the shortest.
    pub fn time<T>(&mut self, mut work: impl FnMut() -> T) -> (u64, T) {
        let mut shortest = u64::MAX;
        for _ in 1..TRIES_MAX {
            let waited_before = self.waited_ns();
            let begun = Instant::now();
            let done = work();
            let took = begun.elapsed().as_nanos() as u64;
            if self.waited_ns() == waited_before {
                return (took, done);
            }
            shortest = shortest.min(took);
            self.again += 1;
        }
        self.waited += 1;
        let begun = Instant::now();
        let done = work();
        (shortest.min(begun.elapsed().as_nanos() as u64), done)
    }

    /// Nanoseconds the thread was ready and had no core: the second number of the account.
    fn waited_ns(&self) -> Option<u64> {
        let mut bytes = [0; 64];
        let length = self.account.as_ref()?.read_at(&mut bytes, 0).ok()?;
        std::str::from_utf8(&bytes[..length]).ok()?.split(' ').nth(1)?.parse().ok()
    }
}
