//! Which column holds what: by the team's own mapping, else by the names that such columns usually have. Also what stands
//! between the values. All other columns are key data, in file order.

use std::collections::HashMap;

use shared::{clean::clean_line, daily_file::ColumnMapping};

use super::{
    fault::FileFault,
    records::{MOST_COLUMNS, Malformed, Next, Record, Records},
};

/// What may stand between values.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];
/// The longest name of a column, in characters.
const LONGEST_NAME: usize = 200;

/// What every file must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Needed {
    Reference,
    Name,
    Number,
}

impl Needed {
    pub(super) const ALL: [Needed; 3] = [Needed::Reference, Needed::Name, Needed::Number];

    fn described(self) -> &'static str {
        match self {
            Needed::Reference => "the customer reference number",
            Needed::Name => "the name",
            Needed::Number => "the phone number",
        }
    }

    /// The usual names, lower case and without what is neither letter nor digit; the first ones win over later ones.
    fn usual(self) -> impl Iterator<Item = &'static str> {
        let names = match self {
            Needed::Reference => {
                "ref reference refno refnumber referenceno referencenumber customerref \
                 customerreference customerrefno customerreferenceno customerreferencenumber \
                 customerrefnumber custref clientref clientreference accountref accountreference \
                 accountnumber accountno accountid account acctno acct customerid customernumber \
                 customerno clientid clientnumber id"
            }
            Needed::Name => {
                "name customername clientname fullname customerfullname contactname accountname \
                 accountholder customer client"
            }
            Needed::Number => {
                "number mobile mobilenumber mobileno mobilephone mobilephonenumber customermobile \
                 cell cellphone cellnumber cellphonenumber msisdn sms smsnumber phone phonenumber \
                 phoneno customerphone customerphonenumber telephone telephonenumber telephoneno \
                 tel telno telnumber contactnumber contactno contactphone"
            }
        };
        names.split(' ')
    }

    fn mapped(self, mapping: &ColumnMapping) -> Option<&str> {
        match self {
            Needed::Reference => mapping.reference.as_deref(),
            Needed::Name => mapping.name.as_deref(),
            Needed::Number => mapping.number.as_deref(),
        }
    }
}

/// The columns of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) delimiter: u8,
    /// The line on which it stands.
    pub(super) line: u64,
    /// Every column's name, as it stands in the file; the nameless are called by their place.
    pub(super) names: Vec<String>,
    pub(super) reference: usize,
    pub(super) name: usize,
    pub(super) number: usize,
}

impl Header {
    /// Reads the header at the beginning of a text that holds at least all of it.
    ///
    /// # Errors
    /// Each column that is needed and not there.
    pub(super) fn read(text: &str, mapping: &ColumnMapping) -> Result<Self, Vec<FileFault>> {
        let separator = separator_line(text);
        let named = separator.map(|(_, delimiter)| delimiter);
        let line = separator.map(|(line, _)| line);
        let tries = named.into_iter().chain(DELIMITERS).map(|of| assigned(text, of, line, mapping));
        // Of those that fail, the one with the most columns tells best what is missing.
        let mut failed: Option<Refusal> = None;
        for attempt in tries {
            match attempt {
                Ok(header) => return Ok(header),
                Err(refusal) if failed.as_ref().is_none_or(|best| refusal.columns > best.columns) => {
                    failed = Some(refusal);
                }
                Err(_) => {}
            }
        }
        Err(failed.map(|refusal| refusal.faults).unwrap_or_default())
    }

    /// What a needed column is called in the file.
    pub(super) fn called(&self, needed: Needed) -> &str {
        self.names.get(self.place(needed)).map_or("", String::as_str)
    }

    pub(super) fn place(&self, needed: Needed) -> usize {
        match needed {
            Needed::Reference => self.reference,
            Needed::Name => self.name,
            Needed::Number => self.number,
        }
    }

    /// The places of the three needed columns.
    pub(super) fn needed(&self) -> [usize; 3] {
        [self.reference, self.name, self.number]
    }

    pub(super) fn is_needed(&self, column: usize) -> bool {
        Needed::ALL.into_iter().any(|needed| self.place(needed) == column)
    }

    /// The key data columns, in file order. A name that stands twice is told apart by a number.
    pub(super) fn key_data(&self) -> Vec<String> {
        let mut seen: HashMap<String, usize> = HashMap::new();
        let further = self.names.iter().enumerate().filter(|(column, _)| !self.is_needed(*column));
        further
            .map(|(_, name)| {
                let count = seen.entry(name.to_lowercase()).or_default();
                *count += 1;
                if *count == 1 { name.clone() } else { format!("{name} ({count})") }
            })
            .collect()
    }
}

/// Looks for the end of the header in a text that grows: a line end outside of quotes, below a `sep=` line.
#[derive(Debug, Default)]
pub(super) struct FirstRow {
    looked: usize,
    start: usize,
    quoted: bool,
    after_separator: bool,
}

impl FirstRow {
    /// Whether all of it is there now.
    pub(super) fn is_in(&mut self, text: &[u8]) -> bool {
        let new = text.get(self.looked..).unwrap_or_default();
        for (at, byte) in (self.looked..).zip(new) {
            self.quoted ^= *byte == b'"';
            if *byte != b'\n' || self.quoted {
                continue;
            }
            let row = text.get(self.start..at).unwrap_or_default();
            self.start = at + 1;
            let is_separator = !self.after_separator && separator(row).is_some();
            self.after_separator |= is_separator;
            if !row.is_empty() && !is_separator {
                return true;
            }
        }
        self.looked = text.len();
        false
    }
}

/// The delimiter that a line such as `sep=;` names. Excel reads and writes such a line above the header.
fn separator(line: &[u8]) -> Option<u8> {
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    let (word, rest) = line.split_at_checked(4)?;
    match rest {
        [delimiter] if word.eq_ignore_ascii_case(b"sep=") => {
            let is_usable = *delimiter == b'\t' || (delimiter.is_ascii_punctuation() && *delimiter != b'"');
            is_usable.then_some(*delimiter)
        }
        _ => None,
    }
}

/// The `sep=` line above the header, if there is one: its number and the delimiter that it names.
fn separator_line(text: &str) -> Option<(u64, u8)> {
    let (number, line) = (1..).zip(text.split('\n')).find(|(_, line)| !line.is_empty())?;
    Some((number, separator(line.as_bytes())?))
}

struct Refusal {
    columns: usize,
    faults: Vec<FileFault>,
}

impl From<FileFault> for Refusal {
    fn from(fault: FileFault) -> Self {
        Self { columns: 0, faults: vec![fault] }
    }
}

fn assigned(
    text: &str,
    delimiter: u8,
    separator: Option<u64>,
    mapping: &ColumnMapping,
) -> Result<Header, Refusal> {
    let Some((line, names)) = first_row(text, delimiter, separator)? else {
        let message = "The file is empty: it has no header.";
        return Err(FileFault::new(1, "empty", message).into());
    };
    let faults: Vec<FileFault> = Needed::ALL
        .into_iter()
        .filter_map(|needed| find(&names, needed, mapping).err())
        .map(|(code, message)| FileFault::new(line, code, message))
        .collect();
    let found = |needed| find(&names, needed, mapping).ok();
    match (found(Needed::Reference), found(Needed::Name), found(Needed::Number)) {
        (Some(reference), Some(name), Some(number)) => {
            Ok(Header { delimiter, line, reference, name, number, names })
        }
        _ => Err(Refusal { columns: names.len(), faults }),
    }
}

/// The line of the header, and the names in it. Nameless columns at its end are left out.
fn first_row(
    text: &str,
    delimiter: u8,
    separator: Option<u64>,
) -> Result<Option<(u64, Vec<String>)>, Refusal> {
    /// Stops at the first row.
    enum Stop {
        Found(u64, Vec<String>),
        Refused(Refusal),
    }
    impl From<FileFault> for Stop {
        fn from(fault: FileFault) -> Self {
            Stop::Refused(fault.into())
        }
    }
    let mut each = |record: Record<'_>| {
        if Some(record.line) == separator {
            return Ok(Next::Row);
        }
        let mut names: Vec<String> = record.values().map(column_name).collect();
        let named = names.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
        names.truncate(named);
        if let Some(malformed) = record.malformed {
            let fault = FileFault::new(record.line, "invalid_header", header_fault(malformed));
            return Err(Stop::Refused(Refusal { columns: names.len(), faults: vec![fault] }));
        }
        for (name, place) in names.iter_mut().zip(1..) {
            if name.is_empty() {
                *name = format!("Column {place}");
            }
        }
        Err(Stop::Found(record.line, names))
    };
    let mut records = Records::separated_by(delimiter);
    match records.push(text.as_bytes(), &mut each).and_then(|()| records.finish(&mut each)) {
        Ok(()) => Ok(None),
        Err(Stop::Found(line, names)) => Ok(Some((line, names))),
        Err(Stop::Refused(refusal)) => Err(refusal),
    }
}

fn column_name(value: &str) -> String {
    let spaced: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    clean_line(&spaced).chars().take(LONGEST_NAME).collect()
}

fn header_fault(malformed: Malformed) -> String {
    match malformed {
        Malformed::TooManyColumns => format!("The header has more than {MOST_COLUMNS} columns."),
        _ => "The header has a quote that is not closed, or text after a closing quote. Put quotes around whole \
              names only."
            .to_owned(),
    }
}

/// The place of a needed column.
fn find(names: &[String], needed: Needed, mapping: &ColumnMapping) -> Result<usize, (&'static str, String)> {
    if let Some(mapped) = needed.mapped(mapping) {
        let same = |name: &&String| name.to_lowercase() == mapped.to_lowercase();
        let mut places = (0..).zip(names).filter(|(_, name)| same(name)).map(|(place, _)| place);
        return match (places.next(), places.next()) {
            (Some(place), None) => Ok(place),
            (Some(_), Some(_)) => Err(("ambiguous_column", format!("Two columns are called {mapped}."))),
            (None, _) => Err((
                "missing_column",
                format!(
                    "There is no column {mapped}, which the team's column mapping names for {}. {}",
                    needed.described(),
                    those(names)
                ),
            )),
        };
    }
    let plain: Vec<String> = names.iter().map(|name| plain(name)).collect();
    for usual in needed.usual() {
        let mut places = (0..).zip(&plain).filter(|(_, name)| name.as_str() == usual).map(|(place, _)| place);
        match (places.next(), places.next()) {
            (Some(place), None) => return Ok(place),
            (Some(place), Some(_)) => {
                let name = names.get(place).map_or("", String::as_str);
                return Err(("ambiguous_column", format!("Two columns are called {name}.")));
            }
            (None, _) => {}
        }
    }
    let example = needed.usual().take(3).collect::<Vec<_>>().join(", ");
    let message = format!(
        "There is no column for {}: it is usually called {example} or the like. {} Rename it, or save a column mapping.",
        needed.described(),
        those(names)
    );
    Err(("missing_column", message))
}

fn those(names: &[String]) -> String {
    let mut shown: Vec<&str> = names.iter().map(String::as_str).take(12).collect();
    if names.len() > shown.len() {
        shown.push("...");
    }
    format!("The columns are: {}.", shown.join(", "))
}

/// A name without what people write it with in one way or another.
fn plain(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests;
