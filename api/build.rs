//! Makes sure that there is a folder to embed: a server that is built before the single-page app says so when asked
//! for it.

fn main() -> std::io::Result<()> {
    std::fs::create_dir_all("../web/dist")?;
    println!("cargo::rerun-if-changed=../web/dist");
    println!("cargo::rerun-if-changed=../migrations");
    Ok(())
}
