//! Takes part in every write to the store's files: what is defined here under the names of the C library is what SQLite and
//! the engine call in this process. Each does what it is named after, then enters it into the record, if there is one.
#![allow(unsafe_code)]

use std::{
    ffi::{CStr, c_char, c_int, c_long, c_void},
    os::unix::ffi::OsStrExt,
    path::PathBuf,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use memfabric_crash::record::{Entry, File, encode, is_durable};

/// Where to, and about what directory.
struct Recorder {
    descriptor: c_int,
    directory: PathBuf,
}

static RECORDER: OnceLock<Option<Recorder>> = OnceLock::new();
static SYNCS: AtomicU64 = AtomicU64::new(1);

/// Begins to record what happens in a directory, if the environment names a file to do it in.
pub(crate) fn start(directory: &std::path::Path) {
    RECORDER.get_or_init(|| {
        let path = std::env::var_os("MEMFABRIC_RECORD")?;
        let path = std::ffi::CString::new(path.as_bytes()).ok()?;
        let flags = libc::O_WRONLY | libc::O_APPEND | libc::O_CREAT | libc::O_CLOEXEC;
        // SAFETY: the path is a live C string.
        let descriptor = unsafe { libc::open(path.as_ptr(), flags, 0o600) };
        assert!(descriptor >= 0, "the record can be opened");
        std::fs::create_dir_all(directory).expect("the directory can be made");
        let directory = std::fs::canonicalize(directory).expect("the directory exists");
        Some(Recorder { descriptor, directory })
    });
}

/// Enters what this process has to say.
pub(crate) fn note(text: &str) {
    if let Some(recorder) = recorder() {
        recorder.enter(&Entry::Note { text: text.to_owned() });
    }
}

fn recorder() -> Option<&'static Recorder> {
    RECORDER.get()?.as_ref()
}

impl Recorder {
    fn enter(&self, entry: &Entry) {
        let bytes = encode(entry);
        // SAFETY: the buffer lives through the call. The plain system call, because `write` is recorded itself.
        let written = unsafe { libc::syscall(libc::SYS_write, self.descriptor, bytes.as_ptr(), bytes.len()) };
        assert_eq!(written, bytes.len() as c_long, "the record takes whole entries");
    }

    /// Enters the files that exist: one that is empty has had no write to tell of it.
    fn enter_empty(&self) {
        use std::os::unix::fs::DirEntryExt;
        for found in std::fs::read_dir(&self.directory).into_iter().flatten().flatten() {
            let name = found.file_name().to_string_lossy().into_owned();
            if is_durable(&name) {
                let file = File { name, inode: found.ino() };
                self.enter(&Entry::Write { file, offset: 0, bytes: Vec::new() });
            }
        }
    }

    /// The file of the store behind a descriptor, or the directory itself.
    fn file(&self, descriptor: c_int) -> Option<File> {
        let path = std::fs::read_link(format!("/proc/self/fd/{descriptor}")).ok()?;
        let name = if path == self.directory {
            ".".to_owned()
        } else {
            path.strip_prefix(&self.directory).ok()?.to_str().filter(|name| is_durable(name))?.to_owned()
        };
        // SAFETY: the structure is plain numbers, and filled if the call answers 0.
        let inode = unsafe {
            let mut found = std::mem::zeroed::<libc::stat>();
            (libc::fstat(descriptor, &raw mut found) == 0).then_some(found.st_ino)?
        };
        Some(File { name, inode })
    }
}

/// Does something that may change the error number, and puts it back.
fn aside(work: impl FnOnce(&Recorder)) {
    if let Some(recorder) = recorder() {
        // SAFETY: the number is this thread's own.
        unsafe {
            let error = *libc::__errno_location();
            work(recorder);
            *libc::__errno_location() = error;
        }
    }
}

/// Enters what was written.
fn written(descriptor: c_int, bytes: *const c_void, count: isize, offset: impl FnOnce() -> i64) {
    if count <= 0 {
        return;
    }
    aside(|recorder| {
        if let Some(file) = recorder.file(descriptor) {
            // SAFETY: the kernel has just read that many bytes from there.
            let bytes = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), count as usize) }.to_vec();
            recorder.enter(&Entry::Write { file, offset: offset() as u64, bytes });
        }
    });
}

fn write_at(descriptor: c_int, bytes: *const c_void, count: usize, offset: i64) -> isize {
    // SAFETY: the arguments are the caller's, and checked by the kernel.
    let count = unsafe { libc::syscall(libc::SYS_pwrite64, descriptor, bytes, count, offset) } as isize;
    written(descriptor, bytes, count, || offset);
    count
}

fn resize(descriptor: c_int, length: i64) -> c_int {
    // SAFETY: as in `write_at`.
    let result = unsafe { libc::syscall(libc::SYS_ftruncate, descriptor, length) } as c_int;
    if result == 0 {
        aside(|recorder| {
            if let Some(file) = recorder.file(descriptor) {
                recorder.enter(&Entry::Resize { file, length: length as u64 });
            }
        });
    }
    result
}

fn sync(descriptor: c_int, call: c_long) -> c_int {
    let token = u64::from(std::process::id()) << 32 | SYNCS.fetch_add(1, Ordering::Relaxed);
    let mut known = false;
    aside(|recorder| {
        if let Some(file) = recorder.file(descriptor) {
            known = true;
            if file.name == "." {
                recorder.enter_empty();
            }
            recorder.enter(&Entry::Syncing { file, token });
        }
    });
    // SAFETY: as in `write_at`.
    let result = unsafe { libc::syscall(call, descriptor) } as c_int;
    if result == 0 && known {
        aside(|recorder| recorder.enter(&Entry::Synced { token }));
    }
    result
}

#[unsafe(no_mangle)]
extern "C" fn write(descriptor: c_int, bytes: *const c_void, count: usize) -> isize {
    // SAFETY: as in `write_at`.
    let count = unsafe { libc::syscall(libc::SYS_write, descriptor, bytes, count) } as isize;
    // SAFETY: the call takes numbers. Nobody else uses the descriptor at the same time.
    written(descriptor, bytes, count, || unsafe { libc::lseek(descriptor, 0, libc::SEEK_CUR) } - count as i64);
    count
}

#[unsafe(no_mangle)]
extern "C" fn pwrite64(descriptor: c_int, bytes: *const c_void, count: usize, offset: i64) -> isize {
    write_at(descriptor, bytes, count, offset)
}

#[unsafe(no_mangle)]
extern "C" fn pwrite(descriptor: c_int, bytes: *const c_void, count: usize, offset: i64) -> isize {
    write_at(descriptor, bytes, count, offset)
}

#[unsafe(no_mangle)]
extern "C" fn ftruncate64(descriptor: c_int, length: i64) -> c_int {
    resize(descriptor, length)
}

#[unsafe(no_mangle)]
extern "C" fn ftruncate(descriptor: c_int, length: i64) -> c_int {
    resize(descriptor, length)
}

#[unsafe(no_mangle)]
extern "C" fn fdatasync(descriptor: c_int) -> c_int {
    sync(descriptor, libc::SYS_fdatasync)
}

#[unsafe(no_mangle)]
extern "C" fn fsync(descriptor: c_int) -> c_int {
    sync(descriptor, libc::SYS_fsync)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
    // SAFETY: as in `write_at`.
    let result = unsafe { libc::syscall(libc::SYS_unlinkat, libc::AT_FDCWD, path, 0) } as c_int;
    if result == 0 {
        aside(|recorder| {
            // SAFETY: the kernel has just read the path.
            let path = std::path::Path::new(std::ffi::OsStr::from_bytes(unsafe { CStr::from_ptr(path) }.to_bytes()));
            let name = path.strip_prefix(&recorder.directory).ok().and_then(std::path::Path::to_str);
            if let Some(name) = name.filter(|name| is_durable(name)) {
                recorder.enter(&Entry::Unlink { name: name.to_owned() });
            }
        });
    }
    result
}
