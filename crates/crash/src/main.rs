//! The process that the crash tests spawn: `crash-worker write|tail|serve DIRECTORY [words]`.
#[cfg(target_os = "linux")]
mod intercept;
#[cfg(target_os = "linux")]
mod serve;
#[cfg(target_os = "linux")]
mod tail;
#[cfg(target_os = "linux")]
mod write;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [mode, directory, rest @ ..] = &words[..] else { return std::process::ExitCode::from(2) };
    let directory = std::path::Path::new(directory);
    let result = match &**mode {
        "write" => write::run(directory, rest),
        "tail" => tail::run(directory, rest),
        "serve" => serve::run(directory, rest),
        _ => return std::process::ExitCode::from(2),
    };
    match result {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("crash-worker {mode}: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("the crash tests run on Linux only");
}
