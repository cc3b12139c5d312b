//! Finds the delimiter and the columns of the reference, name and number: by the team's column mapping, or else by
//! their usual names. All other columns are key data, in file order.

use std::collections::HashMap;

use shared::{clean::clean_line, daily_file::ColumnMapping};

use super::{
    fault::{FaultKind, FileFault},
    records::{Malformed, Next, Record, Records},
};

/// Delimiters to try.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];
/// Maximum length of a column name; longer names are cut.
const MAX_NAME_CHARS: usize = 200;

/// The columns that every file needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequiredColumn {
    /// The customer reference number.
    Reference,
    /// The name.
    Name,
    /// The phone number.
    Number,
}

impl RequiredColumn {
    pub(super) const ALL: [RequiredColumn; 3] =
        [RequiredColumn::Reference, RequiredColumn::Name, RequiredColumn::Number];

    pub(super) fn described(self) -> &'static str {
        match self {
            RequiredColumn::Reference => "the customer reference number",
            RequiredColumn::Name => "the name",
            RequiredColumn::Number => "the phone number",
        }
    }

    /// Returns a few of the usual names.
    pub(super) fn examples(self) -> String {
        self.usual().take(3).collect::<Vec<_>>().join(", ")
    }

    /// The usual names, in lower case and with only letters and digits. Earlier names take precedence.
    fn usual(self) -> impl Iterator<Item = &'static str> {
        let names = match self {
            RequiredColumn::Reference => {
                "ref reference refno refnumber referenceno referencenumber customerref \
                 customerreference customerrefno customerreferenceno customerreferencenumber \
                 customerrefnumber custref clientref clientreference accountref accountreference \
                 accountnumber accountno accountid account acctno acct customerid customernumber \
                 customerno clientid clientnumber id"
            }
            RequiredColumn::Name => {
                "name customername clientname fullname customerfullname contactname accountname \
                 accountholder customer client"
            }
            RequiredColumn::Number => {
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
            RequiredColumn::Reference => mapping.reference.as_deref(),
            RequiredColumn::Name => mapping.name.as_deref(),
            RequiredColumn::Number => mapping.number.as_deref(),
        }
    }
}

/// The columns of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) delimiter: u8,
    /// The line of the header.
    pub(super) line: u64,
    /// The names of all columns as in the file; a column without a name is named `Column` and its position.
    pub(super) names: Vec<String>,
    pub(super) reference: usize,
    pub(super) name: usize,
    pub(super) number: usize,
}

impl Header {
    /// Reads the header from a text that begins with the complete header.
    ///
    /// # Errors
    /// A fault for each required column that is missing.
    pub(super) fn read(text: &str, mapping: &ColumnMapping) -> Result<Self, Vec<FileFault>> {
        let separator = separator_line(text);
        let named = separator.map(|(_, delimiter)| delimiter);
        let line = separator.map(|(line, _)| line);
        let tries = named.into_iter().chain(DELIMITERS).map(|of| read_with(text, of, line, mapping));
        // If all delimiters fail, the one that gives the most columns has the most useful faults.
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

    /// Returns the name of the reference column.
    pub(super) fn reference_column(&self) -> &str {
        self.names.get(self.reference).map_or("", String::as_str)
    }

    pub(super) fn place(&self, required: RequiredColumn) -> usize {
        match required {
            RequiredColumn::Reference => self.reference,
            RequiredColumn::Name => self.name,
            RequiredColumn::Number => self.number,
        }
    }

    /// Returns the positions of the three required columns.
    pub(super) fn required(&self) -> [usize; 3] {
        [self.reference, self.name, self.number]
    }

    pub(super) fn is_required(&self, column: usize) -> bool {
        RequiredColumn::ALL.into_iter().any(|required| self.place(required) == column)
    }

    /// Returns the key data columns in file order. A repeated name gets a number: `Balance (2)`.
    pub(super) fn key_data(&self) -> Vec<String> {
        let mut seen: HashMap<String, usize> = HashMap::new();
        let further = self.names.iter().enumerate().filter(|(column, _)| !self.is_required(*column));
        further
            .map(|(_, name)| {
                let count = seen.entry(name.to_lowercase()).or_default();
                *count += 1;
                if *count == 1 { name.clone() } else { format!("{name} ({count})") }
            })
            .collect()
    }
}

/// Finds the end of the header in a growing text: the first line end outside quotes, after a `sep=` line if there is
/// one.
#[derive(Debug, Default)]
pub(super) struct HeaderScanner {
    looked: usize,
    start: usize,
    quoted: bool,
    after_separator: bool,
}

impl HeaderScanner {
    /// Whether `text`, which extends the text of the previous call, contains the complete header.
    pub(super) fn is_complete(&mut self, text: &[u8]) -> bool {
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

/// Returns the delimiter of a line such as `sep=;`. Excel reads and writes such a line above the header.
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

/// Returns the line number and the delimiter of the `sep=` line above the header, if there is one.
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

fn read_with(
    text: &str,
    delimiter: u8,
    separator: Option<u64>,
    mapping: &ColumnMapping,
) -> Result<Header, Refusal> {
    let Some((line, names)) = first_row(text, delimiter, separator)? else {
        return Err(FileFault::new(1, FaultKind::Empty).into());
    };
    let faults: Vec<FileFault> = RequiredColumn::ALL
        .into_iter()
        .filter_map(|required| find(&names, required, mapping).err())
        .map(|kind| FileFault::new(line, kind))
        .collect();
    let found = |required| find(&names, required, mapping).ok();
    match (found(RequiredColumn::Reference), found(RequiredColumn::Name), found(RequiredColumn::Number)) {
        (Some(reference), Some(name), Some(number)) => {
            Ok(Header { delimiter, line, reference, name, number, names })
        }
        _ => Err(Refusal { columns: names.len(), faults }),
    }
}

/// Returns the line of the header and its names. Columns without a name at its end are left out.
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
            let fault = FileFault::new(record.line, header_fault(malformed));
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
    clean_line(&spaced).chars().take(MAX_NAME_CHARS).collect()
}

fn header_fault(malformed: Malformed) -> FaultKind {
    match malformed {
        Malformed::TooManyColumns => FaultKind::TooManyColumns,
        Malformed::TextAfterQuote
        | Malformed::LineBreak(_)
        | Malformed::StrayQuote(_)
        | Malformed::OpenQuote => FaultKind::BrokenHeader,
    }
}

/// Returns the position of a required column.
fn find(names: &[String], required: RequiredColumn, mapping: &ColumnMapping) -> Result<usize, FaultKind> {
    if let Some(mapped) = required.mapped(mapping) {
        let same = |name: &&String| name.to_lowercase() == mapped.to_lowercase();
        let mut places = (0..).zip(names).filter(|(_, name)| same(name)).map(|(place, _)| place);
        return match (places.next(), places.next()) {
            (Some(place), None) => Ok(place),
            (Some(_), Some(_)) => Err(FaultKind::AmbiguousColumn { name: mapped.to_owned() }),
            (None, _) => {
                let (name, columns) = (mapped.to_owned(), names.to_vec());
                Err(FaultKind::MissingMappedColumn { name, required, columns })
            }
        };
    }
    let plain: Vec<String> = names.iter().map(|name| normalized(name)).collect();
    for usual in required.usual() {
        let mut places = (0..).zip(&plain).filter(|(_, name)| name.as_str() == usual).map(|(place, _)| place);
        match (places.next(), places.next()) {
            (Some(place), None) => return Ok(place),
            (Some(place), Some(_)) => {
                let name = names.get(place).cloned().unwrap_or_default();
                return Err(FaultKind::AmbiguousColumn { name });
            }
            (None, _) => {}
        }
    }
    Err(FaultKind::MissingColumn { required, columns: names.to_vec() })
}

/// Normalises a name for comparison: lower case, letters and digits only.
fn normalized(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests;
