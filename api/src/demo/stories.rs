//! Parses the demo conversations from the text files in `stories/`. A story begins with the line `customer N`. Then
//! follow its events, oldest first, as `MINUTES_AGO SIGN TEXT`.
//!
//! The signs: `<` a message from the customer; `>` a delivered message from an agent; `~` a message from an agent
//! without a receipt; `! CODE` a message from an agent that could not be delivered; `x REASON | NOTE` a closure by an
//! agent.

/// A line of the demo data's stories is invalid.
#[derive(Debug, thiserror::Error)]
#[error("invalid line in a story: {0}")]
pub struct InvalidLine(&'static str);

/// The conversations with one customer.
pub(super) struct Story {
    /// The index of the team's customer. An index beyond the daily file stands for an unknown number.
    pub(super) customer: usize,
    /// The events, each with its age in minutes.
    pub(super) lines: Vec<(i64, Line)>,
}

/// An event of a story.
pub(super) enum Line {
    /// A message from the customer.
    Customer(&'static str),
    /// A delivered message from an agent.
    Agent(&'static str),
    /// A message from an agent without a receipt.
    AgentSent(&'static str),
    /// A message from an agent that could not be delivered, with the gateway's error code.
    AgentFailed { code: &'static str, body: &'static str },
    /// A closure by an agent, with a reason and optionally a note.
    Close { reason: &'static str, note: Option<&'static str> },
}

/// Parses stories.
///
/// # Errors
/// The first invalid line.
pub(super) fn read(text: &'static str) -> Result<Vec<Story>, InvalidLine> {
    let mut stories: Vec<Story> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(customer) = line.strip_prefix("customer ") {
            stories.push(Story {
                customer: customer.parse().map_err(|_| InvalidLine(line))?,
                lines: Vec::new(),
            });
        } else {
            let story = stories.last_mut().ok_or(InvalidLine(line))?;
            story.lines.push(parse_line(line).ok_or(InvalidLine(line))?);
        }
    }
    Ok(stories)
}

fn parse_line(line: &'static str) -> Option<(i64, Line)> {
    let (minutes, rest) = line.split_once(' ')?;
    let (sign, text) = rest.split_once(' ')?;
    let event = match sign {
        "<" => Line::Customer(text),
        ">" => Line::Agent(text),
        "~" => Line::AgentSent(text),
        "!" => {
            let (code, body) = text.split_once(' ')?;
            Line::AgentFailed { code, body }
        }
        "x" => match text.split_once(" | ") {
            Some((reason, note)) => Line::Close { reason, note: Some(note) },
            None => Line::Close { reason: text, note: None },
        },
        _ => return None,
    };
    Some((minutes.parse().ok()?, event))
}
