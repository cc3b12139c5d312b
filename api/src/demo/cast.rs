//! The demo data's teams, templates, closure reasons and customers. All numbers are in the range that Ofcom reserves
//! for drama (07700 900000 to 900999).

/// A demo team.
pub(super) struct TeamCast {
    pub(super) name: &'static str,
    pub(super) numbers: &'static [&'static str],
    pub(super) templates: &'static [(&'static str, &'static str)],
    pub(super) reasons: &'static [&'static str],
    pub(super) key_data_columns: &'static [&'static str],
    pub(super) stories: &'static str,
    /// The first letter of its customer references.
    letter: char,
    /// The last three digits of its first customer's number.
    first_number: usize,
    key_data: fn(usize) -> Vec<String>,
}

/// A customer of a daily file.
pub(super) struct Customer {
    pub(super) reference: String,
    pub(super) name: &'static str,
    pub(super) number: String,
    pub(super) key_data: Vec<String>,
}

pub(super) const TEMPLATES_FOR_ALL: &[(&str, &str)] = &[
    ("Greeting", "Hello {{name}}, this is {{agent}} from {{team}}. How can I help?"),
    ("Call us", "Hello {{name}}, please call us on 0800 496 0123 and quote {{ref}}. {{agent}}, {{team}}"),
];
pub(super) const REASONS_FOR_ALL: &[&str] = &["No further reply", "Wrong number", "Sent in error"];

pub(super) static TEAMS: [TeamCast; 3] = [
    TeamCast {
        name: "Collections",
        numbers: &["+447700900001"],
        templates: &[
            (
                "Balance reminder",
                "Hello {{name}}, your balance of {{Balance}} is due on {{Due date}}. Reply here if you would like to \
                 arrange a payment. {{agent}}, {{team}}",
            ),
            ("Payment received", "Thank you {{name}}, we have received your payment for {{ref}}. {{agent}}"),
            (
                "Payment plan",
                "{{name}}, we can split {{Balance}} over {{Instalments}} months. Would that suit you? {{agent}}",
            ),
        ],
        reasons: &["Payment arranged", "Paid in full", "Disputed", "Referred to adviser"],
        key_data_columns: &["Balance", "Due date", "Product", "Last payment"],
        stories: include_str!("stories/collections.txt"),
        letter: 'A',
        first_number: 100,
        key_data: |n| {
            vec![
                format!("GBP {}.{:02}", 45 + n * 37 % 900, n * 13 % 100),
                format!("2026-12-{:02}", 1 + n * 7 % 28),
                ["Credit card", "Personal loan", "Overdraft"]
                    .get(n % 3)
                    .copied()
                    .unwrap_or_default()
                    .to_owned(),
                if n.is_multiple_of(4) { String::new() } else { format!("2026-10-{:02}", 1 + n * 5 % 28) },
            ]
        },
    },
    TeamCast {
        name: "Support",
        numbers: &["+447700900002"],
        templates: &[
            (
                "Engineer visit",
                "Hello {{name}}, your engineer comes on {{Appointment}}. Reply 1 to confirm or 2 to change it.",
            ),
            (
                "Restart the router",
                "Please switch the {{Router}} off, wait 30 seconds and switch it on. {{agent}}",
            ),
        ],
        reasons: &["Solved", "Engineer booked", "Passed to billing"],
        key_data_columns: &["Plan", "Router", "Appointment", "Postcode"],
        stories: include_str!("stories/support.txt"),
        letter: 'S',
        first_number: 300,
        key_data: |n| {
            let pick = |of: &[&str]| of.get(n % of.len()).copied().unwrap_or_default().to_owned();
            vec![
                pick(&["Fibre 100", "Fibre 500", "Fibre 900"]),
                pick(&["Hub 2", "Hub 3", "Hub 3 Mesh", "Hub 4"]),
                if n.is_multiple_of(3) { String::new() } else { format!("2026-11-{:02} 10:00", 24 + n % 6) },
                pick(&["LS1 4AP", "M2 5DB", "BS1 6AA", "EH1 1YZ", "CF10 3NP"]),
            ]
        },
    },
    TeamCast {
        name: "Claims",
        numbers: &["+447700900003", "+447700900004"],
        templates: &[
            (
                "Photos please",
                "Hello {{name}}, please send photos of the damage for claim {{ref}}. {{agent}}, {{team}}",
            ),
            ("Excess", "{{name}}, the excess on your policy {{Policy}} is {{Excess}}. {{agent}}"),
        ],
        reasons: &["Claim settled", "Claim withdrawn", "Documents received"],
        key_data_columns: &["Policy", "Excess", "Incident date"],
        stories: include_str!("stories/claims.txt"),
        letter: 'C',
        first_number: 500,
        key_data: |n| {
            vec![
                format!("HOME-{:05}", 20_011 + n * 97),
                format!("GBP {}.00", [100, 150, 250].get(n % 3).copied().unwrap_or(100)),
                format!("2026-11-{:02}", 1 + n * 3 % 20),
            ]
        },
    },
];

const NAMES: [&str; 30] = [
    "Maria Jones",
    "Jo Smith",
    "Priya Patel",
    "Daniel O'Connor",
    "Zoë Müller",
    "Ahmed Khan",
    "Grace Okafor",
    "Tom Whitfield",
    "Siân Davies",
    "Lukas Nowak",
    "Fatima Hussain",
    "Oliver Bennett",
    "Chloé Martin",
    "Rhys Morgan",
    "Aisha Begum",
    "George Papadopoulos",
    "Hannah Clarke",
    "Yusuf Demir",
    "Isla Fraser",
    "Marek Kowalski",
    "Naomi Adeyemi",
    "Callum Reid",
    "Ingrid Sørensen",
    "Dev Sharma",
    "Bethan Hughes",
    "Samuel Wright",
    "Mei Lin Chen",
    "Peter van Dijk",
    "Rosa Fernández",
    "Liam Gallagher",
];

/// Returns the customers of a team's daily file: one for each name, and one that shares a number with another.
pub(super) fn customers(cast: &TeamCast) -> Vec<Customer> {
    let customer = |(n, name): (usize, &&'static str)| Customer {
        reference: format!("{}-{:05}", cast.letter, 10_021 + n * 17),
        name,
        number: number(cast, n),
        key_data: (cast.key_data)(n),
    };
    let mut customers: Vec<Customer> = NAMES.iter().enumerate().map(customer).collect();
    // Shares the number of another customer; the app shows both.
    customers.push(Customer {
        reference: format!("{}-{:05}", cast.letter, 19_999),
        name: "Alice Whitfield",
        number: number(cast, 7),
        key_data: (cast.key_data)(31),
    });
    customers
}

/// Returns the number of a team's `n`-th customer. A larger `n` gives a number that is in no daily file.
pub(super) fn number(cast: &TeamCast, n: usize) -> String {
    format!("+447700900{:03}", cast.first_number + n * 3)
}
