//! Names of countries for error messages. `countries.tsv` contains the English names of the Unicode CLDR by region
//! code.

const NAMES: &str = include_str!("countries.tsv");

/// Describes a number of a region: `a UK number`, `a number in Germany`.
pub(super) fn number_of(region: &str) -> Option<String> {
    let short = match region {
        "GB" => Some("UK"),
        "US" => Some("US"),
        "AE" => Some("UAE"),
        _ => None,
    };
    match short {
        Some(short) => Some(format!("a {short} number")),
        None => Some(format!("a number in {}", name(region)?)),
    }
}

fn name(region: &str) -> Option<&'static str> {
    NAMES
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .find(|(code, _)| *code == region)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use phonenumber::metadata::DATABASE;

    use super::*;

    #[test]
    fn every_region_with_numbers_has_a_name() {
        let unnamed: Vec<&str> = DATABASE
            .iter()
            .map(|region| region.id())
            .filter(|id| *id != "001" && name(id).is_none())
            .collect();
        assert!(unnamed.is_empty(), "{unnamed:?}");
        assert_eq!(number_of("GB").as_deref(), Some("a UK number"));
        assert_eq!(number_of("NL").as_deref(), Some("a number in the Netherlands"));
    }
}
