//! Password hashing: Argon2id with the parameters of the OWASP password storage guide (19 MiB, 2 passes, 1 lane),
//! which are the crate's defaults. All hashing goes through a [`PasswordPool`], which limits its use of memory and
//! processors.

use std::sync::{Arc, Mutex, PoisonError};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::{
    sync::{AcquireError, Semaphore},
    task::JoinError,
};

use crate::machine::processors;

/// Verified when the account does not exist, so that the response takes the same time as for a wrong password.
const DUMMY_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c21zLWNoYXQtbm9ib2R5$y0QmYQ1l5uS5gGdD3sbmkgxAEmGbqO5j8GxDFx7Wm2M";

/// Maximum number of concurrent hashes on any machine: each uses 19 MiB, so three stay below 60 MiB.
const MAX_THREADS: usize = 3;
/// Maximum number of requests that wait for a hash. With two processors, the last one waits for about two seconds.
const MAX_WAITING: usize = 128;
/// Number of blocks of 1 KiB that are allocated for a hash. glibc maps an allocation of more than 32 MiB by itself, and
/// returns it to the operating system when it is freed; smaller ones stay with the process (`M_MMAP_THRESHOLD` in
/// mallopt(3)). Blocks that are never written take no memory.
const MAPPED_BLOCKS: usize = 33 * 1024;
/// Number of seconds after which a request that finds the pool full should try again.
pub(super) const RETRY_AFTER: u64 = 2;

/// Why a password could not be hashed or verified.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The queue is full.
    #[error("Too many people are signing in at the moment. Try again in a few seconds.")]
    Busy,
    /// Argon2 failed.
    #[error("the password cannot be hashed: {0}")]
    Hash(#[from] argon2::password_hash::Error),
    /// The pool is closed.
    #[error("the password pool is closed: {0}")]
    Closed(#[from] AcquireError),
    /// The thread that hashed the password panicked.
    #[error("the thread that hashed the password failed: {0}")]
    Thread(#[from] JoinError),
}

/// Hashes passwords: one at a time per processor (at most three), with a short queue. Memory is reused while requests
/// wait, and freed after the last one. A request that is dropped leaves the queue. Cheap to clone; all clones share the
/// pool.
#[derive(Clone)]
pub struct PasswordPool {
    // One permit for each request that is hashing or waiting.
    slots: Arc<Semaphore>,
    // Number of slots.
    capacity: usize,
    // One permit for each running hash.
    running: Arc<Semaphore>,
    // Memory that no running hash uses.
    memory: Arc<Mutex<Vec<Vec<Block>>>>,
}

impl std::fmt::Debug for PasswordPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordPool").field("slots", &self.slots).finish_non_exhaustive()
    }
}

impl Default for PasswordPool {
    fn default() -> Self {
        let threads = processors().min(MAX_THREADS);
        Self::new(threads, MAX_WAITING)
    }
}

impl PasswordPool {
    fn new(threads: usize, waiting: usize) -> Self {
        let capacity = threads + waiting;
        Self {
            slots: Arc::new(Semaphore::new(capacity)),
            capacity,
            running: Arc::new(Semaphore::new(threads)),
            memory: Arc::default(),
        }
    }

    /// Returns the hash to store, as a PHC string.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub async fn hash(&self, password: SecretString) -> Result<String, PasswordError> {
        self.run(move |memory| hash(&password, memory)).await?
    }

    /// Whether the password matches the hash. Pass `None` for an account that does not exist: the check then takes the
    /// same time and returns `false`.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub async fn verify(&self, password: SecretString, hash: Option<String>) -> Result<bool, PasswordError> {
        self.run(move |memory| verify(&password, hash.as_deref(), memory)).await
    }

    /// Runs `work` on a blocking thread when it is its turn.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let slot = Arc::clone(&self.slots).try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let thread = Arc::clone(&self.running).acquire_owned().await?;
        let (pool, slots, capacity) = (Arc::clone(&self.memory), Arc::clone(&self.slots), self.capacity);
        let hashed = tokio::task::spawn_blocking(move || {
            let mut memory = pool.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
            let outcome = work(&mut memory);
            let mut unused = pool.lock().unwrap_or_else(PoisonError::into_inner);
            if slots.available_permits() + 1 == capacity {
                // The last one for now: nobody needs the memory soon.
                unused.clear();
            } else {
                unused.push(memory);
            }
            drop(unused);
            // Releases the permits last, so that the next hash finds this one's memory.
            drop((thread, slot));
            outcome
        });
        Ok(hashed.await?)
    }
}

fn hash(password: &SecretString, memory: &mut Vec<Block>) -> Result<String, PasswordError> {
    let mut phc = |salt: [u8; 16]| {
        let argon2 = Argon2::default();
        let salt = Salt::new(&salt)?;
        let output = derive(&argon2, password, &salt, Params::DEFAULT_OUTPUT_LEN, memory)?;
        Ok::<_, argon2::password_hash::Error>(PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(argon2.params())?,
            salt: Some(salt),
            hash: Some(output),
        })
    };
    Ok(phc(rand::random())?.to_string())
}

fn verify(password: &SecretString, hash: Option<&str>, memory: &mut Vec<Block>) -> bool {
    let mut matches = || {
        let stored = PasswordHash::new(hash.unwrap_or(DUMMY_HASH)).ok()?;
        let algorithm = Algorithm::try_from(stored.algorithm.as_str()).ok()?;
        let version = Version::try_from(stored.version?).ok()?;
        let argon2 = Argon2::new(algorithm, version, Params::try_from(&stored).ok()?);
        let (salt, expected) = (stored.salt?, stored.hash?);
        let output = derive(&argon2, password, &salt, expected.len(), memory).ok()?;
        // `Output` compares in constant time.
        Some(output == expected)
    };
    matches().unwrap_or(false) && hash.is_some()
}

/// Computes Argon2's output for a password and a salt. Grows `memory` to the size that the parameters require.
fn derive(
    argon2: &Argon2<'_>,
    password: &SecretString,
    salt: &Salt,
    length: usize,
    memory: &mut Vec<Block>,
) -> Result<Output, argon2::password_hash::Error> {
    let blocks = argon2.params().block_count();
    if memory.len() < blocks {
        memory.reserve_exact(blocks.max(MAPPED_BLOCKS));
        memory.resize(blocks, Block::new());
    }
    let mut buffer = [0; Output::MAX_LENGTH];
    let output = buffer.get_mut(..length).ok_or(argon2::password_hash::Error::OutputSize)?;
    let password = password.expose_secret().as_bytes();
    argon2.hash_password_into_with_memory(password, salt, output, memory.as_mut_slice())?;
    Ok(Output::new(output)?)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[test]
    fn a_hash_verifies_only_its_own_password() {
        let memory = &mut Vec::new();
        let stored = hash(&secret("correct horse"), memory).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_ne!(stored, hash(&secret("correct horse"), memory).unwrap());
        assert!(verify(&secret("correct horse"), Some(&stored), memory));
        assert!(!verify(&secret("correct house"), Some(&stored), memory));
        assert!(!verify(&secret("correct horse"), None, memory));
        assert!(!verify(&secret("correct horse"), Some("no hash"), memory));
        assert_eq!(memory.len(), 19_456, "one block of memory serves all of them");
    }

    #[test]
    fn hashes_of_the_argon2_crate_verify_with_any_parameters() {
        use argon2::PasswordHasher;
        let memory = &mut vec![Block::new(); 19_456];
        let minimal = Params::new(Params::MIN_M_COST, 1, 1, None).unwrap();
        for argon2 in [Argon2::default(), Argon2::new(Algorithm::Argon2id, Version::V0x13, minimal)] {
            let stored = argon2.hash_password(b"correct horse").unwrap().to_string();
            assert!(verify(&secret("correct horse"), Some(&stored), memory));
            assert!(!verify(&secret("correct house"), Some(&stored), memory));
        }
        let dummy = PasswordHash::new(DUMMY_HASH).unwrap();
        assert_eq!(Params::try_from(&dummy).unwrap().block_count(), 19_456);
    }

    #[tokio::test]
    async fn a_full_pool_refuses_and_a_dropped_request_frees_its_slot() {
        let pool = PasswordPool::new(1, 1);
        let (finish, finished) = mpsc::channel::<()>();
        let (start, started) = tokio::sync::oneshot::channel();
        let mut first = Box::pin(pool.run(move |_| {
            let _ = start.send(());
            let _ = finished.recv();
        }));
        tokio::select! {
            _ = &mut first => panic!("the first hash waits for the test"),
            _ = started => {}
        }
        let mut waits = Box::pin(pool.run(|_| "waited"));
        tokio::select! {
            biased;
            _ = &mut waits => panic!("the only thread is taken"),
            () = std::future::ready(()) => {}
        }
        assert!(matches!(pool.run(|_| ()).await, Err(PasswordError::Busy)));
        drop(waits);
        let mut next = Box::pin(pool.run(|_| "its turn"));
        tokio::select! {
            biased;
            _ = &mut next => panic!("the only thread is taken"),
            () = std::future::ready(()) => {}
        }
        finish.send(()).unwrap();
        first.await.unwrap();
        assert_eq!(pool.memory.lock().unwrap().len(), 1, "kept for the next");
        assert_eq!(next.await.unwrap(), "its turn");
        assert_eq!(pool.memory.lock().unwrap().len(), 0, "freed after the last");
    }

    #[tokio::test]
    async fn a_request_that_is_dropped_while_it_hashes_keeps_its_thread_until_the_hash_ends() {
        let pool = PasswordPool::new(1, 0);
        let (finish, finished) = mpsc::channel::<()>();
        let (start, started) = tokio::sync::oneshot::channel();
        let mut first = Box::pin(pool.run(move |_| {
            let _ = start.send(());
            let _ = finished.recv();
        }));
        tokio::select! {
            _ = &mut first => panic!("the first hash waits for the test"),
            _ = started => {}
        }
        drop(first);
        assert!(matches!(pool.run(|_| ()).await, Err(PasswordError::Busy)));
        finish.send(()).unwrap();
        let _ = pool.running.acquire().await.unwrap();
    }
}
