//! Flags of `kuvert relay`: one for each option of the configuration, made from the options themselves.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, Error, FromArgMatches};
use kuvert_relay::config::{Given, OptionKind, Sources, options};

/// Where the relay's configuration comes from.
#[derive(Debug, Clone)]
pub(super) struct ConfigFlags {
    file: Option<PathBuf>,
    given: Vec<Given>,
}

/// The variable that names the configuration file.
const FILE_VARIABLE: &str = "KUVERT_CONFIG";

impl ConfigFlags {
    /// The flags together with the process's environment.
    pub(super) fn sources(&self) -> Sources {
        Sources { flags: self.given.clone(), ..from_process(self.file.as_deref()) }
    }
}

/// The process's environment, and the file that is given or named there.
pub(super) fn from_process(file: Option<&Path>) -> Sources {
    // A value that is not Unicode cannot be an option's.
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let file = file.map(Path::to_owned).or_else(|| std::env::var_os(FILE_VARIABLE).map(PathBuf::from));
    Sources { flags: Vec::new(), environment, file: file.filter(|file| !file.as_os_str().is_empty()) }
}

impl clap::Args for ConfigFlags {
    fn augment_args(command: Command) -> Command {
        let file = Arg::new("config")
            .long("config")
            .value_name("FILE")
            .value_parser(clap::value_parser!(PathBuf))
            .help(format!(
                "File with settings; `kuvert relay config` prints the default one [{FILE_VARIABLE}]"
            ));
        options().iter().fold(command.arg(file), |command, option| {
            let list = option.kind == OptionKind::List;
            let value = match option.kind {
                OptionKind::Number => "NUMBER",
                OptionKind::Bool => "BOOL",
                OptionKind::Text | OptionKind::List => "VALUE",
            };
            let default = option.default.as_deref().map(|default| format!(" [default: {default}]"));
            let first = option.summary();
            let first = first.split_inclusive(". ").next().unwrap_or_default().trim().trim_end_matches('.');
            let arg = Arg::new(option.key.clone())
                .long(option.flag())
                .value_name(value)
                .action(if list { ArgAction::Append } else { ArgAction::Set })
                .help(format!("{first}{}", default.unwrap_or_default()));
            // A switch by itself is on.
            let is_switch = option.kind == OptionKind::Bool;
            command.arg(if is_switch { arg.num_args(0..=1).default_missing_value("true") } else { arg })
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for ConfigFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let given = options().into_iter().filter_map(|option| {
            let values: Vec<String> = matches.get_many::<String>(&option.key)?.cloned().collect();
            Some(Given { key: option.key, values })
        });
        Ok(Self { file: matches.get_one::<PathBuf>("config").cloned(), given: given.collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
