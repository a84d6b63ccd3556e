//! A release without its web UI is a mistake that nobody notices until a browser opens it.

use std::path::Path;

#[expect(clippy::disallowed_methods, reason = "what cargo and whoever builds say to a build script stands in the environment")]
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=TIDEGATE_WITHOUT_UI");
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let dist = Path::new(&variable("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).join("ui/dist");
    // Without `..`: a folder that is made after this build must be found under the very name that was compiled in.
    println!("cargo:rustc-env=TIDEGATE_UI_DIST={}", dist.display());
    // A debug build reads the files when they are asked for.
    if variable("PROFILE") != "release" {
        return;
    }
    if dist.join("index.html").is_file() {
        println!("cargo:rerun-if-changed=../ui/dist");
    } else if variable("TIDEGATE_WITHOUT_UI").is_empty() {
        println!(
            "cargo:error=ui/dist is missing: run `npm ci && npm run build` in ui/, or set TIDEGATE_WITHOUT_UI=1 to build without the web UI"
        );
    }
}
