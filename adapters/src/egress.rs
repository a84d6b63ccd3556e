//! Where this server may connect to on behalf of a pipeline: checked on the address that is connected to, after the
//! name was looked up, so that no name can lead to the machine's own credentials.

use std::error::Error as StdError;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Method, RequestBuilder, Response, redirect};
use thiserror::Error;
use url::{Host, Url};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Addresses beyond the public internet that may be connected to.
///
/// Those that hand out a machine's credentials (link-local ones, and what clouds use beside them) never may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Egress {
    /// 127.0.0.0/8 and `::1`: this machine.
    pub allow_loopback: bool,
    /// 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10 and fc00::/7: one's own network.
    pub allow_private: bool,
}

impl Egress {
    /// # Errors
    /// When the address may not be connected to, with the reason.
    pub fn check(self, address: IpAddr) -> Result<(), Refused> {
        let address = embedded(address);
        match place(address) {
            Place::Public => Ok(()),
            Place::Loopback if self.allow_loopback => Ok(()),
            Place::Private if self.allow_private => Ok(()),
            Place::Loopback => Err(Refused { address, why: "this machine; egress.allow_loopback permits it" }),
            Place::Private => Err(Refused { address, why: "a private network; egress.allow_private permits it" }),
            Place::Never => Err(Refused { address, why: "link-local, a cloud's metadata or no single host, which is never permitted" }),
        }
    }
}

/// An address that [`Egress`] does not permit.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{address} may not be connected to: {why}")]
pub struct Refused {
    address: IpAddr,
    why: &'static str,
}

#[derive(Debug, Error)]
#[error("no HTTP client could be made: {0}")]
pub struct ClientError(#[source] reqwest::Error);

/// An HTTP client that keeps to an [`Egress`]. It follows no redirect and uses no proxy.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    egress: Egress,
}

/// Why a request has no answer.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// It was not sent, or this machine could not send it: says nothing about the other side.
    #[error("{0}")]
    Here(String),
    /// The other side did not answer, or broke off.
    #[error("{0}")]
    There(String),
}

impl Client {
    /// # Errors
    /// When the machine has no usable certificates or TLS cannot be set up.
    pub fn new(egress: Egress) -> Result<Self, ClientError> {
        Self::build(egress, 0)
    }

    /// One that keeps connections for a while: for a service of one address that is asked often.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn keeping_connections(egress: Egress) -> Result<Self, ClientError> {
        Self::build(egress, 4)
    }

    fn build(egress: Egress, idle: usize) -> Result<Self, ClientError> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("tidegate/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            // A monitor must see whether connections are accepted. Each connection is checked when it is made.
            .pool_max_idle_per_host(idle)
            .dns_resolver(Arc::new(Resolver { egress }))
            .build()
            .map_err(ClientError)?;
        Ok(Self { http, egress })
    }

    /// A request that the resolver cannot check, because it names an address, is checked here.
    pub(crate) fn request(&self, method: Method, url: &str) -> Result<RequestBuilder, Failure> {
        let url = Url::parse(url).map_err(|error| Failure::Here(format!("this is no URL: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Failure::Here(format!("the scheme is {:?}, but must be http or https", url.scheme())));
        }
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return Err(Failure::Here("the URL names no host".to_owned())),
        };
        if let Some(address) = literal {
            self.egress.check(address).map_err(|refused| Failure::Here(refused.to_string()))?;
        }
        Ok(self.http.request(method, url))
    }
}

/// Tells what a failed request says about the other side.
pub(crate) fn failure(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let builder = error.is_builder();
    let mut here = builder;
    let mut deepest: &(dyn StdError + 'static) = &error;
    loop {
        if deepest.is::<Refused>() || deepest.is::<Unresolved>() || deepest.downcast_ref::<io::Error>().is_some_and(is_ours) {
            here = true;
        }
        match deepest.source() {
            Some(cause) => deepest = cause,
            None => break,
        }
    }
    let text = deepest.to_string();
    if here { Failure::Here(text) } else { Failure::There(text) }
}

/// Reads at most `limit` bytes of a body; more is not waited for.
pub(crate) async fn body(mut response: Response, limit: usize) -> Result<Bytes, Failure> {
    let mut read = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(failure)? {
        let room = limit - read.len();
        read.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() >= room {
            break;
        }
    }
    Ok(read.freeze())
}

/// No route, no descriptor, no port: this machine's trouble.
fn is_ours(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let ours = [Errno::NETUNREACH, Errno::NETDOWN, Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM, Errno::ADDRNOTAVAIL];
    Errno::from_io_error(error).is_some_and(|error| ours.contains(&error))
}

struct Resolver {
    egress: Egress,
}

#[derive(Debug, Error)]
#[error("the name {name} cannot be looked up: {cause}")]
struct Unresolved {
    name: String,
    cause: io::Error,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let egress = self.egress;
        Box::pin(async move {
            let name = name.as_str().to_owned();
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map(Iterator::collect::<Vec<SocketAddr>>);
            let found = found.map_err(|cause| Unresolved { name, cause })?;
            let mut permitted = Vec::new();
            let mut refused = None;
            for address in found {
                match egress.check(address.ip()) {
                    Ok(()) => permitted.push(address),
                    Err(error) => refused = Some(error),
                }
            }
            match refused {
                Some(error) if permitted.is_empty() => Err(error.into()),
                _ => Ok(Box::new(permitted.into_iter()) as Addrs),
            }
        })
    }
}

enum Place {
    Public,
    Private,
    Loopback,
    Never,
}

fn place(address: IpAddr) -> Place {
    match address {
        IpAddr::V4(address) => place_v4(address),
        IpAddr::V6(address) => place_v6(address),
    }
}

fn place_v4(address: Ipv4Addr) -> Place {
    /// Beside 169.254.169.254: Alibaba's and Oracle's metadata, Azure's wire server.
    const METADATA: [Ipv4Addr; 3] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192), Ipv4Addr::new(168, 63, 129, 16)];
    let [a, b, ..] = address.octets();
    if address.is_link_local() || address.is_multicast() || a >= 240 || METADATA.contains(&address) {
        Place::Never
    } else if address.is_loopback() || a == 0 {
        // 0.0.0.0 connects to this machine.
        Place::Loopback
    } else if address.is_private() || (a == 100 && b & 0xc0 == 64) {
        Place::Private
    } else {
        Place::Public
    }
}

fn place_v6(address: Ipv6Addr) -> Place {
    let [first, second, ..] = address.segments();
    // fd00:ec2::/32 is where AWS keeps instance metadata and pod credentials.
    if address.is_unicast_link_local() || address.is_multicast() || (first, second) == (0xfd00, 0x0ec2) {
        Place::Never
    } else if address.is_loopback() || address.is_unspecified() {
        Place::Loopback
    } else if address.is_unique_local() || first & 0xffc0 == 0xfec0 {
        Place::Private
    } else {
        Place::Public
    }
}

/// The IPv4 address inside an IPv6 one: mapped (`::ffff:0:0/96`), compatible (`::/96`), NAT64 (RFC 6052) and 6to4 (RFC 3056).
fn embedded(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let [a, b, c, d, e, f, g, h] = v6.segments();
    let of = |high: u16, low: u16| IpAddr::V4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => of(g, h),
        [0, 0, 0, 0, 0, 0] if g != 0 => of(g, h),
        [0x2002, high, low, ..] => of(high, low),
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Egress = Egress { allow_loopback: true, allow_private: true };
    const NONE: Egress = Egress { allow_loopback: false, allow_private: false };

    fn permits(egress: Egress, address: &str) -> bool {
        egress.check(address.parse().unwrap()).is_ok()
    }

    #[test]
    fn a_machines_credentials_are_never_in_reach() {
        for address in [
            "169.254.169.254",
            "169.254.170.2",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "fe80::1",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "::169.254.169.254",
            "100.100.100.200",
            "168.63.129.16",
            "224.0.0.1",
            "255.255.255.255",
            "ff02::1",
        ] {
            assert!(!permits(ALL, address), "{address}");
        }
    }

    #[test]
    fn this_machine_and_ones_own_network_are_permitted_by_configuration_only() {
        for address in ["127.0.0.1", "127.8.8.8", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1"] {
            assert!(!permits(Egress { allow_loopback: false, ..ALL }, address), "{address}");
            assert!(permits(Egress { allow_private: false, ..ALL }, address), "{address}");
        }
        for address in ["10.1.2.3", "172.31.0.1", "192.168.1.1", "100.64.0.1", "fd12::1", "::ffff:10.0.0.1"] {
            assert!(!permits(Egress { allow_private: false, ..ALL }, address), "{address}");
            assert!(permits(Egress { allow_loopback: false, ..ALL }, address), "{address}");
        }
        for address in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111"] {
            assert!(permits(NONE, address), "{address}");
        }
    }
}
