//! What happened in the demo world, read from the text files beside this one. A story begins with `customer N`; then
//! come its lines, oldest first: how many minutes ago, a sign, and what was said.
//!
//! `<` the customer wrote; `>` an agent wrote; `~` an agent wrote and no receipt has come; `! CODE` an agent wrote and
//! it could not be delivered; `x REASON | NOTE` an agent closed the conversation.

/// One customer's story.
pub(super) struct Story {
    /// Which customer of the team; beyond its daily file, a stranger.
    pub(super) customer: usize,
    /// What happened, and how many minutes ago.
    pub(super) lines: Vec<(i64, Line)>,
}

/// One thing that happened.
pub(super) enum Line {
    /// The customer wrote.
    Customer(&'static str),
    /// An agent wrote, and it arrived.
    Agent(&'static str),
    /// An agent wrote, and no receipt has come yet.
    AgentSent(&'static str),
    /// An agent wrote, and it could not be delivered, for this code.
    AgentFailed { code: &'static str, body: &'static str },
    /// An agent closed the conversation, with a reason and perhaps a note.
    Close { reason: &'static str, note: Option<&'static str> },
}

/// Reads stories; the line that cannot be read is the error.
pub(super) fn read(text: &'static str) -> Result<Vec<Story>, &'static str> {
    let mut stories: Vec<Story> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(customer) = line.strip_prefix("customer ") {
            stories.push(Story { customer: customer.parse().map_err(|_| line)?, lines: Vec::new() });
        } else {
            let story = stories.last_mut().ok_or(line)?;
            story.lines.push(read_line(line).ok_or(line)?);
        }
    }
    Ok(stories)
}

fn read_line(line: &'static str) -> Option<(i64, Line)> {
    let (minutes, rest) = line.split_once(' ')?;
    let (sign, said) = rest.split_once(' ')?;
    let happened = match sign {
        "<" => Line::Customer(said),
        ">" => Line::Agent(said),
        "~" => Line::AgentSent(said),
        "!" => {
            let (code, body) = said.split_once(' ')?;
            Line::AgentFailed { code, body }
        }
        "x" => match said.split_once(" | ") {
            Some((reason, note)) => Line::Close { reason, note: Some(note) },
            None => Line::Close { reason: said, note: None },
        },
        _ => return None,
    };
    Some((minutes.parse().ok()?, happened))
}
