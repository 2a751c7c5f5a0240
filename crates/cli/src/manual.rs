//! `kuvert completions` and `kuvert man`: generated from the commands themselves.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Command;
use clap_complete::Shell;

/// For which shell.
#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Which pages.
#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// Write all pages, one per command, into this folder, which has to exist
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

impl CompletionsArgs {
    /// Writes the script to stdout.
    pub(crate) fn run(self, mut command: Command) -> ExitCode {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "kuvert", &mut script);
        ended(io::stdout().write_all(&script))
    }
}

impl ManArgs {
    /// Writes the page of the whole program to stdout, or all pages into a folder.
    pub(crate) fn run(self, command: Command) -> ExitCode {
        match self.to {
            Some(folder) => {
                let written = clap_mangen::generate_to(command, &folder);
                ended(
                    written.map_err(|error| {
                        io::Error::new(error.kind(), format!("{}: {error}", folder.display()))
                    }),
                )
            }
            None => {
                let mut page = Vec::new();
                let made = clap_mangen::Man::new(command).render(&mut page);
                ended(made.and_then(|()| io::stdout().write_all(&page)))
            }
        }
    }
}

fn ended(done: io::Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Who reads as much as they want, as in `kuvert completions bash | head`, knows.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        Err(error) => {
            // Nobody may be reading; the exit code says it too.
            let _ = writeln!(io::stderr(), "kuvert: {error}");
            ExitCode::FAILURE
        }
    }
}
