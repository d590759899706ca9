//! What SQLite and the system report, as kinds that say what the caller can do.

use std::{io, path::Path};

use memfabric_core::{Error, ErrorKind};
use rusqlite::ffi::{self, ErrorCode};

/// The error for a failure of the database.
pub(crate) fn sqlite(error: rusqlite::Error) -> Error {
    let extended = error.sqlite_error().map(|error| error.extended_code);
    let (kind, advice) = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => (ErrorKind::Full, FULL),
        // The shared memory beside the database could not grow.
        Some(ErrorCode::SystemIoFailure) if extended == Some(ffi::SQLITE_IOERR_SHMSIZE) => (ErrorKind::Full, FULL),
        // A statement of ours does not fit the tables, or a row does not fit it.
        _ if is_misfit(&error) => (ErrorKind::Corrupt, DAMAGED),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch) => {
            (ErrorKind::Corrupt, DAMAGED)
        }
        Some(ErrorCode::NotADatabase) => {
            (ErrorKind::Corrupt, "the directory holds a file that is not a memfabric store: choose another directory")
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied) => {
            (ErrorKind::ReadOnly, "the store cannot be written: check the permissions of its directory")
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            (ErrorKind::Locked, "another program holds the store: try again")
        }
        Some(ErrorCode::CannotOpen | ErrorCode::SystemIoFailure) => {
            (ErrorKind::Unavailable, "the store cannot be reached: check its directory and disk")
        }
        _ => (ErrorKind::Unavailable, "the store failed"),
    };
    Error::new(kind, format!("{advice} ({error})"))
}

const FULL: &str = "the disk is full: free some space and try again";

const DAMAGED: &str = "the store is damaged: restore a backup, or move the directory away";

fn is_misfit(error: &rusqlite::Error) -> bool {
    use rusqlite::Error::{
        FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, QueryReturnedNoRows, SqlInputError,
        SqliteFailure, Utf8Error,
    };
    match error {
        SqlInputError { .. }
        | FromSqlConversionFailure(..)
        | IntegralValueOutOfRange(..)
        | InvalidColumnType(..)
        | QueryReturnedNoRows
        | Utf8Error(..) => true,
        SqliteFailure(_, Some(text)) => {
            ["no such table", "table ", "unsupported file format"].iter().any(|start| text.starts_with(start))
        }
        _ => false,
    }
}

/// The error for a commit that failed. After some failures the write-ahead log may hold all of it, and give it back when it
/// is recovered.
pub(crate) fn commit(error: rusqlite::Error) -> Error {
    let unclear = error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure);
    let error = sqlite(error);
    if unclear || error.kind() == ErrorKind::Unavailable { error.maybe_committed() } else { error }
}

/// The error for a failure of the system.
pub(crate) fn io(error: &io::Error, path: &Path) -> Error {
    let (kind, advice) = match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            (ErrorKind::ReadOnly, "cannot be written: check its permissions")
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            (ErrorKind::Full, "does not fit on the disk: free some space")
        }
        io::ErrorKind::NotADirectory => (ErrorKind::Unavailable, "lies below a file: choose another directory"),
        _ => (ErrorKind::Unavailable, "cannot be reached"),
    };
    Error::new(kind, format!("{} {advice} ({error})", path.display()))
}

/// The error for a row that no version of this program wrote.
pub(crate) fn corrupt(what: &str) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("the store is damaged: {what}; restore a backup, or move the directory away"),
    )
}

/// Whether the database could not be had just now, and may be in a moment.
pub(crate) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}
