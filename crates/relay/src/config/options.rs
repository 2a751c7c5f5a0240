//! The options as data: made from the struct and its doc comments, used for flags, variables and the default file.

use std::fmt::Write;

use confique::Config as _;
use confique::meta::{Expr, FieldKind, LeafKind, Meta};

use super::Config;

/// One option.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigOption {
    /// Its place in the file, as in `tls.certificate`.
    pub key: String,
    /// What it is, in lines.
    pub doc: Vec<String>,
    /// What a value looks like.
    pub kind: OptionKind,
    /// Its default, as the file would have it.
    pub default: Option<String>,
}

/// What a value looks like in a flag or variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionKind {
    /// A text, path, address or word.
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Bool,
    /// Several texts: the flag once for each, or with commas between them, as in a variable.
    List,
}

impl ConfigOption {
    /// Its flag, without the dashes: `tls.certificate` is `tls-certificate`, and a list's flag names one of it.
    pub fn flag(&self) -> String {
        let name = self.key.replace(['.', '_'], "-");
        match (self.kind, name.strip_suffix("ies"), name.strip_suffix('s')) {
            (OptionKind::List, Some(stem), _) => format!("{stem}y"),
            (OptionKind::List, None, Some(one)) => one.to_owned(),
            _ => name,
        }
    }

    /// Its environment variable.
    pub fn variable(&self) -> String {
        format!("KUVERT_{}", self.key.replace('.', "_").to_uppercase())
    }

    /// What it is, in one line.
    pub fn summary(&self) -> String {
        self.doc.join(" ")
    }
}

/// All options, in the order of the file: those without a group first.
pub fn options() -> Vec<ConfigOption> {
    let mut found = Vec::new();
    collect(&Config::META, "", &mut found);
    found
}

fn collect(meta: &Meta, prefix: &str, found: &mut Vec<ConfigOption>) {
    for field in meta.fields {
        let key = format!("{prefix}{}", field.name);
        match field.kind {
            FieldKind::Leaf { kind, .. } => {
                let default = match kind {
                    LeafKind::Required { default } => default,
                    LeafKind::Optional => None,
                };
                let doc = field.doc.iter().map(|line| line.trim().to_owned()).collect();
                found.push(ConfigOption { key, doc, kind: kind_of(default), default: default.map(shown) });
            }
            FieldKind::Nested { meta } => collect(meta, &format!("{key}."), found),
        }
    }
}

fn kind_of(default: Option<Expr>) -> OptionKind {
    match default {
        Some(Expr::Integer(_)) => OptionKind::Number,
        Some(Expr::Bool(_)) => OptionKind::Bool,
        Some(Expr::Array(_)) => OptionKind::List,
        _ => OptionKind::Text,
    }
}

/// A default as TOML.
fn shown(value: Expr) -> String {
    match value {
        Expr::Str(text) => quoted(text),
        Expr::Integer(number) => number.to_string(),
        Expr::Bool(value) => value.to_string(),
        Expr::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| shown(*item)).collect();
            format!("[{}]", items.join(", "))
        }
        // No option is a map or a fraction.
        other => format!("{other:?}"),
    }
}

/// A text as TOML.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// The default file: every option with its documentation, commented out.
pub fn template() -> String {
    let mut text = String::from(
        "# Settings of a Kuvert relay. Every option can also be given by its flag, and in its environment variable;\n\
         # a flag wins over a variable, a variable over this file, this file over the default shown here.\n",
    );
    write_group(&Config::META, "", &mut text);
    text
}

fn write_group(meta: &Meta, prefix: &str, text: &mut String) {
    let mut all = Vec::new();
    collect(meta, prefix, &mut all);
    let own = all.iter().filter(|option| !option.key[prefix.len()..].contains('.'));
    for option in own {
        text.push('\n');
        for line in &option.doc {
            let _ = writeln!(text, "# {line}");
        }
        let _ = writeln!(text, "# (--{}, {})", option.flag(), option.variable());
        let name = &option.key[prefix.len()..];
        let _ = writeln!(text, "#{name} = {}", option.default.as_deref().unwrap_or("\"\""));
    }
    for field in meta.fields {
        if let FieldKind::Nested { meta: group } = field.kind {
            text.push('\n');
            for line in field.doc {
                let _ = writeln!(text, "# {}", line.trim());
            }
            let _ = writeln!(text, "[{prefix}{}]", field.name);
            write_group(group, &format!("{prefix}{}.", field.name), text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_documented_and_named_once() {
        let options = options();
        let mut flags: Vec<String> = options.iter().map(ConfigOption::flag).collect();
        assert!(options.iter().all(|option| !option.summary().is_empty()));
        assert!(flags.contains(&"origin".to_owned()) && flags.contains(&"trusted-proxy".to_owned()));
        assert!(flags.contains(&"tls-certificate".to_owned()));
        flags.sort();
        flags.dedup();
        assert_eq!(flags.len(), options.len());
    }

    #[test]
    fn the_default_file_lists_every_option_and_changes_nothing() {
        let text = template();
        for option in options() {
            assert!(text.contains(&option.doc[0]), "{}", option.key);
            assert!(text.contains(&option.variable()), "{}", option.key);
        }
        // As it is, it sets nothing.
        let plain = super::super::load::parse("kuvert.toml".as_ref(), &text).expect("is read");
        assert!(confique::Layer::is_empty(&plain));
        // With every default uncommented, it sets what is the default.
        let uncommented: Vec<&str> = text
            .lines()
            .filter_map(|line| match line.strip_prefix('#') {
                Some(option) if !option.starts_with(' ') => (!option.ends_with("\"\"")).then_some(option),
                Some(_) => None,
                None => Some(line),
            })
            .collect();
        let layer =
            super::super::load::parse("kuvert.toml".as_ref(), &uncommented.join("\n")).expect("is read");
        let mut config = layer;
        config.data = Some("data".into());
        let config = super::super::load::complete(config).expect("complete without defaults");
        assert_eq!(format!("{config:?}"), format!("{:?}", Config::new("data").expect("defaults")));
    }
}
