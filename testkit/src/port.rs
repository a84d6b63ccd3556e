//! Ports for services that are started later.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

/// Below where Linux takes the ports of outgoing connections from (`net.ipv4.ip_local_port_range`): a port of those may be in use
/// again before the service is there.
const PORTS: std::ops::Range<u16> = 10_000..32_000;

/// A port on which nobody listens, and which this process has not given away before.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn free() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let count = PORTS.end - PORTS.start;
    // Processes side by side begin at different places.
    let first = std::process::id().wrapping_mul(101);
    for _ in 0..count {
        let offset = first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % u32::from(count);
        let port = PORTS.start + u16::try_from(offset).unwrap_or_default();
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("every port between {} and {} is in use", PORTS.start, PORTS.end)
}
