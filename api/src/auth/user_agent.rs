//! Summarises a `User-Agent` header in a few words, such as "Firefox on Windows", so that users recognise their own
//! sessions. The full header is not stored.

/// Browsers by their distinctive token, most specific first: most browsers also name Chrome and Safari.
const BROWSERS: [(&str, &str); 9] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
/// Operating systems, most specific first: Android also names Linux, and an iPhone also names Mac OS X.
const SYSTEMS: [(&str, &str); 7] = [
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];
/// Maximum length of the name of a program that is not a browser, in characters.
const MAX_LENGTH: usize = 40;

/// Returns the browser and operating system, or the name of another program; empty if unknown.
pub(super) fn summary(header: &str) -> String {
    let first = |known: &[(&str, &'static str)]| {
        known.iter().find(|(token, _)| header.contains(token)).map(|(_, name)| *name)
    };
    match (first(&BROWSERS), first(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) => {
            let product = header.split(['/', ' ', '(']).next().unwrap_or_default();
            product.chars().filter(|character| !character.is_control()).take(MAX_LENGTH).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn browsers_and_other_programs_are_recognised() {
        let chrome =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0";
        for (header, expected) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0",
                "Firefox on Windows",
            ),
            (&format!("{chrome} Safari/537.36"), "Chrome on Linux"),
            (&format!("{chrome} Safari/537.36 Edg/141.0"), "Edge on Linux"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15",
                "Safari on macOS",
            ),
            ("curl/8.5.0", "curl"),
            ("python-requests/2.32", "python-requests"),
            ("", ""),
        ] {
            assert_eq!(summary(header), expected);
        }
    }

    proptest! {
        #[test]
        fn a_summary_is_one_short_line(header: String) {
            let summary = summary(&header);
            prop_assert!(summary.chars().count() <= MAX_LENGTH);
            prop_assert!(!summary.contains(char::is_control));
        }
    }
}
