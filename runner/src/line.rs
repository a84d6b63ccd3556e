//! The line between the agent and one of its supervisors: a pair of sockets. The agent gives an attempt, with the lock that
//! says that somebody works on it; the supervisor says when it is free for another. The end of either is the end of the line.

use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, recvmsg,
    sendmsg,
};

use crate::journal::Folder;

/// The agent's end.
#[derive(Debug)]
pub(crate) struct Line {
    socket: tokio::net::UnixStream,
}

/// The supervisor's end: its standard input.
#[derive(Debug)]
pub(crate) struct Receiver {
    socket: UnixStream,
}

/// Longer than any path.
const MESSAGE_BYTES: usize = 8 * 1024;

impl Line {
    /// The agent's end, and what becomes the supervisor's standard input.
    pub(crate) fn pair() -> io::Result<(Self, OwnedFd)> {
        let (own, other) = UnixStream::pair()?;
        own.set_nonblocking(true)?;
        Ok((Self { socket: tokio::net::UnixStream::from_std(own)? }, other.into()))
    }

    /// Gives an attempt to a supervisor that is free. What was given is received even if this process ends now; until then the lock
    /// is on its way, and nobody else gets it.
    pub(crate) fn give(&self, folder: &Folder, lock: &File) -> io::Result<()> {
        let message = folder.path().as_os_str().as_bytes();
        let locks = [lock.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut beside = SendAncillaryBuffer::new(&mut space);
        beside.push(SendAncillaryMessage::ScmRights(&locks));
        let sent = sendmsg(&self.socket, &[IoSlice::new(message)], &mut beside, SendFlags::NOSIGNAL)?;
        if sent == message.len() { Ok(()) } else { Err(io::Error::other("only a part of the message could be sent")) }
    }

    /// Waits until the supervisor is done with what it was given. False when it takes nothing more.
    pub(crate) async fn is_free_again(&self) -> bool {
        loop {
            if self.socket.readable().await.is_err() {
                return false;
            }
            match self.socket.try_read(&mut [0]) {
                Ok(count) => return count > 0,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return false,
            }
        }
    }
}

impl Receiver {
    pub(crate) fn from_stdin() -> io::Result<Self> {
        Ok(Self { socket: io::stdin().as_fd().try_clone_to_owned()?.into() })
    }

    /// Waits for an attempt: its folder and its lock. None when the agent has no more, or is gone.
    pub(crate) fn receive(&self) -> io::Result<Option<(PathBuf, OwnedFd)>> {
        let mut message = vec![0; MESSAGE_BYTES];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut beside = RecvAncillaryBuffer::new(&mut space);
        let received =
            rustix::io::retry_on_intr(|| recvmsg(&self.socket, &mut [IoSliceMut::new(&mut message)], &mut beside, RecvFlags::CMSG_CLOEXEC));
        let received = match received {
            Err(rustix::io::Errno::CONNRESET) => return Ok(None),
            other => other?,
        };
        if received.bytes == 0 {
            return Ok(None);
        }
        let lock = beside.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut locks) => locks.next(),
            _ => None,
        });
        let is_whole = received.bytes < MESSAGE_BYTES && !received.flags.contains(ReturnFlags::CTRUNC);
        let lock =
            lock.filter(|_| is_whole).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "an attempt came without its lock"))?;
        message.truncate(received.bytes);
        Ok(Some((PathBuf::from(std::ffi::OsStr::from_bytes(&message)), lock)))
    }

    /// Asks for another attempt. False when the agent is gone.
    pub(crate) fn say_free(&self) -> bool {
        (&self.socket).write_all(b"!").is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn ends() -> (Line, Receiver) {
        let (line, other) = Line::pair().expect("a pair");
        (line, Receiver { socket: other.into() })
    }

    #[tokio::test]
    async fn r2_a_lock_that_is_on_its_way_belongs_to_nobody_else_and_outlives_the_giver() {
        let folder = tempfile::tempdir().expect("temp");
        let attempt = Folder::at(&folder.path().join("an attempt"), folder.path());
        std::fs::create_dir(attempt.path()).expect("folder");
        let (line, receiver) = ends();
        let lock = attempt.try_lock().expect("lock").expect("free");
        line.give(&attempt, &lock).expect("given");
        drop((line, lock));
        assert!(attempt.try_lock().expect("lock").is_none(), "it is on its way");
        let (path, lock) = receiver.receive().expect("received").expect("an attempt");
        assert_eq!(path, attempt.path());
        assert!(attempt.try_lock().expect("lock").is_none(), "the receiver has it");
        drop(lock);
        assert!(attempt.try_lock().expect("lock").is_some());
        assert!(receiver.receive().expect("received").is_none(), "the giver is gone");
        assert!(!receiver.say_free());
    }

    #[tokio::test]
    async fn a_supervisor_that_went_without_a_word_is_not_free_and_its_attempt_is_unlocked() {
        let folder = tempfile::tempdir().expect("temp");
        let attempt = Folder::at(folder.path(), Path::new("/"));
        let (line, receiver) = ends();
        assert!(receiver.say_free());
        assert!(line.is_free_again().await);
        let lock = attempt.try_lock().expect("lock").expect("free");
        line.give(&attempt, &lock).expect("given");
        drop((receiver, lock));
        assert!(!line.is_free_again().await);
        assert!(attempt.try_lock().expect("lock").is_some());
        assert!(line.give(&attempt, &attempt.try_lock().expect("lock").expect("free")).is_err());
    }
}
