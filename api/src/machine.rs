//! What the server takes from the machine: processors, and how glibc allocates memory.

use std::{num::NonZero, thread::available_parallelism};

/// Returns the number of processors that the process may use.
#[must_use]
pub fn processors() -> usize {
    available_parallelism().map_or(1, NonZero::get)
}

/// Lets glibc allocate from one arena for each processor. It would have eight for each, and memory that is freed in one
/// is not used for another. Call it before other threads are started.
#[cfg(target_env = "gnu")]
pub fn limit_arenas() {
    if let Ok(arenas) = i32::try_from(processors()) {
        #[expect(unsafe_code, reason = "`mallopt` only sets a number")]
        // Without success, the process only uses more memory.
        let _ = unsafe { libc::mallopt(libc::M_ARENA_MAX, arenas) };
    }
}

/// Other allocators have no such limit.
#[cfg(not(target_env = "gnu"))]
pub const fn limit_arenas() {}
