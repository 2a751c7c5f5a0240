//! `kuvert relay`: runs a relay until it is told to stop, and commands for its operator.

mod flags;
mod operate;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use kuvert_relay::admin::AdminError;
use kuvert_relay::config::{LogFormat, template};
use kuvert_relay::{BackupError, Config, ConfigError, Relay, StartError, WebFile};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use flags::ConfigFlags;

/// Exit code where the configuration is wrong, as for a wrong command line.
const BAD_CONFIG: u8 = 2;

/// Runs a relay.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct RelayArgs {
    #[command(subcommand)]
    command: Option<RelayCommand>,
    #[command(flatten)]
    flags: ConfigFlags,
}

#[derive(Debug, Subcommand)]
enum RelayCommand {
    /// Print the configuration file with every option, its documentation and its default
    Config,
    /// Print what is stored, in counts and sizes
    Inspect(operate::Inspect),
    /// Write all that is stored into one file, whether or not the relay runs
    Backup(operate::Backup),
    /// Fill an empty data directory from a backup
    Restore(operate::Restore),
    /// Make codes that let somebody create one inbox each, where registration is by invitation
    Invite(operate::Invite),
}

impl RelayArgs {
    /// Runs the command; without one, the relay until SIGTERM or SIGINT, which then finishes what it began.
    pub(crate) fn run(self) -> ExitCode {
        let done = match self.command {
            None => run_relay(&self.flags),
            Some(RelayCommand::Config) => {
                std::io::stdout().write_all(template().as_bytes()).map_err(Failure::Output)
            }
            Some(RelayCommand::Inspect(command)) => command.run(),
            Some(RelayCommand::Backup(command)) => command.run(),
            Some(RelayCommand::Restore(command)) => command.run(),
            Some(RelayCommand::Invite(command)) => command.run(),
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                let _ = writeln!(std::io::stderr(), "kuvert relay: {failure}");
                failure.exit_code()
            }
        }
    }
}

/// Why the command did not do its work.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the operating system refused a runtime or a signal handler: {0}")]
    System(#[from] std::io::Error),
    #[error("the result cannot be written: {0}")]
    Output(std::io::Error),
    #[error("{}: {source}", file.display())]
    File { file: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Admin(#[from] AdminError),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Start(#[from] StartError),
}

impl Failure {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Config(_) | Self::Start(StartError::Config(_)) => ExitCode::from(BAD_CONFIG),
            _ => ExitCode::FAILURE,
        }
    }
}

fn run_relay(flags: &ConfigFlags) -> Result<(), Failure> {
    let config = Config::load(&flags.sources())?;
    log_to_stderr(&config);
    tokio::runtime::Runtime::new()?.block_on(serve(config))
}

fn log_to_stderr(config: &Config) {
    // RUST_LOG is for developers: it says more about less than the level of the configuration.
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(config.log.level.as_str()));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Another subscriber may be there already; then it gets the lines.
    let _ = match config.log.format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
}

/// The web app that is a part of this program, if there was one when it was built.
fn web_app() -> Vec<WebFile> {
    let file = |file: &kuvert_site::File| WebFile {
        path: file.path,
        bytes: file.bytes,
        is_brotli: file.is_brotli,
        tag: file.tag,
    };
    kuvert_site::FILES.iter().map(file).collect()
}

async fn serve(config: Config) -> Result<(), Failure> {
    let scheme = if config.tls.certificate.is_some() { "https" } else { "http" };
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    if config.web.is_none() && !config.no_web && kuvert_site::FILES.is_empty() {
        tracing::warn!(
            "no web app: this program was built without it. `cargo xtask wasm` makes it, for the next build or for --web target/web"
        );
    }
    let relay = Relay::start_with(config, web_app()).await?;
    // Nobody may be reading; the relay runs all the same.
    let _ = writeln!(std::io::stdout(), "kuvert relay listening on {scheme}://{}", relay.local_addr());
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hang_up.recv() => relay.reload(),
        }
    }
    relay.stop().await;
    Ok(())
}
