//! A PostgreSQL of the tests' (or the benchmark's) own: fresh, on a spare loopback port, and gone when they are,
//! however they end. Must never touch another cluster on the machine.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::packages::install;
use crate::process::{capture, command, find, is_root};

/// The guardian: a shell in a process group of its own, out of Ctrl+C's reach. It makes and starts the cluster, says
/// so, and waits for its input to end. That happens when we let go of it, and also when we are killed, so that no
/// signal needs to be caught. `$1` folder, `$2` folder of the programs, `$3` settings; the rest are
/// the words before a command that has to run as the folder's owner.
const GUARDIAN: &str = r#"
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

/// What every cluster of ours is set to.
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
    /// Durability is of no use to tests.
    Tests,
    /// A benchmark measures what users get: what is answered is on the disk.
    Bench,
}

impl Purpose {
    const fn settings(self) -> &'static str {
        match self {
            Self::Tests => "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n",
            Self::Bench => "fsync = on\nsynchronous_commit = on\n",
        }
    }
}

/// A running cluster; dropping it stops it and removes its files.
pub(crate) struct Postgres {
    guardian: Child,
    /// Where the tests reach it, as its superuser.
    pub(crate) url: String,
}

impl Postgres {
    /// Starts a new cluster, installing PostgreSQL first when it is missing.
    pub(crate) fn start(purpose: Purpose) -> Result<Self> {
        let programs = match programs() {
            Some(programs) => programs,
            None => {
                install(&["postgresql"], "the tests run on PostgreSQL as well as on SQLite")?;
                programs().context("PostgreSQL was installed, but its initdb is nowhere to be found")?
            }
        };
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let folder = std::env::temp_dir().join(format!("sms-chat-postgres-{}", std::process::id()));
        let user = user(&folder)?;

        let settings = format!(
            "{SETTINGS}{}port = {port}\nunix_socket_directories = '{}'\n",
            purpose.settings(),
            folder.display()
        );
        let mut guardian = Command::new("sh")
            .args(["-c", GUARDIAN, "guardian"])
            .args([folder.as_os_str(), programs.as_os_str(), settings.as_ref()])
            .args(user)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .context("could not start a shell")?;
        let mut said = String::new();
        if let Some(output) = guardian.stdout.take() {
            BufReader::new(output).read_line(&mut said)?;
        }
        let cluster = Self { guardian, url: format!("postgres://postgres@127.0.0.1:{port}/postgres") };
        if said.trim() != "ready" {
            bail!("PostgreSQL did not start");
        }
        Ok(cluster)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.guardian.stdin.take());
        if let Err(error) = self.guardian.wait() {
            eprintln!("PostgreSQL may still be running: {error}");
        }
    }
}

/// The folder of `initdb` and `pg_ctl`. Debian keeps them out of `PATH`; the newest version comes first.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    let initdb = find(&["initdb"], &folders)?;
    // In `PATH` it may be a link to where the others are.
    Some(initdb.canonicalize().ok()?.parent()?.to_path_buf())
}

/// Makes the cluster's folder, and returns the words before a command that run it as the folder's owner: PostgreSQL
/// refuses to be run by root.
fn user(folder: &Path) -> Result<Vec<String>> {
    let root = Path::new("/");
    let mut make = command("install", root);
    make.args(["-d", "-m", "700"]);
    let mut words = Vec::new();
    if is_root() {
        let known =
            |user: &&str| command("id", root).arg(user).output().is_ok_and(|output| output.status.success());
        let user = ["postgres", "nobody"].into_iter().find(known).context("no user to run PostgreSQL as")?;
        make.args(["-o", user]);
        let group = capture(command("id", root).args(["-g", user]))?;
        words = vec![
            "setpriv".to_owned(),
            format!("--reuid={user}"),
            format!("--regid={}", group.trim()),
            "--clear-groups".to_owned(),
        ];
    }
    capture(make.arg(folder))?;
    Ok(words)
}
