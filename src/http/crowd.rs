//! Who is connected: how many connections there are, over all and from one address.
//!
//! # Invariants
//! 1. One client, whatever it does, leaves connections to the others.
//! 2. What is one too many is told so and closed; nobody waits for a connection.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustc_hash::FxHashMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::kept::{NO_SNIFF, NO_STORE};
use super::metrics::Metrics;

/// Connections that are being told there is no room, at most; others are closed without a word.
const TOLD_MAX: usize = 64;
/// How long one of them may take to hear it.
const TOLD_WAIT: Duration = Duration::from_millis(500);
/// What they are told.
const NO_ROOM: &str = "{\"type\":\"urn:chahao:overloaded\",\"title\":\"Too many connections\",\"status\":503,\
                       \"detail\":\"there is no room for another connection; try again in a second\"}";

/// The connections that are open.
#[derive(Debug)]
pub(super) struct Crowd {
    open: Mutex<Open>,
    all_max: usize,
    each_max: usize,
    told: Arc<Semaphore>,
    metrics: Arc<Metrics>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    from: FxHashMap<IpAddr, usize>,
}

impl Crowd {
    pub(super) fn new(all_max: usize, each_max: usize, metrics: Arc<Metrics>) -> Crowd {
        let told = Arc::new(Semaphore::new(TOLD_MAX));
        Crowd { open: Mutex::default(), all_max, each_max, told, metrics }
    }

    /// A place for a connection from `address`, where there is one.
    pub(super) fn enter(self: &Arc<Crowd>, address: IpAddr) -> Option<Place> {
        let client = client_of(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.all >= self.all_max || open.from.get(&client).is_some_and(|from| *from >= self.each_max) {
            return None;
        }
        open.all += 1;
        *open.from.entry(client).or_default() += 1;
        self.metrics.connections.inc();
        Some(Place { crowd: Arc::clone(self), client })
    }

    /// Whether every connection has ended.
    pub(super) fn is_empty(&self) -> bool {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).all == 0
    }

    /// Tells a client that there is no room.
    pub(super) fn turn_away(&self, mut stream: TcpStream, plain: bool) {
        self.metrics.shed.inc();
        let Some(telling) = Arc::clone(&self.told).try_acquire_owned().ok().filter(|_| plain) else { return };
        tokio::spawn(async move {
            let answer = format!(
                "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: 1\r\n\
                 cache-control: {NO_STORE}\r\nx-content-type-options: {NO_SNIFF}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{NO_ROOM}",
                NO_ROOM.len()
            );
            let tell = async {
                stream.write_all(answer.as_bytes()).await?;
                stream.shutdown().await?;
                // What was sent and not read would take the answer back from the client when this end is closed.
                let mut sent = [0; 1 << 10];
                while stream.read(&mut sent).await? > 0 {}
                std::io::Result::Ok(())
            };
            let _ = tokio::time::timeout(TOLD_WAIT, tell).await;
            drop(telling);
        });
    }
}

/// A connection's place; given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    crowd: Arc<Crowd>,
    client: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.crowd.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all = open.all.saturating_sub(1);
        if let Some(from) = open.from.get_mut(&self.client) {
            *from -= 1;
            if *from == 0 {
                open.from.remove(&self.client);
            }
        }
        self.crowd.metrics.connections.dec();
    }
}

/// Whose address it is: in IPv6 one client has as many as it likes, and they begin alike.
fn client_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(crowd: &Arc<Crowd>, address: &str) -> Option<Place> {
        crowd.enter(address.parse().unwrap())
    }

    #[test]
    fn one_client_leaves_room_to_others_and_all_leave_none_beyond_the_bound() {
        let crowd = Arc::new(Crowd::new(4, 2, Arc::new(Metrics::new())));
        let one = [entered(&crowd, "10.0.0.1"), entered(&crowd, "::ffff:10.0.0.1")];
        assert!(one.iter().all(Option::is_some));
        assert!(entered(&crowd, "10.0.0.1").is_none(), "one address, however it is written");
        let two = [entered(&crowd, "2001:db8::1"), entered(&crowd, "2001:db8::2:1")];
        assert!(two.iter().all(Option::is_some));
        assert!(entered(&crowd, "10.0.0.3").is_none(), "four are all");
        drop(two);
        let third = entered(&crowd, "2001:db8::9");
        assert!(third.is_some());
        assert!(entered(&crowd, "2001:db8:0:0:9::9").is_some() && entered(&crowd, "10.0.0.1").is_none());
        drop((one, third));
        assert!(crowd.open.lock().unwrap().from.is_empty(), "who left is forgotten");
    }
}
