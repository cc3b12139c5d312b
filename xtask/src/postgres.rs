//! Starts a temporary PostgreSQL cluster for the tests or the benchmark, on a free loopback port. It is removed when
//! xtask ends, even when xtask is killed.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::packages::install;
use crate::process::{capture, command, find, is_root};
use crate::temporary;

/// A shell script that creates and starts the cluster, prints `ready`, and stops the cluster when its input closes. The
/// input closes when `Postgres` is dropped and also when xtask is killed, so no signal needs to be caught. The shell
/// has its own process group, which Ctrl+C does not reach.
///
/// `$1` is the cluster's folder, `$2` the folder of the programs, `$3` the settings; the rest is the prefix of a
/// command that runs as the folder's owner.
const SUPERVISOR: &str = r#"
folder=$1; programs=$2; settings=$3; shift 3
end() {
    "$@" "$programs/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null 2>&1
    cd / && rm -rf "$folder"
}
cd "$folder" &&
"$@" "$programs/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$folder/log" 2>&1 &&
echo "$settings" >>"$folder/data/postgresql.conf" &&
"$@" "$programs/pg_ctl" -D "$folder/data" -l "$folder/server.log" -w -t 60 start >>"$folder/log" 2>&1 </dev/null
if [ $? -eq 0 ]; then echo ready; else cat "$folder/log" "$folder/server.log" >&2; end "$@"; exit 1; fi
while read -r _; do :; done
end "$@"
"#;

/// Settings of every cluster.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
max_connections = 300
shared_buffers = '256MB'
wal_level = minimal
max_wal_senders = 0
log_min_messages = fatal
";

/// What the cluster is for.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    /// Fast, without durability.
    Tests,
    /// A commit survives a killed PostgreSQL, but not a power cut.
    Chaos,
    /// With durability, as in production.
    Bench,
}

impl Purpose {
    fn folder(self) -> PathBuf {
        match self {
            Self::Tests | Self::Chaos => temporary::parent(),
            Self::Bench => std::env::temp_dir(),
        }
    }

    const fn settings(self) -> &'static str {
        match self {
            Self::Tests => {
                "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nmax_wal_size = '128MB'\n"
            }
            Self::Chaos => "fsync = off\nsynchronous_commit = on\nmax_wal_size = '128MB'\n",
            Self::Bench => "fsync = on\nsynchronous_commit = on\n",
        }
    }
}

/// A running cluster. Dropping it stops it and removes its files.
pub(crate) struct Postgres {
    supervisor: Child,
    /// Connects as the superuser.
    pub(crate) url: String,
    /// A shell script that restarts the cluster. Its argument is the mode: `fast` or `immediate`.
    pub(crate) restart_script: String,
}

impl Postgres {
    /// Starts a new cluster, installing PostgreSQL first when it is missing.
    pub(crate) fn start(purpose: Purpose) -> Result<Self> {
        let programs = match programs() {
            Some(programs) => programs,
            None => {
                install(&["postgresql"], "the tests run on PostgreSQL as well as on SQLite")?;
                programs().context("PostgreSQL was installed, but its initdb cannot be found")?
            }
        };
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let folder = purpose.folder().join(format!("sms-chat-postgres-{}", std::process::id()));
        let prefix = owner_prefix(&folder)?;

        let settings = format!(
            "{SETTINGS}{}port = {port}\nunix_socket_directories = '{}'\n",
            purpose.settings(),
            folder.display()
        );
        let restart_script = restart_script(&programs, &folder, &prefix);
        let mut supervisor = Command::new("sh")
            .args(["-c", SUPERVISOR, "supervisor"])
            .args([folder.as_os_str(), programs.as_os_str(), settings.as_ref()])
            .args(prefix)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .context("could not start a shell")?;
        let mut first_line = String::new();
        if let Some(output) = supervisor.stdout.take() {
            BufReader::new(output).read_line(&mut first_line)?;
        }
        let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        let cluster = Self { supervisor, url, restart_script };
        if first_line.trim() != "ready" {
            bail!("PostgreSQL did not start");
        }
        Ok(cluster)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        if let Err(error) = self.supervisor.wait() {
            eprintln!("PostgreSQL may still be running: {error}");
        }
    }
}

/// `prefix` begins a command that runs as the folder's owner, who may have no access to the present folder.
fn restart_script(programs: &Path, folder: &Path, prefix: &[String]) -> String {
    let (programs, folder, prefix) = (programs.display(), folder.display(), prefix.join(" "));
    format!(
        "cd '{folder}' && {prefix} '{programs}/pg_ctl' -D '{folder}/data' -l '{folder}/server.log' -m \"$1\" -w -t 60 \
         restart >/dev/null 2>&1 </dev/null"
    )
}

/// Finds the folder of `initdb` and `pg_ctl`, newest version first. Debian does not put it in `PATH`.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    let initdb = find(&["initdb"], &folders)?;
    // In `PATH`, `initdb` may be a link into the folder of the other programs.
    Some(initdb.canonicalize().ok()?.parent()?.to_path_buf())
}

/// Creates the cluster's folder and returns the prefix of a command that runs as the folder's owner: PostgreSQL refuses
/// to run as root.
fn owner_prefix(folder: &Path) -> Result<Vec<String>> {
    let root = Path::new("/");
    let mut make = command("install", root);
    make.args(["-d", "-m", "700"]);
    let mut prefix = Vec::new();
    if is_root() {
        let known =
            |user: &&str| command("id", root).arg(user).output().is_ok_and(|output| output.status.success());
        let user = ["postgres", "nobody"].into_iter().find(known).context("no user to run PostgreSQL as")?;
        make.args(["-o", user]);
        let group = capture(command("id", root).args(["-g", user]))?;
        prefix = vec![
            "setpriv".to_owned(),
            format!("--reuid={user}"),
            format!("--regid={}", group.trim()),
            "--clear-groups".to_owned(),
        ];
    }
    capture(make.arg(folder))?;
    Ok(prefix)
}
