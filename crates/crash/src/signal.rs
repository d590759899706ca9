//! Signals to processes.
#![allow(unsafe_code)]

/// Ends a process with nothing said: `kill -9`.
pub fn kill(id: u32) {
    send(id, libc::SIGKILL);
}

/// Stops a process where it is.
pub fn stop(id: u32) {
    send(id, libc::SIGSTOP);
}

/// Lets a stopped process go on.
pub fn go_on(id: u32) {
    send(id, libc::SIGCONT);
}

fn send(id: u32, signal: i32) {
    // SAFETY: the call takes two numbers; the process is a child of the caller that was not waited for, so its number is
    // not another's.
    unsafe {
        libc::kill(id as libc::pid_t, signal);
    }
}

/// Runs something in a forked child that shares nothing with this process but a copy of its memory. Answers with its code.
pub fn in_fork(work: impl FnOnce() -> u8) -> Option<i32> {
    // SAFETY: the child runs the closure and ends without unwinding into the caller's frames. It has one thread and takes
    // the locks of the others as they were: the closure must only call what copes with that.
    unsafe {
        match libc::fork() {
            -1 => None,
            0 => {
                let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or(255);
                libc::_exit(i32::from(code))
            }
            child => {
                let mut status = 0;
                if libc::waitpid(child, &raw mut status, 0) != child || !libc::WIFEXITED(status) {
                    return None;
                }
                Some(libc::WEXITSTATUS(status))
            }
        }
    }
}
