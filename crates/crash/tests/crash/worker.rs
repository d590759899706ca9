//! Processes that the tests spawn.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use memfabric_crash::signal;

/// The program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_crash-worker");
/// An answer that takes longer has hung.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A running process. Killed when dropped.
pub(crate) struct Worker {
    child: Child,
    /// Who gets the signals: the child, or its child in a namespace.
    pub(crate) id: u32,
    input: Option<ChildStdin>,
    answers: Receiver<String>,
}

impl Worker {
    /// Starts the program.
    pub(crate) fn spawn<W: AsRef<OsStr>>(mode: &str, directory: &Path, words: impl IntoIterator<Item = W>) -> Worker {
        let mut command = Command::new(PROGRAM);
        command.arg(mode).arg(directory).args(words);
        Worker::run(command)
    }

    /// Starts a servant and lets it open the directory.
    pub(crate) fn serving(directory: &Path) -> Worker {
        let mut worker = Worker::spawn("serve", directory, [""; 0]);
        worker.ok("open");
        worker
    }

    /// Starts a servant with variables in its environment.
    pub(crate) fn serving_with(directory: &Path, words: &[&str], variables: &[(&str, &str)]) -> Worker {
        let mut command = Command::new(PROGRAM);
        command.arg("serve").arg(directory).args(words).envs(variables.iter().copied());
        Worker::run(command)
    }

    /// Starts a command that ends up as the program.
    pub(crate) fn run(mut command: Command) -> Worker {
        Worker::run_command(&mut command)
    }

    /// As [`Worker::run`].
    pub(crate) fn run_command(command: &mut Command) -> Worker {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let (sender, answers) = mpsc::channel();
        thread::spawn(move || {
            // Ends with the process, or with the test.
            output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)).ok();
        });
        Worker { id: child.id(), input: child.stdin.take(), child, answers }
    }

    /// Asks without waiting for the answer.
    pub(crate) fn tell(&mut self, line: &str) {
        let input = self.input.as_mut().expect("not ended");
        writeln!(input, "{line}").and_then(|()| input.flush()).unwrap_or_else(|error| panic!("{line}: {error}"));
    }

    /// The next answer: what was said, or the code and sentence of an error. `None` if the process has ended.
    pub(crate) fn hear(&mut self) -> Option<Result<String, String>> {
        self.hear_within(PATIENCE)
    }

    /// As [`Worker::hear`], with a patience of one's own.
    pub(crate) fn hear_within(&mut self, patience: Duration) -> Option<Result<String, String>> {
        match self.answers.recv_timeout(patience) {
            Ok(line) => Some(match line.split_once(' ') {
                Some(("ok", rest)) => Ok(rest.to_owned()),
                Some(("error", rest)) => Err(rest.to_owned()),
                _ => panic!("not an answer: {line:?}"),
            }),
            Err(mpsc::RecvTimeoutError::Disconnected) => None,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("no answer in {patience:?}"),
        }
    }

    /// Asks and waits for the answer.
    pub(crate) fn ask(&mut self, line: &str) -> Result<String, String> {
        self.tell(line);
        self.hear().unwrap_or_else(|| panic!("the process ended on {line:?}: {:?}", self.child.wait()))
    }

    /// Asks what must succeed.
    pub(crate) fn ok(&mut self, line: &str) -> String {
        self.ask(line).unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    /// Asks what must fail, and answers with the code.
    pub(crate) fn code(&mut self, line: &str) -> String {
        match self.ask(line) {
            Ok(answer) => panic!("{line} succeeded: {answer:?}"),
            Err(error) => error.split(' ').next().unwrap_or_default().to_owned(),
        }
    }

    /// Asks for a number.
    pub(crate) fn number(&mut self, line: &str) -> u64 {
        let answer = self.ok(line);
        answer.parse().unwrap_or_else(|_| panic!("{line}: {answer:?} is not a number"))
    }

    /// `kill -9`, and waits until it is gone.
    pub(crate) fn kill(mut self) {
        self.kill_now();
    }

    fn kill_now(&mut self) {
        signal::kill(self.id);
        self.wait();
    }

    /// Waits until it ends by itself.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("a child can be waited for")
    }

    /// Ends its input and waits until it has ended well.
    pub(crate) fn end(mut self) {
        self.input = None;
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            match self.child.try_wait().expect("a child can be waited for") {
                Some(status) => break status,
                None if Instant::now() > deadline => panic!("the process does not end"),
                None => thread::sleep(Duration::from_millis(2)),
            }
        };
        assert!(status.success(), "the process ended with {status}");
    }

    /// Whether it still runs.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child can be waited for").is_none()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if self.is_running() {
            signal::go_on(self.id);
            self.kill_now();
        }
    }
}

/// A directory of a test, with room beside the memory for files of the test's own.
pub(crate) struct Place {
    pub(crate) root: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Place {
        Place { root: tempfile::tempdir().expect("a temporary directory") }
    }

    /// The memory.
    pub(crate) fn memory(&self) -> PathBuf {
        self.root.path().join("memory")
    }

    /// A file beside it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }
}

/// The state of a process as the system has it, `T` for one that is stopped; `None`: there is no such process any more.
pub(crate) fn state(id: u32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    stat.rsplit(')').next()?.trim_start().chars().next()
}

/// Waits until something is so.
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "after {PATIENCE:?} still not so: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Whether this machine lets a command succeed. If not, says what is therefore not tested.
pub(crate) fn is_possible(what: &str, program: &str, words: &[&str]) -> bool {
    let reason = match Command::new(program).args(words).stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => return true,
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => format!("{program}: {error}"),
    };
    println!("Not tested here: {what}, because this machine does not allow it ({reason}).");
    false
}
