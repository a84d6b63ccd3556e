use std::collections::HashSet;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use rustix::process::Pid;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::layout::Spec;
use super::service::{self, Service};
use crate::{clock, tree};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection may lie before somebody takes it.
const TAKE_TIMEOUT: Duration = Duration::from_millis(200);
const PAUSE: Duration = Duration::from_millis(20);
const MAX_ANSWER_BYTES: usize = 4096;

/// Waits until the service answers well, within the spec's timeout. Who answers is not asked.
pub(super) async fn answers(spec: &Spec) -> Result<(), String> {
    let deadline = clock::now().plus_ms(spec.timeout_ms);
    loop {
        let error = match once(spec).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        if deadline.remaining().is_zero() {
            return Err(format!("{error} (waited {} ms)", spec.timeout_ms));
        }
        clock::sleep(PAUSE).await;
    }
}

/// Asks once.
pub(super) async fn once(spec: &Spec) -> Result<(), String> {
    let mut stream = connect(spec).await?;
    if spec.health.is_empty() {
        return Ok(());
    }
    send(&mut stream, request_head(spec).as_bytes()).await?;
    send(&mut stream, b"\r\n").await?;
    status(&mut stream, spec).await
}

/// Waits until *this* service answers well, though another one listens on the same socket: a connection
/// counts only when the process that took it is the new one. The old one's share is served by the old one.
pub(super) async fn answers_itself(spec: &Spec, service: &Service) -> Result<(), String> {
    if spec.port == 0 {
        return service::settles(service).await;
    }
    let asked = async {
        let deadline = clock::now().plus_ms(spec.timeout_ms);
        let mut last = "it took no connection".to_owned();
        while !deadline.remaining().is_zero() {
            // Several at once: when the old one is busy with the first, the next is free for the new one.
            let tries = futures::future::join_all((0..3).map(|_| taken_by(spec, service.pid))).await;
            for found in tries {
                match found {
                    Ok(true) => return Ok(()),
                    Ok(false) => {}
                    Err(error) => last = error,
                }
            }
            clock::sleep(PAUSE).await;
        }
        Err(format!("{last} (waited {} ms)", spec.timeout_ms))
    };
    tokio::select! {
        answered = asked => answered,
        end = service.ended() => Err(format!("it ended before it answered: {end}")),
    }
}

/// Whether a new connection was taken by this process or one below it, and answered well.
async fn taken_by(spec: &Spec, pid: Pid) -> Result<bool, String> {
    let mut stream = connect(spec).await?;
    // Half a request: whoever takes the connection holds it while we look whose it is.
    send(&mut stream, request_head(spec).as_bytes()).await?;
    let own_port = stream.local_addr().map_err(|error| error.to_string())?.port();
    let is_own = timeout(TAKE_TIMEOUT, async {
        loop {
            if let Some(inode) = accepted(spec.port, own_port) {
                return holds(pid, inode);
            }
            clock::sleep(Duration::from_millis(2)).await;
        }
    })
    .await
    .unwrap_or(false);
    send(&mut stream, b"\r\n").await?;
    let answered = status(&mut stream, spec).await;
    match (is_own, spec.health.is_empty()) {
        (false, _) => Ok(false),
        (true, true) => Ok(true),
        (true, false) => answered.map(|()| true),
    }
}

/// The inode of the server's end of a connection, once it has been accepted. A service that listens on
/// IPv6 for both has it in the second table.
fn accepted(port: u16, from: u16) -> Option<u64> {
    ["/proc/net/tcp", "/proc/net/tcp6"].into_iter().find_map(|table| find(&std::fs::read_to_string(table).ok()?, port, from))
}

fn find(table: &str, port: u16, from: u16) -> Option<u64> {
    table.lines().skip(1).find_map(|line| {
        let mut fields = line.split_ascii_whitespace();
        let (local, remote) = (fields.nth(1)?, fields.next()?);
        let is_it = |address: &str, port: u16| address.rsplit_once(':').is_some_and(|(_, hex)| u16::from_str_radix(hex, 16) == Ok(port));
        if is_it(local, port) && is_it(remote, from) { fields.nth(6)?.parse().ok().filter(|inode| *inode != 0) } else { None }
    })
}

fn holds(pid: Pid, inode: u64) -> bool {
    let wanted = format!("socket:[{inode}]");
    let family: HashSet<Pid> = tree::below(pid).into_iter().chain([pid]).collect();
    family.into_iter().any(|pid| {
        let entries = std::fs::read_dir(format!("/proc/{}/fd", pid.as_raw_nonzero()));
        entries
            .into_iter()
            .flatten()
            .flatten()
            .any(|entry| std::fs::read_link(entry.path()).is_ok_and(|target| target.as_os_str() == wanted.as_str()))
    })
}

async fn connect(spec: &Spec) -> Result<TcpStream, String> {
    let host = if spec.address.is_unspecified() { Ipv4Addr::LOCALHOST } else { spec.address };
    let address = SocketAddr::V4(SocketAddrV4::new(host, spec.port));
    let connected = timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await;
    connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(|error| format!("{address}: {error}"))
}

fn request_head(spec: &Spec) -> String {
    let path = if spec.health.is_empty() { "/" } else { &spec.health };
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("GET {slash}{path} HTTP/1.1\r\nHost: {}:{}\r\nUser-Agent: tidegate\r\nConnection: close\r\n", spec.address, spec.port)
}

async fn send(stream: &mut TcpStream, bytes: &[u8]) -> Result<(), String> {
    stream.write_all(bytes).await.map_err(|error| error.to_string())
}

async fn status(stream: &mut TcpStream, spec: &Spec) -> Result<(), String> {
    let mut answer = Vec::new();
    let read = async {
        let mut piece = [0; 1024];
        while answer.len() < MAX_ANSWER_BYTES && !answer.contains(&b'\n') {
            match stream.read(&mut piece).await? {
                0 => break,
                count => answer.extend_from_slice(piece.get(..count).unwrap_or_default()),
            }
        }
        Ok::<_, io::Error>(())
    };
    timeout(ANSWER_TIMEOUT, read)
        .await
        .map_err(|_| format!("{} gave no answer within {} s", spec.health, ANSWER_TIMEOUT.as_secs()))?
        .map_err(|error| format!("{}: {error}", spec.health))?;
    let line = String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned();
    let code = line.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1));
    if code == Some("200") { Ok(()) } else { Err(format!("{} answered {line:?} instead of 200", spec.health)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_connection_it_is_can_be_told() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
        let client = std::net::TcpStream::connect(listener.local_addr().expect("address")).expect("connected");
        let (port, from) = (listener.local_addr().expect("address").port(), client.local_addr().expect("address").port());
        assert_eq!(accepted(port, from), None, "nobody has taken it");
        let taken = listener.accept().expect("accepted");
        let inode = accepted(port, from).expect("taken");
        assert!(holds(rustix::process::getpid(), inode));
        drop(taken);
    }
}
