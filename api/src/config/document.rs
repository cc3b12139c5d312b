//! Generates `docs/configuration.md` from the settings' doc comments; a test fails when the file is stale.

use std::fmt::Write;

use clap::{Args, Command};

use super::SettingArgs;

/// The text of `docs/configuration.md`.
#[must_use]
pub fn document() -> String {
    let mut text = String::from(
        "# Configuration\n\n\
         Every setting is an environment variable and a flag of every `sms-chat` command. An invalid value ends the\n\
         command with one line that names the variable, the problem and an example.\n\n\
         <!-- Generated: `cargo test -p api --lib config` checks it, and with UPDATE_DOCS=1 writes it. -->\n\n\
         | Variable | Flag | Meaning |\n|---|---|---|\n",
    );
    for setting in SettingArgs::augment_args(Command::new("sms-chat")).get_arguments() {
        let (Some(variable), Some(flag)) = (setting.get_env(), setting.get_long()) else {
            continue;
        };
        let meaning = setting.get_help().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(text, "| `{}` | `--{flag}` | {meaning} |", variable.to_string_lossy());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generated_document_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, document()).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(written, document(), "run UPDATE_DOCS=1 cargo test -p api --lib config");
    }
}
