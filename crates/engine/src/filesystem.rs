//! Filesystems on which locks and shared memory cannot be trusted.
#![allow(unsafe_code)]

use std::path::Path;

use memfabric_core::Result;
#[cfg(target_os = "linux")]
use memfabric_core::{Error, ErrorKind};

/// Refuses a directory on a network filesystem.
///
/// # Errors
/// `unsupported`, with the filesystem's name.
#[cfg(target_os = "linux")]
pub(crate) fn check(directory: &Path) -> Result<()> {
    use std::{ffi::CString, mem::MaybeUninit, os::unix::ffi::OsStrExt};
    let Ok(path) = CString::new(directory.as_os_str().as_bytes()) else {
        return Err(Error::new(ErrorKind::InvalidOption, "a path has no NUL characters"));
    };
    let mut found = MaybeUninit::<libc::statfs>::uninit();
    // SAFETY: the path is a live C string, and the kernel fills the structure if it answers 0.
    let magic = unsafe {
        if libc::statfs(path.as_ptr(), found.as_mut_ptr()) != 0 {
            return Ok(());
        }
        found.assume_init().f_type
    };
    match remote(magic as u32) {
        Some(name) => Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "{} is on {name}, where locks between processes cannot be trusted: \
                 choose a local disk, or open it with `allowNetwork` at your own risk",
                directory.display()
            ),
        )),
        None => Ok(()),
    }
}

/// Refuses a directory on a network filesystem, where the system tells.
#[cfg(not(target_os = "linux"))]
pub(crate) fn check(_directory: &Path) -> Result<()> {
    Ok(())
}

/// The name of a filesystem that is remote or may be, by its magic number (statfs(2)).
#[cfg(target_os = "linux")]
fn remote(magic: u32) -> Option<&'static str> {
    Some(match magic {
        0x6969 => "NFS",
        0x517b | 0xff53_4d42 | 0xfe53_4d42 => "SMB",
        0x0102_1997 => "9p",
        0x6573_5546 => "FUSE",
        0x5346_414f => "AFS",
        0x00c3_6400 => "Ceph",
        0x0bd0_0bd0 => "Lustre",
        0x0161_1970 => "GFS2",
        0x7461_636f => "OCFS2",
        _ => return None,
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn remote_filesystems_are_known_by_name() {
        assert_eq!(remote(0x6969), Some("NFS"));
        assert_eq!(remote(0xef53), None);
        check(&std::env::temp_dir()).unwrap();
    }
}
