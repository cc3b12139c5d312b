//! Which files may use Diesel, actix-web and the problem type of responses. A text search is enough: no rule has
//! exceptions for single lines.

use std::ffi::OsStr;
use std::path::Path;

use super::Violation;
use crate::sources::Source;

/// A word that only some files may contain.
struct Boundary {
    word: &'static str,
    /// The folder that the rule applies to, without its tests.
    within: &'static str,
    allowed: fn(&Path) -> bool,
    rule: &'static str,
}

const BOUNDARIES: [Boundary; 3] = [
    Boundary {
        word: "diesel::",
        within: "",
        allowed: may_query,
        rule: "only queries.rs, api/src/search/{sqlite,postgres}.rs and api/src/db/ use Diesel",
    },
    Boundary {
        word: "actix_web",
        within: "api/src",
        allowed: may_serve,
        rule: "only routes.rs, problems.rs, api/src/auth/{cookies,extractor,origin}.rs and api/src/{error,router,router/methods,app,app/request_span,assets,body,openapi,middleware,middleware/cors}.rs use actix-web",
    },
    Boundary {
        word: "ApiError",
        within: "api/src",
        allowed: may_serve,
        rule: "only the HTTP layer uses ApiError: an operation returns an error of its own, which problems.rs maps",
    },
];

/// Returns every place that breaks a rule.
pub(super) fn check(sources: &[Source]) -> Vec<Violation> {
    sources.iter().flat_map(misplaced).collect()
}

fn misplaced(source: &Source) -> Vec<Violation> {
    let mut violations = Vec::new();
    for boundary in &BOUNDARIES {
        if !governed(&source.path, boundary.within) || (boundary.allowed)(&source.path) {
            continue;
        }
        for (index, line) in source.text.lines().enumerate() {
            if !line.trim_start().starts_with("//") && line.contains(boundary.word) {
                violations.push(Violation::new(&source.path, index + 1, boundary.rule));
            }
        }
    }
    violations
}

/// Whether a rule applies to the file: tests, benchmarks and xtask, which contains the words as text, are exempt.
fn governed(path: &Path, within: &str) -> bool {
    path.starts_with(within)
        && !path.starts_with("xtask")
        && !path.components().any(|part| ["tests", "benches"].iter().any(|name| part.as_os_str() == *name))
}

fn may_query(path: &Path) -> bool {
    path.file_name() == Some(OsStr::new("queries.rs"))
        || path.starts_with("api/src/db")
        || path == Path::new("api/src/search/sqlite.rs")
        || path == Path::new("api/src/search/postgres.rs")
}

fn may_serve(path: &Path) -> bool {
    let slices = ["routes.rs", "problems.rs"];
    let single = [
        "error.rs",
        "router.rs",
        "router/methods.rs",
        "app.rs",
        "app/request_span.rs",
        "assets.rs",
        "body.rs",
        "openapi.rs",
        "middleware.rs",
        "middleware/cors.rs",
    ];
    let auth = ["auth/cookies.rs", "auth/extractor.rs", "auth/origin.rs"];
    slices.iter().any(|name| path.file_name() == Some(OsStr::new(name)))
        || single.iter().chain(&auth).any(|name| path == Path::new("api/src").join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<usize> {
        let source = Source { path: path.into(), text: text.to_owned() };
        check(&[source]).into_iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn only_query_files_may_use_diesel() {
        let text = "//! diesel::prelude is not used here\nuse diesel::prelude::*;\n";
        assert_eq!(found("api/src/conversations/reply.rs", text), [2]);
        assert_eq!(found("api/src/conversations/queries.rs", text), [0; 0]);
        assert_eq!(found("api/src/db/writer.rs", text), [0; 0]);
        assert_eq!(found("api/src/search/sqlite.rs", text), [0; 0]);
        assert_eq!(found("api/src/search/routes.rs", text), [2]);
        assert_eq!(found("api/tests/api/support/test_app.rs", text), [0; 0]);
    }

    #[test]
    fn only_http_files_may_use_actix() {
        let text = "use actix_web::web;\n";
        assert_eq!(found("api/src/main.rs", text), [1]);
        assert_eq!(found("api/src/teams/error.rs", text), [1]);
        assert_eq!(found("api/src/teams/routes.rs", text), [0; 0]);
        assert_eq!(found("api/src/auth/session.rs", text), [1]);
        assert_eq!(found("api/src/auth/extractor.rs", text), [0; 0]);
        assert_eq!(found("simulator/src/lib.rs", text), [0; 0]);
    }

    #[test]
    fn only_http_files_may_use_the_problem_type() {
        let text = "use crate::error::ApiError;\n";
        assert_eq!(found("api/src/teams/change.rs", text), [1]);
        assert_eq!(found("api/src/teams/problems.rs", text), [0; 0]);
        assert_eq!(found("api/src/teams/routes.rs", text), [0; 0]);
    }
}
