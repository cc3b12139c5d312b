//! The single-page app, served by the same binary. A server that was built without the app says so; the tests then
//! check that response, so that they never pass without a check.

use std::path::{Path, PathBuf};

use reqwest::Method;
use shared::ErrorCode::NotFound;

use crate::support::{ApiResponse, Kind, TestApp, run};

/// The app's files at build time; empty when the server was built without the app.
fn files() -> Vec<PathBuf> {
    let mut files = files_below(&folder());
    files.sort();
    files
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/dist")
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

fn is_built() -> bool {
    files().iter().any(|file| file.ends_with("index.html"))
}

#[test]
fn every_path_of_the_app_serves_its_page() {
    run(Kind::Sqlite, async |app: TestApp| {
        for path in ["//", "//index.html", "//conversations/12", "//sign-in", "//closed", "//a/b/c"] {
            let response = app.anonymous.get(path).await;
            if !is_built() {
                let problem = response.problem(NotFound);
                assert!(problem["detail"].as_str().unwrap().contains("without the single-page app"));
                continue;
            }
            assert_eq!(response.status, 200, "{path}");
            assert_eq!(response.header("content-type"), Some("text/html; charset=utf-8"));
            assert_eq!(response.header("cache-control"), Some("no-cache"));
            let policy = response.header("content-security-policy").unwrap();
            for rule in
                ["default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]
            {
                assert!(policy.contains(rule), "{policy}");
            }
            assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
            assert!(response.body.contains("<html"), "{}", response.body);
        }
    });
}

#[test]
fn a_file_with_a_hash_in_its_path_is_cached_forever() {
    run(Kind::Sqlite, async |app: TestApp| {
        let mut hashed = 0;
        for file in files() {
            let name = file.strip_prefix(folder()).unwrap().to_str().unwrap().to_owned();
            let Some((_, extension)) = name.rsplit_once('.') else { continue };
            let kind = match extension {
                "js" => "text/javascript; charset=utf-8",
                "css" => "text/css; charset=utf-8",
                "wasm" => "application/wasm",
                "svg" => "image/svg+xml",
                _ => continue,
            };
            hashed += 1;
            let url = format!("{}/{name}", app.anonymous.url);
            for (accepted, suffix, encoding) in
                [("identity", "", None), ("gzip, br", ".br", Some("br")), ("gzip", ".gz", Some("gzip"))]
            {
                let request = app.anonymous.http.get(&url).header("Accept-Encoding", accepted);
                let response = request.send().await.unwrap();
                assert_eq!(response.status(), 200, "{name}");
                let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap());
                assert_eq!(header("content-type"), Some(kind), "{name}");
                assert_eq!(header("cache-control"), Some("public, max-age=31536000, immutable"));
                assert_eq!(header("content-encoding"), encoding, "{name}");
                assert!(header("vary").unwrap().to_lowercase().contains("accept-encoding"));
                let copy = folder().join(format!("{name}{suffix}"));
                assert_eq!(response.bytes().await.unwrap(), std::fs::read(copy).unwrap(), "{name}");
            }
        }
        assert_eq!(is_built(), hashed > 0);
    });
}

#[test]
fn a_missing_file_is_not_found() {
    run(Kind::Sqlite, async |app: TestApp| {
        for path in [
            "//style-0000000000000000.css",
            "//app-0000000000000000/app.js",
            "//app-0000000000000000/app.wasm",
            "//favicon.ico",
            "//../Cargo.toml",
            "//%2e%2e/Cargo.toml",
            "//..%2fCargo.toml",
            "//a/b.png",
            "//.env",
        ] {
            app.anonymous.get(path).await.problem(NotFound);
        }
    });
}

#[test]
fn a_head_request_for_the_page_has_no_body() {
    run(Kind::Sqlite, async |app: TestApp| {
        let page = app.anonymous.get("//").await;
        let head = ApiResponse::to(app.anonymous.request(Method::HEAD, "//")).await;
        assert_eq!((head.status, head.body.as_str()), (page.status, ""));
        assert_eq!(head.header("content-type"), page.header("content-type"));
    });
}
