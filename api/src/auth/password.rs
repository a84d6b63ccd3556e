//! Passwords, stored as Argon2id in PHC format.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use engine::ports::Ids;
use tokio::sync::Semaphore;

use crate::problem::{Code, Problem};

const MIN_CHARACTERS: usize = 12;
const MAX_BYTES: usize = 1_024;
/// Each costs about 20 MiB and some ten milliseconds of a core.
const AT_ONCE: usize = 2;

/// Hashes and checks passwords, a bounded number at once, off the request's thread.
#[derive(Debug)]
pub struct Passwords {
    room: Semaphore,
    /// What a name that does not exist is checked against, so that it takes as long as one that does.
    decoy: String,
}

impl Passwords {
    pub fn new(ids: &dyn Ids) -> Self {
        let decoy = phc(&ids.token(), &ids.token()).unwrap_or_default();
        Self { room: Semaphore::new(AT_ONCE), decoy }
    }

    /// The PHC text to store. Refuses what is too short or absurdly long.
    pub async fn hash(&self, password: &str, ids: &dyn Ids) -> Result<String, Problem> {
        if password.chars().count() < MIN_CHARACTERS || password.len() > MAX_BYTES {
            let detail = format!("the password must have {MIN_CHARACTERS} characters or more, and at most {MAX_BYTES} bytes");
            return Err(Problem::new(Code::Invalid, detail));
        }
        let (password, salt) = (password.to_owned(), ids.token());
        self.aside(move || phc(&password, &salt)).await?
    }

    /// Whether `password` is the one behind `stored`; takes as long when there is no such user.
    pub async fn check(&self, password: &str, stored: Option<&str>) -> Result<bool, Problem> {
        if password.len() > MAX_BYTES {
            return Ok(false);
        }
        let exists = stored.is_some();
        let (password, stored) = (password.to_owned(), stored.unwrap_or(&self.decoy).to_owned());
        let right = self
            .aside(move || {
                let parsed = PasswordHash::new(&stored).ok()?;
                Argon2::default().verify_password(password.as_bytes(), &parsed).ok()
            })
            .await?;
        Ok(exists && right.is_some())
    }

    async fn aside<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let gone = |_| Problem::new(Code::Internal, "the password could not be checked");
        let _permit = self.room.acquire().await.map_err(|_| Problem::new(Code::Draining, "the server is stopping"))?;
        tokio::task::spawn_blocking(work).await.map_err(gone)
    }
}

fn phc(password: &str, salt: &str) -> Result<String, Problem> {
    Argon2::default()
        .hash_password_with_salt(password.as_bytes(), salt.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| Problem::new(Code::Internal, format!("the password could not be hashed: {error}")))
}
