//! Input and output: everything that asks the world.
//!
//! Nothing here judges what it brings back. Every request ends inside the one deadline of
//! [`http::Network`], and none changes anything.

pub mod cluster;
mod files;
mod gather;
pub mod http;
mod issuers;
mod live;
pub mod names;
mod programs;
pub mod provider;
pub mod proxy;
mod raw;
mod surroundings;
#[cfg(test)]
pub(crate) mod testing;
pub mod tls;
mod tokens;
mod wishes;

pub use files::{input, keep, text};
pub use gather::{InputError, gather};
pub use surroundings::Surroundings;
pub use wishes::{TokenInput, Wishes};

use std::future::Future;
use std::io;

/// Runs the collecting to its end, and leaves behind what still hangs: a name lookup that nobody
/// answers must not hold up the program after the deadline.
///
/// # Errors
/// When the system refuses the means to wait for input (file descriptors, say).
pub fn drive<F: Future>(collecting: F) -> io::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(collecting);
    runtime.shutdown_background();
    Ok(result)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    #[test]
    fn what_hangs_is_left_behind() {
        let begun = Instant::now();
        let result = super::drive(async {
            tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_secs(5)));
            tokio::time::sleep(Duration::from_millis(20)).await;
            7
        });
        assert_eq!(result.ok(), Some(7));
        assert!(begun.elapsed() < Duration::from_secs(2));
    }
}
