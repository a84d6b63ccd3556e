//! HTTP servers of the test, on a free port of this machine.

use std::net::SocketAddr;

use adapters::egress::{Client, Egress};
use axum::Router;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;

/// Ends with its owner.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(router: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, task }
    }

    /// Answers every request with these bytes, whatever they mean, and closes.
    pub(crate) async fn lying(answer: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = Vec::new();
                while !head.windows(4).any(|window| window == b"\r\n\r\n") {
                    if stream.read_buf(&mut head).await.unwrap_or(0) == 0 {
                        break;
                    }
                }
                // The client may have gone.
                drop(stream.write_all(answer).await);
                drop(stream.shutdown().await);
            }
        });
        Self { address, task }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A port that is taken, but where nobody listens.
#[derive(Debug)]
pub(crate) struct Gone {
    pub(crate) address: SocketAddr,
    _taken: TcpSocket,
}

impl Gone {
    pub(crate) fn new() -> Self {
        let taken = TcpSocket::new_v4().unwrap();
        taken.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self { address: taken.local_addr().unwrap(), _taken: taken }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// May connect to this machine, as in the demo.
pub(crate) fn client() -> Client {
    Client::new(Egress { allow_loopback: true, allow_private: false }).unwrap()
}

/// May connect to public addresses only.
pub(crate) fn public_client() -> Client {
    Client::new(Egress::default()).unwrap()
}
