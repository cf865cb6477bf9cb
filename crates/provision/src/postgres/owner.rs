//! Who runs the server: ourselves, or the user `postgres` when we are root, as Postgres refuses to run as root.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::on_path;

/// The user that Debian's package makes.
const USER: &str = "postgres";

#[derive(Debug)]
pub(super) enum Owner {
    Ourselves,
    /// We are root and step down to this user and group.
    Postgres {
        user: u32,
        group: u32,
    },
}

impl Owner {
    pub(super) fn of_the_server() -> Result<Owner> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Owner::Ourselves);
        }
        on_path("setpriv").context("setpriv is needed to run Postgres when root: apt-get install util-linux")?;
        let (user, group) = (id_of("-u")?, id_of("-g")?);
        Ok(Owner::Postgres { user, group })
    }

    /// A new temporary folder that the server may use.
    pub(super) fn new_folder(&self) -> Result<PathBuf> {
        let folder = unused_folder()?;
        if let Owner::Postgres { user, group } = self {
            chown(&folder, Some(*user), Some(*group))?;
        }
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
        Ok(folder)
    }

    /// `program`, run as the owner with `folder` as its working directory.
    pub(super) fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = match self {
            Owner::Ourselves => Command::new(program),
            Owner::Postgres { user, group } => {
                let mut command = Command::new("setpriv"); // it becomes the program, so the process id is the program's
                command.arg(format!("--reuid={user}")).arg(format!("--regid={group}")).args(["--clear-groups", "--"]).arg(program);
                command
            }
        };
        command.current_dir(folder);
        command
    }
}

fn unused_folder() -> Result<PathBuf> {
    for number in 0.. {
        let folder = std::env::temp_dir().join(format!("ensue-postgres-{}-{number}", std::process::id()));
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(why) if why.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(why) => return Err(why).with_context(|| format!("cannot make {}", folder.display())),
        }
    }
    unreachable!("there are more numbers than folders")
}

fn id_of(which: &str) -> Result<u32> {
    let output = Command::new("id").args([which, USER]).output().context("cannot run id")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.trim().parse().with_context(|| format!("as root, Postgres runs as the user {USER}, and there is none"))
}
