//! `kuvert relay`: runs a relay until it is told to stop.

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use kuvert_relay::{Config, Relay, StartError};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Runs a relay.
#[derive(Debug, clap::Args)]
pub(crate) struct RelayArgs {
    /// Directory in which everything is kept; made if it does not exist
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Address to listen on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// Origin under which devices reach this relay, as in https://relay.example; may be given several times
    #[arg(long = "origin", value_name = "URL")]
    origins: Vec<String>,
    /// Directory of the web app to serve
    #[arg(long, value_name = "DIR")]
    web: Option<PathBuf>,
}

impl RelayArgs {
    /// Runs the relay until SIGTERM or SIGINT, then lets it finish what it began.
    pub(crate) fn run(self) -> ExitCode {
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
        // Another subscriber may be there already; then it gets the lines.
        let _ = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(std::io::stderr().is_terminal())
            .with_writer(std::io::stderr)
            .try_init();
        let config = Config { data: self.data, listen: self.listen, origins: self.origins, web: self.web };
        let runtime = tokio::runtime::Runtime::new().map_err(Failure::from);
        match runtime.and_then(|runtime| runtime.block_on(serve(config))) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                let _ = writeln!(std::io::stderr(), "kuvert relay: {failure}");
                ExitCode::FAILURE
            }
        }
    }
}

/// Why the relay did not run.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the operating system refused a runtime or a signal handler: {0}")]
    System(#[from] std::io::Error),
    #[error(transparent)]
    Start(#[from] StartError),
}

async fn serve(config: Config) -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let relay = Relay::start(config).await?;
    // Nobody may be reading; the relay runs all the same.
    let _ = writeln!(std::io::stdout(), "kuvert relay listening on http://{}", relay.local_addr());
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    relay.stop().await;
    Ok(())
}
