//! A real SSH server on a port of its own, for the user that runs the test.

use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::blocks::until;

/// Ends with the handle; what it has started and is detached lives on.
#[derive(Debug)]
pub struct Sshd {
    port: u16,
    folder: TempDir,
    process: Child,
}

impl Sshd {
    /// Starts one that takes one key and waits until it listens.
    #[must_use]
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = crate::port::free();
        make_key(&folder.path().join("host"));
        make_key(&folder.path().join("user"));
        let place = folder.path().display();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {place}/host\nAuthorizedKeysFile {place}/user.pub\nPidFile none\nUsePAM no\n\
             StrictModes no\nPermitRootLogin yes\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nMaxStartups 100\n"
        );
        fs::write(folder.path().join("config"), config).expect("written");
        if rustix::process::getuid().is_root() {
            // Debian's server asks for it.
            fs::create_dir_all("/run/sshd").expect("the server's own folder");
        }
        let process = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f", &format!("{place}/config")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path().join("log")).expect("a log"))
            .spawn()
            .expect("the SSH server starts: run `scripts/install sshd`, as make test does");
        until("the SSH server to listen", || std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok());
        Self { port, folder, process }
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The private key that is let in.
    #[must_use]
    pub fn key(&self) -> String {
        read(&self.folder.path().join("user"))
    }

    /// Type and key, as `known_hosts` has them.
    #[must_use]
    pub fn host_key(&self) -> String {
        read(&self.folder.path().join("host.pub")).split(' ').take(2).collect::<Vec<_>>().join(" ")
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _reaped = self.process.wait();
        if std::thread::panicking() {
            eprintln!("--- sshd\n{}", read(&self.folder.path().join("log")));
        }
    }
}

fn make_key(path: &Path) {
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path).status().expect("ssh-keygen runs");
    assert!(made.success(), "a key at {}", path.display());
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("the key's permissions");
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
